"""convoy-bench behind the front door: found, built, become, and asked what it has linked in."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Optional, TypeVar

from .errors import UsageError
from .files import ROOT
from .processes import ProcessFailed, output
from .shells import Option
from .terminal import flush, note
from .units import UNITS_NS

# -------------------------------------------------------------------------------------------------
# The C++ program behind the front door: found, built if it is missing, and become.

# A line of CLI11: `  -q,--quiet     Say nothing but errors`.
_OPTION = re.compile(
    r"  (?P<flags>-[\w,-]+)(?:\{\w+\})?(?: (?P<value>[A-Z]+)(?: \.\.\.)?)?(?: \w+: \S+)*\s{2,}"
    r"(?P<help>.+)"
)
PRESETS = ("release", "debug", "asan", "tsan", "clang")


def take_build(arguments: Sequence[str]) -> tuple[Optional[str], list[str]]:
    """`--build PRESET` taken out; all else stays word for word, for convoy-bench to judge."""
    preset: Optional[str] = None
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--build":
            preset = next(words, "")
        elif word.startswith("--build="):
            preset = word.partition("=")[2]
        elif word == "--":
            rest += [word, *words]
        else:
            rest.append(word)
    if preset is not None and preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise UsageError(f"--build {preset!r} is not a preset. Type one of {known}.")
    return preset, rest


def become(verb: str, preset: Optional[str], rest: Sequence[str]) -> NoReturn:
    """Replaces this process by `convoy-bench VERB ...`: exit codes and signals are its own."""
    path = program(preset)
    flush()
    # Python ignores these two, and a program would inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(path, [str(path), verb, *rest])
    except OSError as error:
        raise UsageError(
            f"{path} cannot be run: {error.strerror}. {_advice(preset)}"
        ) from error


def options_of(verb: str, preset: Optional[str]) -> str:
    """The options that `convoy-bench VERB --help` lists; what to do instead if it cannot say."""
    path = _where(preset)
    try:
        told = subprocess.run(
            [str(path), verb, "--help"], capture_output=True, encoding="utf-8", timeout=30,
            check=True,
        ).stdout  # fmt: skip
    except (OSError, ValueError, subprocess.SubprocessError):
        missing = f"{path} lists the options, but cannot be run"
        return f"{missing}. {_advice(preset)} Then call this help again."
    # What comes before are its own summary and examples.
    _, usage, listed = told.partition("Usage:")
    return listed.partition("\n")[2].strip("\n") if usage else told.strip("\n")


def described(verb: str) -> list[Option]:
    """The same as data; nothing where the program is not built."""
    if not _where(None).exists():
        return []
    found = (_OPTION.fullmatch(line) for line in options_of(verb, None).splitlines())
    return [
        Option(tuple(one["flags"].split(",")), one["value"] or "", one["help"])
        for one in found
        if one is not None
    ]


def _where(preset: Optional[str]) -> Path:
    named = os.environ.get("CONVOY_BENCH")
    if named and preset is None:
        return Path(named).absolute()
    return ROOT / "build" / (preset or "release") / "convoy-bench"


def program(preset: Optional[str] = None) -> Path:
    """Where convoy-bench is; it is built first if it is not there."""
    path = _where(preset)
    named = os.environ.get("CONVOY_BENCH")
    if named and preset is None:
        if not path.is_file():
            raise UsageError(
                f"CONVOY_BENCH={named} is not a file. Name a convoy-bench, or `unset CONVOY_BENCH`."
            )
    elif not path.exists():
        _build(path, preset or "release")
    return path


def _build(path: Path, preset: str) -> None:
    note(f"{path.relative_to(ROOT)} is missing: building it")
    commands = [["make", "build"]]
    if preset != "release":
        tree = f"build/{preset}"
        commands = [
            ["cmake", "--preset", preset],
            ["cmake", "--build", tree, "--target", "convoy-bench"],
        ]
    for command in commands:
        try:
            # What a build says is no data: it goes to stderr.
            status = subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False).returncode
        except OSError as error:
            raise UsageError(
                f"convoy-bench is missing, and {command[0]} cannot be run to build it: "
                f"{error.strerror}. Type `sudo apt-get install {command[0]}` first. "
                + _advice(preset)
            ) from error
        if status != 0:
            raise UsageError(
                f"convoy-bench is missing, and `{' '.join(command)}` failed with {status}; the "
                f"reason is above. {_advice(preset)}"
            )
    if not path.exists():
        raise UsageError(f"the build went well but made no {path}. {_advice(preset)}")


def _advice(preset: Optional[str]) -> str:
    if preset in (None, "release"):
        return f"Type `make -C {ROOT} build`."
    return f"Type `cd {ROOT} && cmake --preset {preset} && cmake --build build/{preset}`."


# -------------------------------------------------------------------------------------------------
# What a convoy-bench has linked in, and what its lock policies promise.

LISTING_S = 30.0
T = TypeVar("T")


@dataclass(frozen=True)
class Law:
    """How late a seat that slept gets the lock back from one that computes: see LatenessLaw."""

    intervals: float
    sleeps: float
    least_ns: float
    most_ns: float


# The law of a lock that waits for an interval and then asks, where the program says no other.
ONE_INTERVAL = Law(intervals=1, sleeps=0, least_ns=0, most_ns=400_000)


@dataclass(frozen=True)
class Policy:
    """A lock: one seat at a time computes if it `excludes`; without a law nobody lets go."""

    name: str
    excludes: bool
    interval_ns: float
    lateness: Optional[Law]
    defaults: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """The program, its policies, and its workloads with their parameters' defaults."""

    program: Path
    policies: dict[str, Policy]
    workloads: dict[str, dict[str, str]]

    def having(self, gils: Iterable[str]) -> tuple[str, ...]:
        """Those locks whose policy is there; a lock may have settings, as in `name:key=value`."""
        return tuple(gil for gil in gils if gil.partition(":")[0] in self.policies)

    def gil(self, policy: str, **settings: str) -> str:
        """The lock as the program writes it: what is at its default is left out."""
        defaults = self.policies[policy].defaults if policy in self.policies else {}
        said = [f"{key}={value}" for key, value in settings.items() if defaults.get(key) != value]
        return ":".join([policy, *said])

    def interval_ns(self, gil: str) -> float:
        name, *settings = gil.split(":")
        asked = dict(setting.split("=", 1) for setting in settings)
        text = asked.get("interval", "")
        number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
        unit = text.removeprefix(number)
        if number and unit in UNITS_NS:
            return float(number) * UNITS_NS[unit]
        return self.policies[name].interval_ns


