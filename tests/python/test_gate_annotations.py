"""Workflow commands as GitHub's runner reads them, and the summary of a step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import gate_made
from convoy_cli.gate.report import github

COMMAND = re.compile(r"::(error|warning|notice) title=([^:,\r\n]*)::([^\r\n]*)")
LIMIT = 64 << 10


def parsed(made: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Kind, title and message of each line, unescaped."""
    found = []
    for line in github.lines(made):
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        kind, title, message = match.groups()
        for code, letter in (("%3A", ":"), ("%2C", ",")):
            title = title.replace(code, letter)
        assert not re.search(r"%(?!25|0A|0D)", title + message)
        found.append((kind, title.replace("%25", "%"), message.replace("%25", "%")))
    return found


def test_each_kind_of_verdict_has_its_kind_of_line() -> None:
    assert [(kind, title) for kind, title, _ in parsed(gate_made.everything())] == [
        ("error", "Regression gate: REGRESSED"),
        ("error", "Failed: crashes"),
        ("error", "Regressed: sort/small"),
        ("error", "Regressed: sort/large"),
        ("warning", "Failed: odd"),
        ("warning", "Inconclusive: pipe"),
        ("warning", "Inconclusive: short"),
        ("warning", "1 not in the contender"),
    ]
    assert ("sort/large is 1.07 × slower (95 % 1.05–1.09).") in parsed(gate_made.everything())[3]


def test_a_pass_is_a_notice_alone() -> None:
    assert [(kind, title) for kind, title, _ in parsed(gate_made.one("SAME"))] == [
        ("notice", "Regression gate: SAME")
    ]
    assert parsed(gate_made.one("ENVIRONMENT"))[0][0] == "error"
    assert parsed(gate_made.one("INCONCLUSIVE"))[0][0] == "warning"


def test_who_fails_in_both_is_no_error() -> None:
    both = [gate_made.failure("odd", arm) for arm in ("contender", "base")]
    made = gate_made.document([gate_made.benchmark("hash")], failed=both)
    assert [(kind, title) for kind, title, _ in parsed(made)] == [
        ("warning", "Failed: odd"), ("notice", "Regression gate: SAME")
    ]  # fmt: skip


def test_names_cannot_make_commands_of_their_own() -> None:
    listed = [gate_made.benchmark(name, "REGRESSED", 1.1) for name in gate_made.HOSTILE]
    for each in listed:
        made = gate_made.document([each], removed=[each["name"]], failed=[
            gate_made.failure(each["name"], reason="50 %\n::error::injected")])  # fmt: skip
        assert len(parsed(made)) == 4
        assert all(line.isprintable() for line in github.lines(made))


def test_no_more_than_github_shows_and_the_others_are_counted() -> None:
    made = gate_made.many(5000, gate_made.HOSTILE)
    lines = parsed(made)
    assert len("\n".join(github.lines(made)).encode()) < LIMIT
    for kind, count in (("error", 833), ("warning", 833)):
        shown = [message for one, _, message in lines if one == kind]
        assert len(shown) == 10
        head = 1 if kind == "error" else 0  # the verdict on all
        assert shown[-1].startswith(f"{count + head - 9} more are in the log")


def test_the_worst_of_names_stay_below_the_limit() -> None:
    worst = [f"{number}" + "%" * 9999 for number in range(30)]
    made = gate_made.document(
        [gate_made.benchmark(name, verdict, 1.1) for name in worst
         for verdict in ("REGRESSED", "INCONCLUSIVE")],
        removed=worst, failed=[gate_made.failure(name, reason=name) for name in worst],
    )  # fmt: skip
    assert len("\n".join(github.lines(made)).encode()) < LIMIT


def test_the_summary_is_added_to_that_of_the_step(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("# Before\n")
    made = gate_made.everything()
    assert github.summarise(made, {"GITHUB_STEP_SUMMARY": str(path)})
    assert path.read_text() == "# Before\n" + github.text(made)
    assert not github.summarise(made, {})


def test_the_summary_stays_within_what_a_step_may_have(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "summary.md"
    path.write_text("x" * 500_000)
    made = gate_made.many(5000)
    assert github.summarise(made, {"GITHUB_STEP_SUMMARY": str(path)})
    assert 900_000 < path.stat().st_size <= 1 << 20
    assert not github.summarise(made, {"GITHUB_STEP_SUMMARY": str(path)})
    assert path.stat().st_size <= 1 << 20
    assert "is full" in capsys.readouterr().err


def test_a_summary_that_cannot_be_written_costs_no_verdict(tmp_path: Path, capsys: Any) -> None:
    missing = tmp_path / "missing" / "summary.md"
    assert not github.summarise(gate_made.one("SAME"), {"GITHUB_STEP_SUMMARY": str(missing)})
    assert "cannot be written" in capsys.readouterr().err
