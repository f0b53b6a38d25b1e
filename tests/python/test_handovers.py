"""What handing over costs, in sentences: an order only where the samples have one."""

from __future__ import annotations

from typing import Any

import synthetic
import varied
from synthetic import Truth
from test_summary import section, text_of

Json = dict[str, Any]
QUICK = ("pool", "spawn_thread", "spawn_process")


def document(ways: tuple[str, ...] = QUICK, passes: int = 8, noise: float = 0.0) -> Json:
    """The quick suite's rows of queues and pools beside those of ordinary work."""
    made = synthetic.document(Truth(workloads=("cpu_pi",), workers=(1, 2)))
    rows = varied.fifo_queues(passes=passes, noise=noise)
    pools = varied.pools(ways, sizes=(0,), passes=passes, noise=noise)
    rows += [row for row in pools if row["model"] != "coroutines"]
    made["convoy"]["rows"] += rows
    return made


def said(made: Json) -> str:
    return " ".join(section(text_of(made), "Handing over").partition("\n")[2].split())


def test_queues_and_pools_have_a_sentence_each() -> None:
    told = said(document())
    assert told == (
        "An item through a queue takes threads 410 ns (410–410); processes 430 ns (430–430), 1.05 "
        "× as long as threads (1.05–1.05); coroutines 52 ns (52.0–52.0), 7.88 × as fast as "
        "threads (7.88–7.88). A pool of threads runs an empty task in 1.2 µs (1.20–1.20); a "
        "thread per task 22 µs (22.0–22.0), 18.3 × as long as the pool (18.3–18.3). A pool of "
        "processes runs an empty task in 1.3 µs (1.30–1.30); a process per task 240 µs "
        "(240–240), 185 × as long as the pool (185–185)."
    )


def test_the_sentences_are_all_that_the_quick_suite_tells_of_them() -> None:
    made = document()
    text = text_of(made)
    assert "What queues cost" not in text and "What pools cost" not in text
    assert "queue_fifo" not in text and "pool_submit" not in text
    assert "queue_fifo" in text_of(made, everything=True)


def test_what_is_more_than_the_sentences_tell_has_tables_too() -> None:
    made = synthetic.document(Truth(workloads=()))
    made["convoy"]["rows"] = varied.fifo_queues((1, 64), (2, 8)) + varied.pools()
    assert said(made).startswith("An item through a queue takes threads 410 ns (")
    assert "A pool of coroutines runs an empty task in 110 ns (" in said(made)
    text = text_of(made)
    assert "What queues cost" in text and "What pools cost" in text


def test_tasks_that_are_not_empty_say_how_long_they_are() -> None:
    made = synthetic.document(Truth(workloads=()))
    made["convoy"]["rows"] = varied.pools(("pool", "spawn_thread"), sizes=(100_000,), noise=0.0)
    assert "A pool of threads runs a task of 100 µs in 101 µs (101–101); a thread per" in said(made)


def test_an_order_that_the_samples_do_not_have_is_not_claimed() -> None:
    made = document()
    pool, thread = (
        next(row for row in varied.rows_of(made) if row["name"].startswith("pool_submit/")
             and row["model"] == "threads" and row["parameters"]["how"] == how)
        for how in ("pool", "spawn_thread")
    )  # fmt: skip
    for number, (sample, other) in enumerate(zip(thread["samples"], pool["samples"])):
        sample["real_time_ns"] = other["real_time_ns"] * (0.8, 1.3)[number % 2]
    assert ", not told apart from the pool (0.80–1.30 ×)" in said(made)
    assert "too few samples to compare" in said(document(passes=3))


def test_what_is_missing_or_disturbed_claims_nothing() -> None:
    assert "Handing over" not in text_of(synthetic.document(Truth()))
    assert "a thread per task" not in said(document(ways=("pool",)))
    assert "A pool" not in said(document(ways=("spawn_thread",)))
    made = document()
    varied.disturb([row for row in varied.rows_of(made) if row["model"] == "threads"
                    and row["workload"] == "queue_fifo"])  # fmt: skip
    told = said(made)
    assert "takes threads disturbed: 410 ns (410–410); processes 430 ns (430–430); cor" in told
    varied.disturb([row for row in varied.rows_of(made) if row["workload"] == "queue_fifo"])
    assert said(made).startswith("Disturbed: an item through a queue takes threads 410 ns (")
