"""The front door: finds the verbs, hands over to one, and makes an exit code of what happens."""

from __future__ import annotations

import argparse
import difflib
import importlib
import pkgutil
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Optional

from . import verbs
from .core import bench, terminal
from .core.errors import ExitCode, UsageError
from .core.shells import Command, Option
from .core.files import ROOT
from .core.terminal import aside, fit, note, page
from .verbs import PassedOn

PROGRAM = "scripts/convoy"
NEWLINE = "\n"

# Debian's package of each module that somebody may lack.
PACKAGES = {
    "matplotlib": "python3-matplotlib",
    "numpy": "python3-numpy",
    "rich": "python3-rich",
    "jinja2": "python3-jinja2",
    "jsonschema": "python3-jsonschema",
    "scipy": "python3-scipy",
    "selenium": "python3-selenium",
}


class Parser(argparse.ArgumentParser):
    """argparse, but a help opens with examples, and a complaint says what to type next."""

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_help(self) -> str:
        opening = f"Examples:\n{self.examples.strip(NEWLINE)}\n\n" if self.examples else ""
        return fit(opening + super().format_help(), sys.stdout)

    def print_help(self, file: Any = None) -> None:
        page(self.format_help().rstrip(NEWLINE))

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. `{self.prog} --help` shows examples and every option.")


def names() -> list[str]:
    """The verbs there are: each is a module of that name, or one of convoy-bench."""
    return sorted([*verbs.PASSED_ON, *(at.name for at in pkgutil.iter_modules(verbs.__path__))])


def load(name: str) -> Any:
    """A verb, with NAME, SUMMARY, add_arguments and run; its module alone is imported."""
    if name in verbs.PASSED_ON:
        return verbs.PASSED_ON[name]
    return importlib.import_module(f"{verbs.__name__}.{name}")


def discover() -> dict[str, Any]:
    """All verbs by name."""
    return {name: load(name) for name in names()}


def parser_of(verb: Any) -> Parser:
    parser = Parser(
        prog=f"{PROGRAM} {verb.NAME}",
        description=verb.SUMMARY,
        examples=getattr(verb, "EXAMPLES", ""),
    )
    trace = "show where an error arose"
    parser.add_argument("-v", "--verbose", action="store_true", help=trace)
    verb.add_arguments(parser)
    return parser


def overview(known: dict[str, Any]) -> str:
    width = max(map(len, known))
    lines = [f"  {name.ljust(width)}  {verb.SUMMARY}" for name, verb in known.items()]
    return "\n".join(
        [
            "Examples:",
            f"  {PROGRAM} run --json results/mine.json     measure",
            f"  {PROGRAM} summary results/mine.json        the answer in words",
            f"  {PROGRAM} plot results/mine.json           the answer in charts",
            "",
            f"usage: {PROGRAM} [-v] VERB ...",
            "",
            *lines,
            "",
            f"`{PROGRAM} VERB --help` explains a verb. -v shows where an error arose.",
        ]
    )


def dispatch(arguments: Sequence[str]) -> int:
    words = list(arguments)
    while words and words[0] in ("-v", "--verbose"):
        words.pop(0)
    known = names()
    if not words or words[0] in ("-h", "--help", "help"):
        if len(words) > 1 and words[0] == "help":
            words = [words[1], "--help"]
        elif words:
            page(overview(discover()))
            return ExitCode.OK
        else:
            raise UsageError(f"which verb? `{PROGRAM} --help` explains {', '.join(known)}.")
    name, *rest = words
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean `{PROGRAM} {near[0]}`? " if near else ""
        raise UsageError(f"{name!r} is not a verb. {hint}`{PROGRAM} --help` lists them.")
    verb = load(name)
    if isinstance(verb, PassedOn):
        return pass_on(verb, rest)
    parsed = parser_of(verb).parse_args(rest)
    parsed.commands = commands  # for the verb that describes them all
    return int(verb.run(parsed))


def commands() -> list[Command]:
    """All verbs with their options, as their own help has them."""
    return [
        Command(name, verb.SUMMARY, tuple(options_of(verb)), examples_of(verb))
        for name, verb in discover().items()
    ]


