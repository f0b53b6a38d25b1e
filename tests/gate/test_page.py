"""The tables of the page on the gate follow the counts that are kept."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import counted_table
import live_table
import marks
import pytest
import recording
import rivals
import study
import study_tables
from bounds import Rate
from made import made_recording


NO_COUNT = {"base": None, "contender": None, "ratio": None, "verdict": None, "reason": "none"}


def test_the_page_follows_the_study() -> None:
    page = study.PAGE.read_text(encoding="utf-8")
    assert page == study.page_with_tables(page), "stale: tests/gate/study.py --tables"


def test_the_study_is_of_recordings_that_are_kept() -> None:
    told = json.loads(study.RESULT.read_text(encoding="utf-8"))
    assert list(told["recordings"]) == sorted(recording.committed()), "make gate-study"


def test_a_study_of_a_recording_fills_every_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rivals, "RESAMPLES", 40)  # how grainy a rival's chance is does not matter
    told = json.loads(study.RESULT.read_text(encoding="utf-8"))
    told["recordings"] = {"quiet": study.of_recording(made_recording(count=22), 20)}
    text = "\n".join([*study_tables.bars(told["recordings"]), *study_tables.contest(told)])
    assert "| Identical builds: sessions with any flag | ≤ 5 % | 0 % (0–17 %) |" in text
    assert "| + 5 %, one thread, caches: found | ≥ 99 % | 100 % (" in text
    assert "| + 5 %, one thread, memory: found | – | – |" in text
    assert "300 rounds of 22 benchmarks in 10 minutes" in text
    assert " 1.05 times the work took 1.04" in text
    assert text.count("| **the gate** |") == 2
    assert "None" not in text and "nan" not in text


def test_rates_are_told_with_their_bounds() -> None:
    assert marks.told_rate(Rate(3, 200, 0.0031, 0.0432)) == "1.5 % (0.3–4.3 %)"
    assert marks.told_rate(Rate(0, 40, 0.0, 0.0881)) == "0 % (0–8.8 %)"
    told = [marks.percent(share) for share in (0, 0.0002, 0.003, 0.05, 0.105, 0.9996, 1)]
    assert told == ["0 %", "0.02 %", "0.3 %", "5 %", "10 %", "99.9 %", "100 %"]


@pytest.mark.parametrize("page", ["", "<!-- a -->\n", "<!-- end of a -->\n<!-- a -->\n"])
def test_a_page_without_marks_is_not_written(page: str) -> None:
    with pytest.raises(ValueError, match="marks"):
        marks.inserted(page, "a", ["x"])


def session(effect: float, *benchmarks: tuple[str, str, bool]) -> dict[str, Any]:
    told = [[name, said, 1.0, 0.99, 1.01, 16, slowed] for name, said, slowed in benchmarks]
    return {"effect": effect, "loaded": False, "number": 0, "seconds": 90.0, "benchmarks": told}


def test_live_sessions_are_counted_by_what_was_true() -> None:
    lines = live_table.table([
        session(1.0, ("cpu_a", "SAME", False), ("mem_a", "ENVIRONMENT", False)),
        session(1.0, ("cpu_a", "SAME", False), ("mem_a", "INCONCLUSIVE", False)),
        session(1.05, ("cpu_a", "REGRESSED", True), ("mem_a", "SAME", False)),
        session(1.05, ("cpu_a", "SAME", True), ("mem_a", "SAME", False)),
    ])  # fmt: skip
    assert "| none | identical | 2 sessions | 50 % (1.3–99 %) of sessions, any flag |" in lines[2]
    assert "any flag | 1, in 1 of 2 | 2 |" in lines[2]
    assert "| none | identical, beside 5 % | 2 sessions | 0 % (0–84 %)" in lines[3]
    assert "| +5 % | cpu | 2 | 50 % (1.3–99 %) | 0 | 1 | 16 |" in lines[4]


def count(name: str, effect: float, ratio: float, verdict: str | None) -> dict[str, Any]:
    reason = None if verdict else "not steady"
    return {"name": name, "effect": effect, "ratio": ratio, "verdict": verdict, "reason": reason}


def test_counts_are_told_by_what_was_true() -> None:
    lines = counted_table.table([
        count("cpu_a", 1.0, 1.00004, "SAME"),
        count("cpu_a", 1.01, 1.01, "REGRESSED"),
        count("cpu_b", 1.0, 0.99, "IMPROVED"),
        count("cpu_b", 1.01, 1.0, "SAME"),
        count("threads_a", 1.0, 1.2, None),
    ])  # fmt: skip
    assert lines[2] == (
        "| one thread, caches | 2 | 2 | 1 % | ≤ 0.01 % | 1 of 2: 50 % (1.3–99 %) "
        "| 1 of 2: 50 % (1.3–99 %) |"
    )
    assert lines[3] == "| threads, lock, pipe | 1 | 0 | – | ≤ 0.02 % | – | – |"
    assert lines[-1] == "- *threads_a*: no count in 1 of 1 (not steady)."


def test_counts_that_are_there_are_not_made_again(tmp_path: Path, built: Path) -> None:
    file = tmp_path / "counted.jsonl"
    kept = [json.dumps({"name": "cpu_millisecond", "effect": effect, **NO_COUNT})
            for effect in (1.0, 1.01)]  # fmt: skip
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    words = ["--sessions", "1", "--filter", "cpu_milli", "--out", str(file)]
    words += ["--program", str(built / "convoy-known-truth")]
    done = subprocess.run(
        [str(study.ROOT / "tests/gate/counted.py"), *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert file.read_text(encoding="utf-8").splitlines() == kept
    assert "| one thread, caches | 1 | 0 |" in done.stdout
