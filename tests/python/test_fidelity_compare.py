"""What is pooled, compared, judged and told of a measurement; nothing is measured here."""

from __future__ import annotations

import math
import re
from typing import Any

import fidelity_made as made
import pytest
from convoy_cli.core.processes import ProcessFailed
from convoy_cli.fidelity import judge, native as readings, report
from convoy_cli.fidelity.judge import Both
from convoy_cli.stats.samples import line
from convoy_cli.fidelity.native import Reading, Spread

MS = made.MS


# --- Readings.


def test_quantiles_of_samples_and_of_buckets() -> None:
    odd = readings.spread([(3.0, 1), (1.0, 1), (2.0, 1)])
    assert odd is not None
    assert [odd.quantile(share) for share in (0.0, 0.1, 0.5, 0.9, 1.0)] == [1, 1, 2, 3, 3]
    even = Spread(((1.0, 2), (4.0, 2)))
    assert even.quantile(0.5) == 2.5
    assert (even.mean, even.count) == (2.5, 4)
    assert math.isclose(even.deviation, math.sqrt(3))
    assert readings.spread([]) is None


def test_both_sides_are_read_in_the_same_terms() -> None:
    real, native = made.late([1000.0, 3000.0])
    for reading in (readings.of_real(real), readings.of_native(native)):
        assert reading.spread is not None and reading.spread.values == ((1000, 1), (3000, 1))
    assert readings.of_real({"operation_ns": [1, 3], "wall_ns": 4}).rate == 5e8
    assert readings.of_native(made.rows({"median_ns": 2.0})).rate == 5e8
    assert readings.of_real({"lost": 1, "updates": 4}).lost_per_million == 250_000


def test_throughput_is_the_median_of_all_cycles_of_all_repeats() -> None:
    slow, quick = Reading(shares={2: [0.5, 0.75]}), Reading(shares={2: [0.9]})
    alike = Both([slow, quick, slow, slow, slow], [Reading(shares={2: [0.75]})] * 5)
    found = next(judge.throughput({"throughput": alike}))
    assert (found.real, found.native, found.verdict) == (0.75, 0.75, "ok")


def test_threads_are_compared_with_one_on_each_of_the_cpus_they_share() -> None:
    # The second CPU is half as fast: by itself, a thread that may choose would take the first.
    cycles = [[(1, 100.0), (1, 200.0), (2, 150.0)], [(2, 300.0), (1, 150.0), (1, 150.0)]]
    rounds = [{"cycle": cycle, "workers": workers, "operations": 10, "wall_ns": 10 * took}
              for cycle, each in enumerate(cycles) for workers, took in each]  # fmt: skip
    assert readings.of_real({"rounds": rounds}).shares == {2: [1.0, 0.5]}
    # A file of before there were cycles.
    old = [{"workers": workers, "operations": 1, "wall_ns": took}
           for workers, took in ((1, 3.0), (2, 4.0), (2, 8.0), (1, 5.0))]  # fmt: skip
    assert readings.of_real({"rounds": old}).shares == {2: [1.0, 0.5]}


def test_native_passes_are_cycles() -> None:
    took = {1: [5.0, 4.0, 9.0], 2: [10.0, 4.0, 6.0]}
    rows = made.rows(*(
        {"workers": workers, "median_ns": 1.0,
         "samples": [{"operations": 10, "wall_ns": 10 * ns} for ns in each]}
        for workers, each in took.items()
    ))  # fmt: skip
    assert readings.of_native(rows).shares == {2: [0.5, 1.0, 1.5]}


@pytest.mark.parametrize(
    "raw",
    [
        {}, {"lateness_ns": "late"}, {"lateness_ns": [True]}, {"lateness_ns": [math.nan]},
        {"operation_ns": [1], "wall_ns": 0}, {"rounds": []}, {"rounds": [{"workers": 1}]},
        {"lost": None, "updates": 5}, {"lost": 0, "updates": 0}, {"lateness_ns": {"a": 1}},
    ],
)  # fmt: skip
def test_json_that_is_no_reading_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ProcessFailed, match="not the requested one"):
        readings.of_real(raw)


def test_modes_are_heaps_with_gaps_between() -> None:
    spread = readings.spread(
        [*((20_000.0 + i, 1) for i in range(900)), *((5.1 * MS + i, 1) for i in range(100)),
         (0.5 * MS, 1)]
    )  # fmt: skip
    assert spread is not None
    (fast, most), (slow, few) = spread.modes()
    assert 20_000 <= fast <= 20_900 and 5.1 * MS <= slow <= 5.2 * MS
    assert math.isclose(most, 0.9, abs_tol=0.01) and math.isclose(few, 0.1, abs_tol=0.01)


def test_a_line_through_points() -> None:
    assert line([(1.0, 3.0), (2.0, 5.0), (4.0, 9.0)]) == (2.0, 1.0)
    assert line([(1.0, 3.0)]) is None


# --- Verdicts.


