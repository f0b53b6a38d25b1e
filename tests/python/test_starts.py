"""What starting costs, in a sentence: an order only where the samples have one."""

from __future__ import annotations

from typing import Any

import synthetic
import varied
from synthetic import Truth
from test_summary import section, slow_down, text_of

Json = dict[str, Any]


def document(beside: tuple[str, ...] = ("cpu_pi",), **options: Any) -> Json:
    """The quick suite's rows of spawn beside those of ordinary work."""
    made = synthetic.document(Truth(workloads=beside, workers=(1, 2)))
    made["convoy"]["rows"] += varied.spawns(**options)
    return made


def starting(made: Json) -> str:
    return section(text_of(made), "Starting").partition("\n")[2].strip()


def of(made: Json, way: str) -> Json:
    rows = made["convoy"]["rows"]
    return next(row for row in rows if row["parameters"].get("how") == way)


def test_each_is_told_with_its_interval_and_beside_a_thread() -> None:
    said = starting(document(noise=0.0))
    assert said == (
        "A thread takes 11 µs (11.0–11.0); a process (fork) 134 µs (134–134), 12.2 × as long as a "
        "thread (12.2–12.2); a coroutine 17 ns (17.0–17.0), 647 × as fast as a thread (647–647)."
    )


def test_the_sentence_is_all_that_the_quick_suite_tells_of_it() -> None:
    made = document()
    text = text_of(made)
    assert "What starting costs" not in text
    assert "spawn" not in section(text, "What to use")
    assert "spawn" not in text.partition("Caveats")[2]
    assert "spawn how=fork" in text_of(made, everything=True)


def test_an_order_that_the_samples_do_not_have_is_not_claimed() -> None:
    made = document()
    fork, thread = of(made, "fork"), of(made, "thread")
    for number, (sample, other) in enumerate(zip(fork["samples"], thread["samples"])):
        sample["real_time_ns"] = other["real_time_ns"] * (0.8, 1.3)[number % 2]
    said = starting(made)
    assert ", not told apart from a thread (0.80–1.30 ×); a coroutine" in said
    assert "as long as" not in said and " × as fast as a thread (" in said


def test_few_samples_give_times_and_no_order() -> None:
    made = document(passes=3, noise=0.0)
    assert starting(made) == (
        "A thread takes 11 µs; a process (fork) 134 µs, too few samples to compare; a coroutine "
        "17 ns, too few samples to compare."
    )


def test_what_is_missing_is_left_out() -> None:
    assert "Starting" not in text_of(document(ways=()))
    assert starting(document(ways=("fork",), noise=0.0)) == (
        "A process (fork) takes 134 µs (134–134)."
    )
    said = starting(document(ways=("fork", "coroutine"), noise=0.0))
    assert "thread" not in said and " × " not in said


def test_one_that_failed_is_named_and_the_others_are_told() -> None:
    made = document(noise=0.0)
    for way, said in (("fork", "a process (fork)"), ("thread", "a thread")):
        failure = {"name": of(made, way)["name"], "reason": "died", "pass": 1, "samples": 8}
        made["convoy"]["failed"] = [failure]
        told = starting(made)
        assert told.endswith(f"; {said} failed.")
        assert told.count("µs") + told.count(" ns") == 2
        assert f"{failure['name']} failed in pass 1: died" in text_of(made)


def test_all_of_them_failed() -> None:
    made = document()
    made["convoy"]["failed"] = [
        {"name": of(made, way)["name"], "reason": "died", "pass": 1, "samples": 8}
        for way in varied.WAYS
    ]
    assert "Starting" not in text_of(made)


def test_a_disturbed_row_has_its_time_and_no_order() -> None:
    made = document(noise=0.0)
    varied.disturb([of(made, "fork")])
    said = starting(made)
    assert "a process (fork) disturbed: 134 µs (134–134); a coroutine" in said
    assert "647 × as fast as a thread" in said
    varied.disturb([of(made, "thread"), of(made, "coroutine")])
    assert starting(made).startswith("Disturbed: a thread takes 11 µs (11.0–11.0); a process (f")
    assert " × " not in starting(made)


def test_more_memory_of_the_parent_has_a_sentence_of_its_own() -> None:
    made = document(parents=(0, 2**28), noise=0.0)
    said = starting(made)
    assert "Beside 256 MiB: a thread takes 11 µs" in said
    assert "a process (fork) 8.71 ms" in said


def test_units_suit_the_value() -> None:
    made = document(noise=0.0)
    slow_down(of(made, "fork"), 100.0)
    slow_down(of(made, "coroutine"), 100.0)
    said = starting(made)
    assert "a process (fork) 13.4 ms (13.4–13.4), 1218 × as long" in said
    assert "a coroutine 1.7 µs (1.70–1.70)" in said


def test_nobody_is_advised_to_take_a_model_for_an_experiment() -> None:
    models = ("single", "threads", "processes")
    made = document(beside=(), models=models)
    text = text_of(made)
    assert "What to use" not in text and "× single" not in text
    assert "no row of single" not in text
    table = section(text, "What starting costs")
    assert "each" in table and "pss_each_bytes" in table
    # Files that do not say so know of experiments with locks alone.
    for row in made["convoy"]["rows"]:
        del row["experiment"]
    assert "What to use" in text_of(made)


def test_waiting_for_each_other_is_no_work_to_choose_a_model_for() -> None:
    made = synthetic.document(Truth(workloads=()))
    made["convoy"]["rows"] = varied.handoffs()
    text = text_of(made)
    assert "What to use" not in text
    table = section(text, "What waiting for each other costs")
    assert "handoff_ns" in table and "1.41 µs" in table
    assert "1.46 ms" in table  # the longest of all, as in the chart, not of a usual sample
    assert max(map(len, text.splitlines())) <= 100
