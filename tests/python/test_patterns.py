"""What users filter names by ends, whatever they write, with a message that says what to do."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import compare_made
import gate_stand
import history_made
import pytest
from convoy_cli import cli
from convoy_cli.core import errors
from convoy_cli.core.errors import NameFilter, UsageError

NAME = "x" * 60
ENDLESS = ("(x+x+)+y", "(x|x)*y", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)!", "(x*)*$y")


def test_it_is_searched_for_anywhere() -> None:
    assert NameFilter("b.$").search("abc") and not NameFilter("^b").search("abc")
    assert NameFilter("").search("") and NameFilter(r"(a)\1(?=b)").search("aab")


@pytest.mark.parametrize("expression", ENDLESS)
def test_an_endless_search_ends(expression: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(errors, "LIMIT_S", 0.05)
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(UsageError, match="takes too long to match. Write it without repeats"):
        NameFilter(expression).search(NAME)
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_all_names_share_the_time(monkeypatch: Any) -> None:
    monkeypatch.setattr(errors, "LIMIT_S", 0.05)
    wanted = NameFilter("(x+x+)+y")
    with pytest.raises(UsageError, match="too long"):
        for _ in range(10_000_000):
            wanted.search("x" * 12)


@pytest.mark.parametrize(
    "expression", ["(", "*", "a{99999999999999999999}", "(" * 1900, "(?P<a>", "[z-a]", "x" * 2001]
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(UsageError, match="--filter.*Write"):
        NameFilter(expression)


@pytest.mark.parametrize("verb", ["gate", "compare", "history show", "history check"])
def test_every_verb_ends(verb: str, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(errors, "LIMIT_S", 0.05)
    result = str(compare_made.program(tmp_path / "a.json", {NAME: 1.0}, 1))
    lines = history_made.beside_reference([0.0] * 6, NAME)
    file = str(history_made.write(tmp_path / "h.jsonl", lines))
    gate_stand.pair(tmp_path, [NAME], [NAME])
    sides = ["--base", str(tmp_path / "base"), "--contender", str(tmp_path / "contender")]
    words = {"gate": sides, "compare": [result, result]}.get(verb, ["--file", file])
    assert cli.main([*verb.split(), *words, "--filter", "(x+x+)+y"]) == 2
    assert "takes too long to match" in capsys.readouterr().err