@pytest.mark.parametrize(
    "bar, real, inside, outside",
    [
        (judge.P50, 5 * MS, (4.71 * MS, 5.29 * MS), (4.69 * MS, 5.31 * MS)),
        (judge.P50, 100 * MS, (95.1 * MS, 104.9 * MS), (94.9 * MS, 105.1 * MS)),
        (judge.P50, 0.05 * MS, (0.0, 0.34 * MS), (0.36 * MS,)),
        (judge.MEAN, 12 * MS, (8.1 * MS, 17.9 * MS), (7.9 * MS, 18.1 * MS)),
        (judge.RATE, 0.0045, (0.0023, 0.0089), (0.0022, 0.0091)),
        (judge.THROUGHPUT, 0.99, (0.92, 1.06), (0.9, 1.08)),
        (judge.SLOPE, 1.0, (0.96, 1.04), (0.94, 1.06)),
        (judge.LOSS, 0.0, (0.0,), (1.0,)),
        (judge.LOSS, 200_000.0, (1.0, 400_000.0), (0.0,)),
    ],
)
def test_bars(bar: judge.Bar, real: float, inside: Any, outside: Any) -> None:
    assert all(bar.holds(real, native) for native in inside)
    assert not any(bar.holds(real, native) for native in outside)


def verdicts(*subjects: made.Json, repeats: int = 5) -> dict[str, str]:
    findings = report.Findings(made.document(*subjects, repeats=repeats))
    compared = findings.compared[subjects[0]["label"]]
    return {each.key: each.verdict for each in compared if each.bar is not None}


def test_a_policy_that_is_right_is_within_every_bar() -> None:
    found = verdicts(made.subject("CPython 3.11.2", "cpython32", 5))
    assert set(found) == {
        "lateness/1/p50", "lateness/2/mean", "lateness/4/mean", "echo/1/share", "echo/2/share",
        "throughput/2", "throughput/4", "race/plain", "race/call", "sweep/slope",
    }  # fmt: skip
    assert set(found.values()) == {"ok"}


def test_a_policy_that_is_wrong_is_off_where_it_is() -> None:
    found = verdicts(made.subject("CPython 3.11.2", "cpython32", 5, native=2.5))
    assert {key for key, verdict in found.items() if verdict == "ok"} == {"race/plain", "race/call"}


def test_too_little_is_not_judged() -> None:
    found = verdicts(made.subject("CPython 3.11.2", "cpython32", 5, count=99))
    few = {key for key, verdict in found.items() if verdict == "few"}
    assert few == {"lateness/2/mean", "lateness/4/mean"}
    short = made.subject("CPython 3.11.2", "cpython32", 5, repeats=4, count=200)
    assert set(verdicts(short, repeats=4).values()) == {"few"}


def test_a_side_that_is_missing_is_not_judged() -> None:
    subject = made.subject("PyPy 7.3.11", "pypy", 0.5)
    for run in subject["runs"]:
        run["native"] = None
    assert set(verdicts(subject).values()) == {"few"}


def test_an_unfit_machine_judges_nothing() -> None:
    document = made.document(made.subject("CPython 3.11.2", "cpython32", 5, native=2.5))
    document["unfit"] = ["it is busy"]
    findings = report.Findings(document)
    assert set(findings.verdicts) <= {"", "few"}
    assert re.match(r"0 within .*, 0 off, 10 not judged .*unfit", list(report.tell(findings))[-1])


def test_orderings_are_judged_between_interpreters_that_are_apart() -> None:
    fast = made.subject("CPython 2.7.18", "cpython27", 0.2)
    slow = made.subject("CPython 3.11.2", "cpython32", 5)
    same = made.subject("CPython 3.12.1", "cpython32", 5.1)
    found = report.Findings(made.document(fast, slow, same)).orderings
    assert {ordering.verdict for ordering in found} == {"ok"}
    assert {ordering.pairs for ordering in found} == {2}
    wrong = made.subject("CPython 2.7.18", "cpython27", 0.2, native=200)
    found = report.Findings(made.document(wrong, slow, same)).orderings
    lateness = next(ordering for ordering in found if ordering.what.startswith("lateness"))
    assert lateness.verdict == "off"
    assert ("CPython 2.7.18", "CPython 3.11.2") in lateness.turned


# --- What is told.


def test_the_table_shows_both_sides_with_their_ratio() -> None:
    subject = made.subject("CPython 3.11.2", "cpython32", 5, native=1.25)
    subject["failures"] = [
        {"setting": "race/plain", "side": "real", "reason": "it was killed by SIGSEGV"},
        {"setting": "race/call", "side": "real", "reason": "it was killed by SIGSEGV"},
    ]
    subject["lacking"] = ["this convoy-bench has no workload gil_race"]
    text = "\n".join(report.tell(report.Findings(made.document(subject))))
    assert text.startswith("CPython 3.11.2 (/usr/bin/cpython) beside cpython32\n")
    line = next(line for line in text.splitlines() if "beside 2 spinners, mean" in line)
    assert "×1.25" in line and "ok" in line and "500 / 500" in line
    assert "FAILED race/plain, race/call: it was killed by SIGSEGV" in text
    assert "no native counterpart: this convoy-bench has no workload gil_race" in text
    assert sum(line.startswith("  modes of one exchange") for line in text.splitlines()) == 3
    assert text.splitlines()[-1].endswith("2 failed.")
