"""Commands as shells complete them, and as a manual page has them: from one description."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PROGRAM = "convoy"
SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True)
class Option:
    """`flags` as they are typed; `value` names what follows, empty where nothing does."""

    flags: tuple[str, ...]
    value: str
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    """A verb. `examples` are lines of a terminal, each with what it does behind it."""

    name: str
    summary: str
    options: tuple[Option, ...]
    examples: tuple[str, ...] = ()


def script(shell: str, commands: Sequence[Command]) -> str:
    """What the shell has to read once so that it completes verbs, options and their values."""
    return {"bash": bash, "zsh": zsh, "fish": fish}[shell](commands)


def bash(commands: Sequence[Command]) -> str:
    cases = [f"    {each.name}) options={quoted(' '.join(flags(each)))};;" for each in commands]
    values = [f"    {each.name}:{flag}) chosen={quoted(' '.join(option.choices))};;"
              for each in commands for option in each.options if option.choices
              for flag in option.flags]  # fmt: skip
    names = " ".join(each.name for each in commands)
    return "\n".join(
        [
            "# Completes `convoy` and `scripts/convoy` in bash: source this file.",
            "_convoy() {",
            "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}",
            "  local verb=${COMP_WORDS[1]} options= chosen=",
            "  if [ \"$COMP_CWORD\" -eq 1 ]; then",
            f"    COMPREPLY=($(compgen -W {quoted(names)} -- \"$current\"))",
            "    return",
            "  fi",
            "  case $verb:$before in",
            *values,
            "  esac",
            "  case $verb in",
            *cases,
            "  esac",
            "  if [ -n \"$chosen\" ]; then",
            "    COMPREPLY=($(compgen -W \"$chosen\" -- \"$current\"))",
            "  elif [ \"${current#-}\" != \"$current\" ]; then",
            "    COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))",
            "  else",
            "    COMPREPLY=($(compgen -f -- \"$current\"))",
            "  fi",
            "}",
            "complete -o filenames -F _convoy convoy scripts/convoy ./convoy",
            "",
        ]
    )


def zsh(commands: Sequence[Command]) -> str:
    lines = [
        "#compdef convoy scripts/convoy",
        "# Completes `convoy` in zsh: save it as _convoy in a folder of $fpath.",
        "_convoy() {",
        "  local -a verbs",
        "  verbs=(",
        *(f"    {quoted(f'{each.name}:{bare(each.summary)}')}" for each in commands),
        "  )",
        "  if (( CURRENT == 2 )); then",
        "    _describe 'verb' verbs",
        "    return",
        "  fi",
        "  case $words[2] in",
    ]
    for each in commands:
        lines.append(f"    {each.name}) _arguments -S \\")
        for option in each.options:
            for flag in option.flags:
                offered = f"({' '.join(option.choices)})" if option.choices else "_files"
                action = f":{bare(option.value)}:{offered}" if option.value else ""
                lines.append(f"      {quoted(f'*{flag}[{bare(option.help)}]{action}')} \\")
        lines.append("      '*:file:_files';;")
    return "\n".join([*lines, "  esac", "}", "_convoy \"$@\"", ""])


def fish(commands: Sequence[Command]) -> str:
    lines = ["# Completes `convoy` in fish: save it as ~/.config/fish/completions/convoy.fish."]
    for each in commands:
        lines.append(
            f"complete -c convoy -n __fish_use_subcommand -f -a {each.name} "
            f"-d {quoted(each.summary)}"
        )
        for option in each.options:
            words = [f"complete -c convoy -n '__fish_seen_subcommand_from {each.name}'"]
            for flag in option.flags:
                kind = "-l" if flag.startswith("--") else "-s"
                words.append(f"{kind} {flag.lstrip('-')}")
            words.append(f"-d {quoted(option.help)}")
            if option.choices:
                words.append(f"-x -a {quoted(' '.join(option.choices))}")
            elif option.value:
                words.append("-r")
            lines.append(" ".join(words))
    return "\n".join([*lines, ""])


def manual(commands: Sequence[Command]) -> str:
    """A page for man(1), section 1."""
    return "\n".join(
        [
            f'.TH {PROGRAM.upper()} 1 "" "" "User Commands"',
            ".SH NAME",
            f"{PROGRAM} \\- measure work as threads, processes and coroutines",
            ".SH SYNOPSIS",
            f".B {PROGRAM}",
            "[\\-v]",
            ".I VERB",
            "[\\fIOPTIONS\\fR]",
            ".SH VERBS",
            *(line for each in commands for line in _about(each)),
            "",
        ]
    )


def _about(command: Command) -> Iterator[str]:
    yield f".SS {roff(command.name)}"
    yield f"{roff(command.summary[:1].upper() + command.summary[1:])}."
    for option in command.options:
        yield ".TP"
        named = ", ".join(f"\\fB{roff(flag)}\\fR" for flag in option.flags)
        yield f"{named} \\fI{roff(option.value)}\\fR" if option.value else named
        yield roff(option.help) or "\\&"
    if command.examples:
        yield ".PP"
        yield "Examples:"
        yield ".nf"
        yield from (roff(line) for line in command.examples)
        yield ".fi"


def flags(command: Command) -> list[str]:
    return [flag for option in command.options for flag in option.flags]


def quoted(text: str) -> str:
    """For any of the three shells: nothing in it is a command or a variable."""
    return "'" + text.replace("\\", "").replace("'", "").replace("\n", " ") + "'"


def bare(text: str) -> str:
    """Without what zsh reads as the end of a description."""
    return re.sub(r"[\[\]:()'\\]", "", text)


def roff(text: str) -> str:
    """As it is: no line begins a request, a hyphen is one that can be typed."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text
