"""What scripts/convoy says of itself: its verbs, their examples, and the program's options."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
from built import BENCH
from convoy_cli import cli, verbs

VERBS = sorted(cli.discover())
PASSED_ON = list(verbs.PASSED_ON)
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def test_the_help_lists_every_verb(convoy: Any, inside: Any) -> None:
    for done in (convoy("--help"), inside("-h"), inside("help")):
        assert done.returncode == 0
        assert done.stderr == ""
        for name, verb in cli.discover().items():
            assert f"  {name} " in done.stdout
            assert verb.SUMMARY in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_each_help_opens_with_examples(verb: str, convoy: Any, inside: Any) -> None:
    assert cli.load(verb).NAME == verb, "it is found by the name of its module"
    done = convoy(verb, "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("Examples:\n  scripts/convoy " + verb)
    assert f"usage: scripts/convoy {verb}" in done.stdout
    assert inside("help", verb).stdout == done.stdout


def documented(text: str) -> set[str]:
    """The options that a list of them explains."""
    found = re.findall(r"^  (-[^ ]+)", text, re.MULTILINE)
    return {option for names in found for option in names.split(",")}


@pytest.mark.skipif(not BENCH.exists(), reason="not built: make build")
@pytest.mark.parametrize("verb", PASSED_ON)
def test_the_help_lists_the_options_of_the_program(verb: str, inside: Any) -> None:
    door = inside(verb, "--help", CONVOY_BENCH=str(BENCH)).stdout
    program = subprocess.run(
        [str(BENCH), verb, "--help"], capture_output=True, encoding="utf-8", check=True
    ).stdout
    known = documented(program)
    assert len(known) > 1
    assert documented(door) == known | {"--build"}
    examples = [line.partition("   ")[0] for line in cli.discover()[verb].EXAMPLES.splitlines()]
    for example in examples:
        assert set(OPTION.findall(re.sub(r"'[^']*'|\|.*", "", example))) <= known, example


@pytest.mark.parametrize("verb", PASSED_ON)
def test_the_help_without_a_program_says_what_to_type(verb: str, inside: Any) -> None:
    done = inside(verb, "--help", CONVOY_BENCH="/no/such")
    assert done.returncode == 0
    assert done.stdout.startswith("Examples:\n")
    assert "--build PRESET" in done.stdout
    assert "/no/such lists the options" in done.stdout and "make -C" in done.stdout
