"""The answer in words follows from the samples, with what must be said besides."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import synthetic
from convoy_cli.answer import advice
from convoy_cli.answer.summary import summarise
from convoy_cli.results import load
from synthetic import Truth

Json = dict[str, Any]
MIXED = ("single", "threads", "processes", "coroutines")


def text_of(document: Json, everything: bool = False) -> str:
    return "\n".join(summarise(load.result(Path("x.json"), document), everything).lines())


def section(text: str, heading: str) -> str:
    """Its lines; sentences in one line each, tables as they are."""
    paragraphs = [part for part in text.split("\n\n") if part.startswith(f"{heading}\n")]
    assert len(paragraphs) == 1, f"{heading}: {text}"
    return joined(paragraphs[0]) if "operations/s" not in paragraphs[0] else paragraphs[0]


def joined(text: str) -> str:
    return re.sub(r"\n {4}", " ", text)


def rows_of(document: Json, **wanted: object) -> list[Json]:
    rows = document["convoy"]["rows"]
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def disturb(rows: list[Json]) -> None:
    for row in rows:
        row["disturbed"] = True
        for sample in row["samples"]:
            sample["disturbed"] = ["run_delay"]


def test_the_words_are_the_truth() -> None:
    truth = Truth(cores=2, workloads=("cpu_pi",), workers=(1, 2, 4), noise=0.0)
    text = text_of(synthetic.document(truth))
    free = truth.speed_up("cpu_pi", "processes", "none", 2)
    held = truth.speed_up("cpu_pi", "threads", "cpython32", 2)
    loss = f"{(1 - held / free) * 100:.0f} %"
    assert f"threads lose {loss} of their speed (cpu_pi, {loss})." in text
    use = section(text, "What to use")
    assert f"CPU-bound: threads or processes (not told apart), {free:.2f} × single" in use
    assert f"CPU-bound under cpython32: processes, {free:.2f} × single" in use


def test_every_model_has_its_line_under_every_lock() -> None:
    gils = ("none", "cpython32", "cpython_ft", "mutex")
    truth = Truth(workloads=("io_tcp_echo",), models=MIXED, gils=gils, workers=(1, 200))
    text = text_of(synthetic.document(truth))
    echo = section(text, "I/O-bound")
    assert "io_tcp_echo, 200 workers" in echo
    for words in ("no lock", *(f"under {gil}" for gil in gils[1:]), "p50", "p99"):
        assert words in echo
    for model in MIXED[1:]:
        lines = [line for line in echo.splitlines() if line.strip().startswith(model)]
        assert len(lines) == len(gils)
        for line in lines:
            assert re.search(r"\d+ \(\d+–\d+\) +[\d.]+ k/s \([\d.–]+\) +[\d.]+ .s +[\d.]+ .s", line)
    use = section(text, "What to use")
    for gil in gils[1:]:
        assert f"\n  I/O-bound under {gil}: " in use


def test_carriers_are_series_of_their_own_and_pay_for_a_lock() -> None:
    truth = Truth(
        cores=2, workloads=("cpu_pi",), models=("single", "threads", "coroutines"),
        workers=(1, 2), carriers=(1, 2),
    )  # fmt: skip
    text = text_of(synthetic.document(truth))
    assert "coroutines, 2 carriers" in section(text, "CPU-bound")
    held = truth.speed_up("cpu_pi", "coroutines", "cpython32", 2, 2)
    loss = f"{(1 - held / truth.speed_up('cpu_pi', 'coroutines', 'none', 2, 2)) * 100:.0f} %"
    assert f"under cpython32: coroutines, 2 carriers lose {loss} of their speed" in text
    assert "coroutines lose" not in text and "coroutines show" not in text  # one seat
    use = section(text, "What to use")
    assert "CPU-bound: threads or coroutines, 2 carriers (not told apart)" in use


def test_values_of_a_parameter_are_told_apart() -> None:
    truth = Truth(
        workloads=("cpu_sha256",), models=("single", "threads", "processes"), workers=(1, 2),
        parameters=({}, {"native": False}),
    )  # fmt: skip
    document = synthetic.document(truth)
    for row in rows_of(document, gil="cpython32", model="threads", workers=2):
        if not row["parameters"]["native"]:
            slow_down(row, 2.0)
    text = text_of(document)
    assert "cpu_sha256 native=on, 2 workers" in section(text, "CPU-bound, native")
    assert "cpu_sha256 native=off, 2 workers" in section(text, "CPU-bound")
    use = section(text, "What to use")
    assert "CPU-bound, native (native=on): threads or processes" in use
    assert "CPU-bound (native=off) under cpython32: processes, " in use


def slow_down(row: Json, factor: float) -> None:
    for sample in row["samples"]:
        sample["real_time_ns"] *= factor
    row["median_ns"] *= factor
    row["interval_ns"] = [bound * factor for bound in row["interval_ns"]]


@pytest.mark.parametrize("workloads", [1, 3, 9])
def test_every_row_is_told_or_counted(workloads: int) -> None:
    names = tuple(synthetic.WORKLOADS)[:workloads]
    document = synthetic.document(Truth(workloads=names, workers=(1, 2, 4)))
    rows = document["convoy"]["rows"]
    text = text_of(document)
    figures = re.compile(r"^    .*\d( [kM])?/s", re.MULTILINE)
    # A sentence leaves out its baseline, which is the 1.00 ×.
    beside = re.findall(r"\d ×\s+\(|^  \w+, \d workers: ", text, re.MULTILINE)
    count = len(figures.findall(text)) + len(beside)
    untold = re.search(r"(\d+) more rows are not shown here \((\w+) \d+", text)
    assert untold is not None
    assert count + int(untold[1]) == len(rows)
    whole = text_of(document, everything=True)
    assert "not shown here" not in whole
    assert len(figures.findall(whole)) == len(rows)


def test_places_are_told_apart_and_beside_their_own_baseline() -> None:
    places = ("core.close", "none")
    document = synthetic.document(Truth(workloads=("cpu_pi",), workers=(1, 2), places=places))
    text = text_of(document)
    assert "cpu_pi place=core.close, 2 workers\n" in text
    assert "cpu_pi place=none, 2 workers (not pinned)\n" in text
    use = section(text, "What to use")
    pinned, free = (
        next(line for line in use.splitlines() if f"(place={place}):" in line) for place in places
    )
    assert "(not pinned)" in free and "not pinned" not in pinned


def test_kinds_of_work_stand_apart(made: Json) -> None:
    text = text_of(made)
    assert "cpu_pi, 4 workers\n" in section(text, "CPU-bound")
    assert "cpu_sha256, 4 workers\n" in section(text, "CPU-bound, native")
    # Waiting wants as many workers as there were, computing as many as there are CPUs.
    waiting = section(text, "I/O-bound")
    assert "io_sleep, 8 workers\n" in waiting and "io_tcp_echo, 8 workers" in waiting


def test_many_workloads_have_a_table_a_kind_and_sentences() -> None:
    document = synthetic.document(Truth(workloads=tuple(synthetic.WORKLOADS), workers=(1, 2)))
    text = text_of(document)
    computing = section(text, "CPU-bound")
    assert computing.count("operations/s") == 1
    assert re.search(r"  cpu_matmul, 2 workers: threads 1\.9\d × \([\d.]+–[\d.]+\), pro", computing)
    assert computing.count("\n    under cpython32: threads 0.9") == 2  # cpu_nqueens, too
    assert max(map(len, text.splitlines())) <= 100


def test_work_that_gains_nothing_stays_single() -> None:
    truth = Truth(cores=2, workloads=("cpu_pi",), models=("single", "coroutines"), gils=("none",))
    assert "CPU-bound: stay single; no model gains " in text_of(synthetic.document(truth))


def test_a_difference_of_no_worth_is_no_advice() -> None:
    document = synthetic.document(Truth(workloads=("cpu_pi",), models=MIXED, workers=(1, 2)))
    for row in rows_of(document, model="threads", workers=2, gil="none"):
        slow_down(row, 1.03)
    use = section(text_of(document), "What to use")
    assert "CPU-bound: threads or processes (within 5.0 %), 1.97 × single" in use


def test_what_is_not_resolved_is_named_so() -> None:
    truth = Truth(workloads=("cpu_pi",), models=MIXED, workers=(1, 2), gils=("none",))
    document = synthetic.document(truth)
    for row in rows_of(document, model="threads", workers=2):
        for number, sample in enumerate(row["samples"]):
            sample["real_time_ns"] *= (0.6, 1.5)[number % 2]
    use = section(text_of(document), "What to use")
    assert re.search(
        r"CPU-bound: not resolved between threads and processes: "
        r"(processes 0\.\d+–1\.\d+ × threads|threads 0\.\d+–1\.\d+ × processes), ", use
    )  # fmt: skip


def test_a_gain_is_told_only_where_its_interval_says_so() -> None:
    document = synthetic.document(Truth(workloads=("cpu_pi",), models=MIXED, workers=(1, 2)))
    (held,) = rows_of(document, model="threads", workers=2, gil="cpython32")
    (free,) = rows_of(document, model="threads", workers=2, gil="none")
    for number, (sample, other) in enumerate(zip(held["samples"], free["samples"])):
        # The lock "gains" a third, but for two passes.
        sample["real_time_ns"] = other["real_time_ns"] * (1.04 if number < 2 else 0.75)
    text = text_of(document)
    assert "gain " not in section(text, "What a lock costs")
    for sample, other in zip(held["samples"], free["samples"]):
        sample["real_time_ns"] = other["real_time_ns"] * 0.75
    assert "threads gain 33 % (cpu_pi, 33 %)." in section(text_of(document), "What a lock costs")


def test_a_disturbed_row_claims_nothing() -> None:
    document = synthetic.document(Truth(workloads=("cpu_pi",), models=MIXED, workers=(1, 2)))
    disturb(rows_of(document, model="threads", workers=2, gil="none"))
    text = text_of(document)
    assert "\n      disturbed: threads " in text
    use = section(text, "What to use")
    assert "CPU-bound: no recommendation, disturbed (threads in cpu_pi): processes 1.9" in use
    assert "CPU-bound under cpython32: processes, 1.9" in use  # whose rows were not
    assert "under cpython32: threads disturbed: 51 % less in cpu_pi." in text


def test_a_busy_machine_is_the_first_thing_said(document: Json) -> None:
    disturb(document["convoy"]["rows"][3:])
    document["convoy"]["disturbance"] = {
        "samples": 1234, "disturbed": 1160, "by": {"run_delay": 987, "foreign_work": 1160},
        "foreign_share": 0.48, "steal_share": 0.0,
    }  # fmt: skip
    lines = text_of(document).splitlines()
    assert lines[0].startswith("Disturbed: 94 % of 1 234 samples, by other programs (foreign work")
    assert "The summary cannot say which model is faster" in " ".join(lines[:3])
    assert any(line.startswith("On Synthetic CPU") for line in lines[1:4])
    text = "\n".join(lines)
    assert section(text, "What to use").count("\n") == 1 and "No recommendation" in text
    assert "gain" not in section(text, "What a lock costs")


def test_a_few_disturbed_samples_are_no_alarm(document: Json) -> None:
    before = text_of(document)
    for row in document["convoy"]["rows"][:40]:
        row["samples"][0]["disturbed"] = ["yardstick"]
        row["disturbed"] = False
    assert "disturbed" not in before and "isturbed" not in text_of(document)


def test_an_unfit_machine_is_told_at_the_top_and_a_quota_beside_what_it_concerns(
    document: Json,
) -> None:
    found = {"name": "quota", "verdict": "unfit", "measured": "1.50 CPUs of time for 4",
             "advice": "ask for more"}  # fmt: skip
    document["convoy"]["findings"] = [found, found | {"name": "load", "verdict": "warn"}]
    document["convoy"]["facts"]["cgroup_quota_cpus"] = 1.5
    text = text_of(document)
    assert text.startswith("Unfit machine (quota): 1.50 CPUs of time for 4; ask for more.\nOn ")
    assert text.count("Unfit machine") == 1
    use = section(text, "What to use")
    assert re.search(r"CPU-bound: threads or processes .*\(under a CPU quota\)\.", use)
    assert re.search(r"\n      threads .*  under a CPU quota\n", text)
    assert not re.search(r"\n      coroutines .*quota", text)  # one seat


def test_lost_updates_are_told() -> None:
    truth = Truth(workloads=("gil_race",), models=("threads", "processes"), workers=(2, 4))
    document = synthetic.document(truth)
    for row in document["convoy"]["rows"]:
        lost = 312_000 if row["model"] == "threads" and row["gil"] == "none" else 0
        for number, sample in enumerate(row["samples"]):
            sample["lost_per_million"] = lost + (number if lost else 0)
    said = section(text_of(document), "Lost updates")
    free = "threads lose 312 004 of a million updates (95 % 312 000–312 007); processes lose 0."
    assert f"gil_race, 4 workers, without a lock: {free}" in said
    held = "threads lose 0 of a million updates; processes lose 0."
    assert f"gil_race, 4 workers, under cpython32: {held}" in said


def test_without_a_baseline_there_are_rates_and_no_advice_to_add_one() -> None:
    truth = Truth(workloads=("io_sleep",), models=("threads", "coroutines"), workers=(1, 16))
    text = text_of(synthetic.document(truth))
    assert "× single" not in text and "`run`" not in text
    assert "no row of single with one worker and no lock, so there is no × for io_sleep" in text
    use = section(text, "What to use")
    assert "I/O-bound: threads or coroutines (not told apart), 14.8 k/s." in use


def test_what_a_reader_must_know_is_said(document: Json) -> None:
    convoy = document["convoy"]
    convoy["interrupted"] = True
    convoy["failed"] = [{"name": "io_x/model:threads", "reason": "died", "pass": 2, "samples": 2}]
    convoy["rows"][0] |= {"pinned": False, "pinned_reason": "the kernel refused"}
    convoy["rows"][1]["converged"] = False
    few = convoy["rows"][2]["samples"][:3]
    convoy["rows"][2] |= {"samples": few, "interval_ns": None}
    text = text_of(document)
    assert "interrupted" in text
    assert f"1 row not pinned (the kernel refused): {convoy['rows'][0]['name']}." in text
    assert f"1 of {len(convoy['rows'])} rows did not reach ± 2.0 %" in text
    assert "too few samples" in text
    assert "io_x/model:threads failed in pass 2: died" in text


def test_a_row_that_failed_counts_for_nothing(document: Json) -> None:
    (wrong,) = rows_of(document, workload="cpu_pi", model="processes", workers=4, gil="none")
    assert "cpu_pi, 4 workers\n" in text_of(document)
    failure = {"name": wrong["name"], "reason": "the answer is wrong", "pass": 1, "samples": 8}
    document["convoy"]["failed"] = [failure]
    text = text_of(document)
    assert "processes, 2 workers" in section(text, "CPU-bound")
    assert f"{wrong['name']} failed in pass 1: the answer is wrong" in text


def test_too_few_samples_are_said_once() -> None:
    truth = Truth(cores=2, workloads=("cpu_pi",), workers=(1, 2), passes=3)
    document = synthetic.document(truth)
    document["convoy"]["suite"] = "smoke"
    text = text_of(document)
    said = "3 samples per row are too few for intervals: run the quick suite to get "
    assert said in text
    assert text.count("too few") == 1
    assert "–" not in text and "did not reach" not in text
    assert "CPU-bound under cpython32: processes, 1.97 × single." in text
    document["convoy"]["suite"] = None
    assert "--passes 8" in text_of(document)


def test_what_is_not_proven_is_marked_where_the_rest_is(document: Json) -> None:
    for row in rows_of(document, workload="cpu_pi"):
        row |= {"samples": row["samples"][:3]}
    for row in rows_of(document, workload="cpu_pi", model="single"):
        row["interval_ns"] = None
    assert "× single (not proven: too few samples)." in text_of(document)


def test_a_selection_of_ones_own_is_named_so() -> None:
    document = synthetic.document(Truth(workloads=("cpu_pi",), gils=("none",), workers=(1, 2)))
    count = len(document["convoy"]["rows"])
    document["convoy"]["suite"] = None
    assert f": a selection of {count} benchmarks, " in text_of(document)


def test_lines_are_short_and_name_few(document: Json) -> None:
    rows = document["convoy"]["rows"]
    failure = {"reason": "died", "pass": 0, "samples": 0}
    for row in rows:
        row |= {"converged": False, "pinned": False, "pinned_reason": "no place was asked for"}
    missing = [{"name": f"mem_x/n:{i}"} | failure for i in range(9)]
    document["convoy"]["failed"] = missing
    disturb(rows[::3])
    for everything in (False, True):
        lines = text_of(document, everything).splitlines()
        assert max(map(len, lines)) <= 100
        caveats = " ".join(lines[lines.index("Caveats") :])
        assert caveats.count("/model:") == 6  # three not pinned, three not precise
        assert caveats.count("mem_x/") == 3 and "6 more failed" in caveats


def test_a_load_generator_without_time_left_is_said(document: Json) -> None:
    busy, idle = document["convoy"]["rows"][:2]
    for row, share in ((busy, 0.95), (idle, 0.9)):
        row["peer_cpu_share"] = share
        for each in row["samples"]:
            each["peer_cpu_share"] = share
    said = " ".join(text_of(document).split())
    assert (
        "In 1 row the load generator is the limit, not the workers: its process used up to 95 % "
        f"of a CPU: {busy['name']}."
    ) in said
    idle["peer_cpu_share"] = None
    busy.pop("peer_cpu_share")  # as files were before it was kept
    assert "load generator" not in text_of(document)


def test_nothing_to_compare_is_said(document: Json) -> None:
    document["convoy"]["rows"] = []
    assert "Nothing to compare" in text_of(document)
    alone = synthetic.document(Truth(workloads=("cpu_pi",), models=("threads",), gils=("none",)))
    assert "under one model only: give several with --model" in text_of(alone)


def test_a_quota_is_told_from_other_programs(document: dict[str, Any]) -> None:
    for row in document["convoy"]["rows"]:
        row["disturbed"] = True
        for sample in row["samples"]:
            sample["disturbed"] = ["run_delay"]
    document["convoy"]["facts"]["cgroup_quota_cpus"] = 0.5
    first = " ".join(text_of(document).splitlines()[:3])
    assert "samples, by a quota of 0.50 CPUs (run delay 100 %)" in first
    assert "other programs" not in first and "steal" not in first


@pytest.mark.parametrize("sequential", [True, False])
def test_a_few_disturbed_rows_head_the_answer_where_samples_are_taken_again(
    sequential: bool, document: dict[str, Any]
) -> None:
    rows = document["convoy"]["rows"]
    document["convoy"]["plan"]["sequential"] = sequential
    for row in rows[: len(rows) // 10]:
        row["disturbed"] = True
        row["samples"][0]["disturbed"] = ["run_delay"]
    assert text_of(document).startswith("Disturbed: ") == sequential


def test_what_a_lock_made_quicker_is_more() -> None:
    assert [advice.changed(lost) for lost in (0.12, 0.0, -0.01)] == [
        "12 % less", "0.0 % less", "1.0 % more",
    ]  # fmt: skip
