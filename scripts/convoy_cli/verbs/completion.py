"""Prints what a shell needs to complete verbs and options, or a manual page of both."""

from __future__ import annotations

import argparse

from ..core import shells
from ..core.errors import ExitCode
from ..core.terminal import page

NAME = "completion"
SUMMARY = "print completions for bash, zsh or fish, or a manual page"
EXAMPLES = """
  scripts/convoy completion bash > ~/.convoy-completion                to be sourced by ~/.bashrc
  scripts/convoy completion zsh > ~/.zfunc/_convoy                     a folder of $fpath
  scripts/convoy completion fish > ~/.config/fish/completions/convoy.fish
  scripts/convoy completion man > convoy.1 && man ./convoy.1
"""
MANUAL = "man"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "form", choices=(*shells.SHELLS, MANUAL), help="the shell, or man for a manual page"
    )


def run(arguments: argparse.Namespace) -> int:
    commands = arguments.commands()
    if arguments.form == MANUAL:
        page(shells.manual(commands).rstrip("\n"))
    else:
        page(shells.script(arguments.form, commands).rstrip("\n"))
    return ExitCode.OK