def options_of(verb: Any) -> Iterator[Option]:
    if isinstance(verb, PassedOn):
        yield Option(("--build",), "PRESET", "which convoy-bench runs", bench.PRESETS)
        yield from bench.described(verb.NAME)
        return
    for action in parser_of(verb)._actions:  # argparse has no other way to list them
        if action.option_strings:
            value = action.metavar or action.dest.upper() if action.nargs != 0 else ""
            chosen = tuple(map(str, action.choices or ()))
            yield Option(tuple(action.option_strings), str(value), action.help or "", chosen)


def examples_of(verb: Any) -> tuple[str, ...]:
    return tuple(line.strip() for line in verb.EXAMPLES.strip(NEWLINE).split(NEWLINE))


def pass_on(verb: PassedOn, words: list[str]) -> int:
    """Verbs of convoy-bench: their options are explained and judged over there."""
    own = words[: words.index("--")] if "--" in words else words
    preset, rest = bench.take_build(words)
    if "-h" in own or "--help" in own:
        page(help_of(verb, preset))
        return ExitCode.OK
    verb.run(preset, rest)


def help_of(verb: PassedOn, preset: Optional[str]) -> str:
    """Our examples and --build, then the options as convoy-bench itself lists them."""
    return "\n".join(
        [
            "Examples:",
            verb.EXAMPLES.strip(NEWLINE),
            "",
            f"usage: {PROGRAM} {verb.NAME} [--build PRESET] [OPTIONS]",
            "",
            f"{verb.SUMMARY[0].upper()}{verb.SUMMARY[1:]}.",
            "",
            "Program:",
            f"  --build PRESET              build/PRESET/convoy-bench: {', '.join(bench.PRESETS)};",
            "                              default: the variable CONVOY_BENCH, or release",
            "",
            bench.options_of(verb.NAME, preset),
        ]
    )


REPORT = "this is a fault of Convoy: please report it with the command and this line"


def explain(error: Exception) -> tuple[str, bool]:
    """What to tell the user, and whether it is the fault of Convoy."""
    if isinstance(error, UsageError):
        return str(error), False
    if isinstance(error, ModuleNotFoundError):
        package = PACKAGES.get((error.name or "").partition(".")[0])
        if package is None:
            lost = f"{error}: a file of Convoy is missing. `git status` shows which"
            return f"{lost}; {REPORT}.", True
        missing = f"the Python module {error.name} is missing"
        return f"{missing}. Type `sudo apt-get install {package}`.", False
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        what = f"{where}{error.strerror or error}"
        return f"{what}. Check the path, and the free space on the disk.", False
    if isinstance(error, MemoryError):
        return "not enough memory. End other programs, or give fewer or smaller files.", False
    words = " ".join(f"{type(error).__name__}: {error}".split())
    return f"unexpected error: {words} at {place_of(error)}; {REPORT}.", True


def place_of(error: Exception) -> str:
    """Where it was raised: "scripts/convoy_cli/cli.py:12"."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    file = Path(frames[-1].filename)
    shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
    return f"{shown}:{frames[-1].lineno}"


def terminate(number: int, frame: Optional[FrameType]) -> NoReturn:
    raise SystemExit(int(ExitCode.TERMINATED))


def main(arguments: Optional[Sequence[str]] = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    terminal.begin()
    # A reader that leaves early, as `head` does, is no reason not to write files: see terminal.end.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, terminate)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is under nohup
        signal.signal(signal.SIGHUP, terminate)
    return terminal.end(exit_code(words))


def exit_code(words: Sequence[str]) -> int:
    """Runs the verb; whatever happens, an exit code comes of it."""
    try:
        return dispatch(words)
    except SystemExit as ended:  # --help, or SIGTERM
        return ended.code if isinstance(ended.code, int) else ExitCode.OK
    except KeyboardInterrupt:
        note("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:  # the last resort: a message, never a trace
        message, internal = explain(error)
        if "-v" in words or "--verbose" in words:
            for line in "".join(traceback.format_exception(error)).splitlines():
                aside(line)
        elif internal or isinstance(error, OSError):
            message += " `-v` shows where it arose."
        note(message)
        return ExitCode.INTERNAL if internal else ExitCode.USAGE