def listed(program: Path, read: Callable[[dict[str, Any]], T], lacking: str) -> T:
    """What `read` makes of `list --json`; UsageError where it does not say what is wanted."""
    try:
        return read(json.loads(output([str(program), "list", "--json"], LISTING_S)))
    except ProcessFailed as failure:
        raise UsageError(f"`{program} list --json`: {failure}. Type `make build`.") from failure
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"`{program} list --json` does not {lacking.format(error=repr(error))} "
            "Type `make build`, or `unset CONVOY_BENCH`."
        ) from error


def ask(program: Path) -> Listing:
    """Policies and workloads. Raises UsageError where that is no convoy-bench."""
    lacking = "say what its locks promise ({error}): is it a convoy-bench, and a new one?"
    return listed(program, lambda told: read(program, told), lacking)


def read(program: Path, told: dict[str, Any]) -> Listing:
    policies = {}
    for gil in told["gils"]:
        law = gil["lateness"]
        policies[gil["name"]] = Policy(
            gil["name"], bool(gil["excludes"]), float(gil["interval_ns"]),
            None if law is None else Law(*(float(law[key]) for key in Law.__annotations__)),
            defaults(gil),
        )  # fmt: skip
    workloads = {workload["name"]: defaults(workload) for workload in told["workloads"]}
    return Listing(program, policies, workloads)


def defaults(entry: dict[str, Any]) -> dict[str, str]:
    return {parameter["name"]: parameter["default"] for parameter in entry["parameters"]}
