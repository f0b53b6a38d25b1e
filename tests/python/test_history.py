"""`scripts/convoy history show` and `check`: what changed, where, and what does not count."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import assert_complaint
from convoy_cli.history import judge
from history_made import beside_reference, commit, line, noise, ratio, stepped, write


def test_a_slow_down_fails_the_check(convoy: Any, tmp_path: Path) -> None:
    lines = beside_reference(stepped(60, 75, 1.07)) + beside_reference(noise(2, 75), "BM_Still")
    path = write(tmp_path / "h.jsonl", lines)
    done = convoy("history", "check", "--file", path)
    assert done.returncode == 1, done
    where = int(done.stdout.split(" since ")[1][:12], 16)
    assert where in [int(commit(number)[:12], 16) for number in (59, 60, 61)]
    assert re.match(r"BM_Sort is 1\.0[678] × slower since ", done.stdout)
    assert re.search(r"^next: .*: scripts/convoy gate --base-ref ", done.stdout, re.MULTILINE)
    assert "BM_Still" not in done.stdout
    again = convoy("history", "check", "--file", path)
    assert again.stdout == done.stdout
    old = convoy("history", "check", "--file", path, "--last", 5)
    assert old.returncode == 0 and "1 change besides" in old.stdout


def test_nothing_slower_passes(convoy: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", beside_reference(stepped(60, 80, 0.9)))
    done = convoy("history", "check", "--file", path)
    assert done.returncode == 0
    first, second = done.stdout.splitlines()
    assert "last 20 commits" in first and second.startswith("1 change ")


def test_a_few_commits_are_said_to_be_too_few(inside: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", beside_reference(stepped(5, 12, 2.0)))
    done = inside("history", "check", "--file", path)
    assert done.returncode == 0 and re.search(r"^1 of 1 series .*\b15 ", done.stdout, re.MULTILINE)


def test_what_was_undone_passes(inside: Any, tmp_path: Path) -> None:
    values = [v + 0.1 * (40 <= i < 60) for i, v in enumerate(noise(3, 80))]
    path = write(tmp_path / "h.jsonl", beside_reference(values))
    done = inside("history", "check", "--file", path, "--last", 60)
    assert done.returncode == 0, done
    shown = inside("history", "show", "--file", path).stdout
    assert "slower, undone since" in shown and "faster" in shown


def test_instructions_are_watched_too(inside: Any, tmp_path: Path) -> None:
    lines = [
        one | {"instructions": 5e6 * (1.03 if number >= 70 else 1)}
        for number, one in enumerate(beside_reference(noise(4, 80, 0.03)))
    ]
    done = inside("history", "check", "--file", write(tmp_path / "h.jsonl", lines))
    assert done.returncode == 1
    assert done.stdout.startswith(f"BM_Sort is 1.03 × more since {commit(70)[:12]}")


def test_parents_are_judged_by_the_gate(inside: Any, tmp_path: Path) -> None:
    values = noise("walk", 60, 0.02)
    lines = [
        line(i, parent=ratio(0.08 if i == 50 else v, commit(i - 1), 0.02,
                             "REGRESSED" if i == 50 else "SAME"))
        for i, v in enumerate(values)
    ]  # fmt: skip
    path = write(tmp_path / "h.jsonl", lines)
    done = inside("history", "check", "--file", path)
    assert done.returncode == 1, done
    assert f"BM_Sort is 1.08 × slower since {commit(50)[:12]}" in done.stdout
    assert f"--base-ref {commit(49)[:12]} --contender-ref {commit(50)[:12]}" in done.stdout
    lines.append(line(60, parent=ratio(-0.08, commit(59), 0.02, "IMPROVED")))
    assert inside("history", "check", "--file", write(path, lines)).returncode == 0


def test_what_has_no_commit_is_no_ref(inside: Any, tmp_path: Path) -> None:
    path = write(
        tmp_path / "h.jsonl", [line(1, parent=ratio(0.08, "sha256:0123", verdict="REGRESSED"))]
    )
    done = inside("history", "check", "--file", path)
    assert done.returncode == 1 and "next:" not in done.stdout


def test_another_machine_is_another_series(inside: Any, tmp_path: Path) -> None:
    """A new machine with other ratios is no slow-down; nor are two that take turns."""
    before = beside_reference(noise(5, 40))
    after = beside_reference(noise(6, 40, 0.01), first=40, fingerprint="other")
    for one in after:
        one["reference"]["log_ratio"] += 0.3
    path = write(tmp_path / "h.jsonl", before + after)
    assert inside("history", "check", "--file", path, "--last", 80).returncode == 0
    turns = [one for pair in zip(before, after) for one in pair]
    path = write(tmp_path / "h.jsonl", turns)
    done = inside("history", "show", "--file", path)
    assert done.stdout.count("BM_Sort") == 2 and "change" not in done.stdout.split("\n\n")[2:]


def test_a_new_reference_goes_on_where_the_old_one_was() -> None:
    values = stepped(20, 40, 1.2)
    first = beside_reference(values)
    second = beside_reference(noise(8, 20), base=commit(39), first=40)
    known = judge.history(first + second)
    new = next(each for each in known.tracks if each.name.base == commit(39))
    assert new.points[0].level == pytest.approx(math.log(1.2), abs=0.05)
    found = judge.findings(known, 0.01)
    assert [one.commit for one in found] == [20]  # the seam is none


def test_the_last_measurement_of_a_commit_counts(inside: Any, tmp_path: Path) -> None:
    lines = beside_reference(noise(9, 30))
    again = line(10, reference=ratio(0.5))
    known = judge.history([*lines, again])
    assert len(known.commits) == len(known.tracks[0].points) == 30
    assert known.tracks[0].points[10].value == 0.5
    done = inside("history", "show", "--file", write(tmp_path / "h.jsonl", [*lines, again]))
    assert "measured again: 1 value; the last counts" in done.stdout


def test_an_unproven_commit_is_not_judged() -> None:
    lines = beside_reference(stepped(30, 60, 1.3))
    for one in lines[30:]:
        one["reference"]["verdict"] = "ENVIRONMENT"
    known = judge.history(lines)
    assert judge.findings(known, 0.01) == []
    assert "itself: 30 values" in known.remarks[0]


def test_torn_and_foreign_lines_are_said(inside: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", beside_reference(noise(1, 20)), rest='{"a": 1}\n{"torn')
    done = inside("history", "show", "--file", path)
    assert done.returncode == 0 and done.stdout.startswith("20 commits, 1 benchmark.")
    assert f"are now in {path}.torn" in done.stderr
    assert "line 21 skipped: not a line of a history" in done.stderr


def test_many_series_are_counted(inside: Any, tmp_path: Path) -> None:
    lines = [one for k in range(50) for one in beside_reference(noise(k, 3), f"BM/{k}")]
    path = write(tmp_path / "h.jsonl", lines)
    show = ("history", "show", "--file", path)
    assert "not shown: 10 more (--all shows them)" in inside(*show).stdout
    assert inside(*show, "--all").stdout.count("BM/") == 50
    assert inside(*show, "--filter", "/7$").stdout.count("BM/") == 1


def test_what_is_asked_wrongly(inside: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", beside_reference(noise(1, 3)))
    show = ("history", "show", "--file", path)
    assert_complaint(inside("history", "show"), "history.jsonl does not exist")
    assert_complaint(inside(*show, "--filter", "zzz"), "nothing that matches 'zzz'")
    assert_complaint(inside(*show, "--filter", "("), "is not a regular expression")
    assert_complaint(inside(*show, "--noise", "x"), "--noise x")
    assert_complaint(inside(*show, "--commit", "abc"), "takes no commit")
    assert_complaint(inside("history", "check", "--file", path, "--last", "0"), "--last 0")
    assert_complaint(inside("history", "forget"), "invalid choice")
    empty = write(tmp_path / "e.jsonl", [])
    assert_complaint(inside("history", "show", "--file", empty), "holds nothing yet")
