"""Makes documents whose rows differ in what charts may leave out: parameters, carriers, trust."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import synthetic
from convoy_cli.results import rows as machine

Document = dict[str, Any]


def rows_of(document: Document) -> list[dict[str, Any]]:
    return document["convoy"]["rows"]  # type: ignore[no-any-return]


def with_values(document: Document, workload: str, name: str, values: list[Any]) -> Document:
    """The workload's rows once for each value of a parameter; of the last value one row less."""
    made = copy.deepcopy(document)
    own = [row for row in rows_of(made) if row["workload"] == workload]
    others = [row for row in rows_of(made) if row["workload"] != workload]
    for value in values:
        for row in own[: len(own) - (value is values[-1])]:
            again = copy.deepcopy(row)
            again["parameters"] |= {name: value}
            again["name"] += f"/{name}:{value}"
            others.append(again)
    made["convoy"]["rows"] = others
    return made


def with_places(document: Document, workload: str, places: list[str]) -> Document:
    made = copy.deepcopy(document)
    for place in places:
        for row in [row for row in rows_of(document) if row["workload"] == workload]:
            again = copy.deepcopy(row) | {"place": place}
            again["name"] = row["name"].replace(f"place:{row['place']}", f"place:{place}")
            rows_of(made).append(again)
    return made


def with_carriers(document: Document, carriers: int = 2, slower_by: float = 2.0) -> Document:
    """Coroutines on several carriers, too, which a gil slows down, and without one are as fast."""
    made = copy.deepcopy(document)
    for row in rows_of(document):
        if row["carriers"] == 1 and row["model"] == "coroutines" and row["workers"] >= carriers:
            again = copy.deepcopy(row) | {"carriers": carriers}
            again["name"] += f"/carriers:{carriers}"
            if row["gil"] != "none":
                scale(again, slower_by)
            rows_of(made).append(again)
    return made


def scale(row: dict[str, Any], factor: float) -> None:
    row["median_ns"] *= factor
    row["interval_ns"] = row["interval_ns"] and [bound * factor for bound in row["interval_ns"]]
    for sample in row["samples"]:
        sample["real_time_ns"] *= factor


def disturb(rows: list[dict[str, Any]], reason: str = "run_delay") -> None:
    for row in rows:
        row["disturbed"] = True
        for sample in row["samples"]:
            sample["disturbed"] = [reason]


def races(
    gils: tuple[str, ...] = ("none", "cpython27", "cpython32"),
    models: tuple[str, ...] = ("threads", "processes", "coroutines"),
    workers: tuple[int, ...] = (2, 4),
    passes: int = 8,
) -> list[dict[str, Any]]:
    """Rows of gil_race: much is lost without a lock, little under one, nothing with a mutex."""
    names = ("gil_race",)
    truth = synthetic.Truth(workloads=names, models=models, gils=gils, workers=workers,
                            passes=passes)  # fmt: skip
    found = []
    for checkpoints in ("back_edge", "every_op"):
        for lock in (False, True):
            for row in rows_of(synthetic.document(truth)):
                row["parameters"] = {"checkpoints": checkpoints, "lock": lock}
                row["name"] += f"/checkpoints:{checkpoints}/lock:{lock}".lower()
                lost = 0.0 if lock or row["model"] != "threads" else 250_000.0
                if row["gil"] != "none":
                    lost = 0.4 if lost and checkpoints == "every_op" else 0.0
                for number, sample in enumerate(row["samples"]):
                    sample["lost_per_million"] = lost * (1 + number / 10)
                found.append(row)
    return found


# What one takes, and weighs: made up, but as far apart as they are.
WAYS = {"thread": (11_000.0, 8_500.0), "fork": (134_000.0, 33_000.0), "coroutine": (17.0, 80.0)}


def spawns(
    ways: tuple[str, ...] = tuple(WAYS),
    models: tuple[str, ...] = ("single",),
    parents: tuple[int, ...] = (0,),
    passes: int = 8,
    noise: float = 0.02,
) -> list[dict[str, Any]]:
    """Rows of spawn: the first way is the default, which names leave out."""
    truth = synthetic.Truth(workloads=("spawn_",), models=models, gils=("none",), workers=(1,),
                            passes=passes, noise=noise)  # fmt: skip
    found = []
    for parent in parents:
        for number, way in enumerate(ways):
            truth.seed = number + parent
            for row in rows_of(synthetic.document(truth)):
                time, weight = WAYS.get(way, (50_000.0, 9_000.0))
                time *= 1 + parent / 2**22 if way == "fork" else 1
                row |= {"workload": "spawn", "family": "spawn", "experiment": True}
                row["parameters"] = {"how": way, "parent_rss_bytes": parent}
                row["name"] = row["name"].replace("spawn_/", "spawn/")
                row["name"] += f"/how:{way}" if way != "thread" else ""
                row["name"] += f"/parent_rss:{parent >> 20}MiB" if parent else ""
                scale(row, time / row["median_ns"])
                for sample in row["samples"]:
                    sample["figures"] = {"pss_each_bytes": weight, "kernel_each_bytes": 16384.0}
                found.append(row)
    return found


def handoffs(
    models: tuple[str, ...] = ("threads", "processes", "coroutines"),
    gils: tuple[str, ...] = ("none", "cpython32"),
    passes: int = 8,
) -> list[dict[str, Any]]:
    """Rows of sync_mutex, which is fair or not, and of sync_event, which knows no fairness."""
    names = ("sync_mutex", "sync_event")
    truth = synthetic.Truth(workloads=names, models=models, gils=gils, workers=(4,), passes=passes)
    found = []
    for fair in (False, True):
        for row in rows_of(synthetic.document(truth)):
            locks = row["workload"] == "sync_mutex"
            if fair and not locks:
                continue
            row |= {"experiment": True, "parameters": {"fair": fair} if locks else {}}
            row["name"] += "/fair:on" if fair else ""
            for number, sample in enumerate(row["samples"]):
                mean = (1_200.0 if row["gil"] == "none" else 60_000.0) * (1 + number / 20)
                sample["figures"] = (
                    {"handoff_ns": mean, "handoff_max_ns": 900 * mean, "out_of_order": 0.1,
                     "longest_wait_ns": 2_000 * mean, "jain": 1.0 if fair else 0.8 + number / 50}
                    if locks
                    else {"wake_ns": mean / 2, "wake_max_ns": 300 * mean, "woken": 3.0}
                )  # fmt: skip
            found.append(row)
    return found


# Of each order: how many times as long an item takes as first in, first out, and is in the queue.
QUEUES = {
    "queue_fifo": (1.0, 1.0), "queue_lifo": (1.0, 3.0), "queue_priority": (1.5, 2.0),
    "queue_joinable": (1.2, 1.1),
}  # fmt: skip
ITEM = {"threads": 400.0, "processes": 800.0, "coroutines": 25.0}


def queues(
    models: tuple[str, ...] = tuple(ITEM),
    gils: tuple[str, ...] = ("none", "cpython32"),
    capacities: tuple[int, ...] = (64,),
    workers: tuple[int, ...] = (2,),
    passes: int = 8,
) -> list[dict[str, Any]]:
    """Rows of queues in every order, which are slower under a gil; names leave capacity=64 out."""
    truth = synthetic.Truth(workloads=tuple(QUEUES), models=models, gils=gils, workers=workers,
                            passes=passes)  # fmt: skip
    found = []
    for capacity in capacities:
        for row in rows_of(synthetic.document(truth)):
            item, waits = QUEUES[row["workload"]]
            time = ITEM[row["model"]] * item * (1.0 if row["gil"] == "none" else 10.0)
            row |= {"experiment": True, "parameters": {"capacity": capacity}}
            if row["workload"] != "queue_joinable":
                row["parameters"]["consumers"] = 0
            row["name"] += f"/capacity:{capacity}" if capacity != 64 else ""
            scale(row, time / row["median_ns"])
            for number, sample in enumerate(row["samples"]):
                mean = capacity * time * waits * (1 + number / 20)
                sample["figures"] = {"in_queue_ns": mean, "in_queue_max_ns": 9 * mean, "lost": 0}
            found.append(row)
    return found


def bursts(
    models: tuple[str, ...] = ("threads", "processes", "coroutines"),
    gils: tuple[str, ...] = ("none", "cpython32"),
    capacities: tuple[int, ...] = (1, 4, 16, 64),
    workers: tuple[int, ...] = (2,),
    sizes: tuple[int, ...] = (16,),
) -> list[dict[str, Any]]:
    """Rows of pipeline_bursty: who puts waits for all items that there is no room for."""
    name = "pipeline_bursty"
    truth = synthetic.Truth(workloads=(name,), models=models, gils=gils, workers=workers, passes=8)
    found = []
    for size, through, capacity in itertools.product(sizes, ("queue", "slot"), capacities):
        for row in rows_of(synthetic.document(truth)):
            room = capacity if through == "queue" else 1
            time = 2_000.0 + 20_000.0 * max(0, size - room)
            time += 0 if through == "queue" else 40_000.0
            row |= {"family": "pipeline", "experiment": True}
            row["parameters"] = {"through": through, "burst": size, "capacity": capacity,
                                 "work_ns": 20_000, "pause_ns": 0}  # fmt: skip
            row["name"] += f"/through:{through}/burst:{size}/capacity:{capacity}"
            for number, sample in enumerate(row["samples"]):
                mean = time * (1 + number / 50)
                sample["figures"] = {"blocked_ns": mean / size, "burst_ns": mean,
                                     "burst_max_ns": 3 * mean, "lost": 0.0}  # fmt: skip
            found.append(row)
    return found


# What handing a task over costs, in ns: as far apart as it is.
HAND_OVER = {
    "pool": {"threads": 1_200.0, "processes": 1_300.0, "coroutines": 110.0},
    "spawn_thread": {"threads": 22_000.0}, "spawn_process": {"processes": 240_000.0},
    "spawn_coroutine": {"coroutines": 60.0}, "semaphore": {"threads": 26_000.0},
}  # fmt: skip


def pools(
    ways: tuple[str, ...] = tuple(HAND_OVER),
    sizes: tuple[int, ...] = (0, 10_000, 100_000, 1_000_000),
    workers: int = 2,
    passes: int = 8,
    noise: float = 0.004,
) -> list[dict[str, Any]]:
    """Rows of pool_submit, each way under the model that it belongs to."""
    found = []
    for number, (way, size) in enumerate((way, size) for way in ways for size in sizes):
        costs = HAND_OVER[way]
        truth = synthetic.Truth(workloads=("pool_submit",), models=tuple(costs), gils=("none",),
                                workers=(workers,), passes=passes, noise=noise,
                                seed=number)  # fmt: skip
        for row in rows_of(synthetic.document(truth)):
            row |= {"experiment": True, "parameters": {"how": way, "task_ns": size, "ahead": 16}}
            row["name"] += f"/how:{way}" if way != "pool" else ""
            row["name"] += f"/task:{size}ns" if size else ""
            scale(row, (costs[row["model"]] + size) / row["median_ns"])
            for sample in row["samples"]:
                sample["figures"] = {"dispatch_ns": costs[row["model"]], "peak_running": 1.0}
            found.append(row)
    return found


# What an item through a queue takes.
QUEUED = {"threads": 410.0, "processes": 430.0, "coroutines": 52.0}


def fifo_queues(
    capacities: tuple[int, ...] = (64,),
    workers: tuple[int, ...] = (2,),
    models: tuple[str, ...] = tuple(QUEUED),
    passes: int = 8,
    noise: float = 0.004,
) -> list[dict[str, Any]]:
    """Rows of queue_fifo, the slower the less it holds."""
    truth = synthetic.Truth(workloads=("queue_fifo",), models=models, gils=("none",),
                            workers=workers, passes=passes, noise=noise)  # fmt: skip
    found = []
    for capacity in capacities:
        for row in rows_of(synthetic.document(truth)):
            row |= {"experiment": True, "parameters": {"capacity": capacity, "consumers": 0}}
            row["name"] += f"/capacity:{capacity}" if capacity != 64 else ""
            scale(row, QUEUED[row["model"]] * (64 / capacity) / row["median_ns"])
            found.append(row)
    return found


def matrix(
    places: int = 4, how: str = "spin", topology: str = "Package:2 Core:2 PU:2", passes: int = 3
) -> list[dict[str, Any]]:
    """Rows of switch_matrix: 20 ns within a core, 100 within a package, 300 between two."""
    truth = synthetic.Truth(workloads=("gil_race",), models=("threads",), gils=("none",),
                            workers=(places,), cores=places, passes=passes)  # fmt: skip
    cores = machine.from_synthetic(topology)
    where = {pu: (core.package, index) for index, core in enumerate(cores) for pu in core.pus}
    rows = rows_of(synthetic.document(truth))
    for row in rows:
        row["workload"], row["family"] = "switch_matrix", "switch"
        row["name"] = row["name"].replace("gil_race", "switch_matrix") + f"/how:{how}"
        row["parameters"] = {"how": how, "exchanges": 100}
        cpus = [seat["cpus"][0] for seat in row["placement"]]
        for sample in row["samples"]:
            values = [[distance(where.get(a), where.get(b)) if a != b else None for b in cpus]
                      for a in cpus]  # fmt: skip
            sample["matrix"] = {"name": "latency_ns", "unit": "ns", "values": values}
    return rows


def distance(one: Any, other: Any) -> float:
    if one == other:
        return 20.0
    return 100.0 if one is None or other is None or one[0] == other[0] else 300.0


# CPU time of a sleep and bytes of a task, as far apart as they are.
CROWDS = {
    "threads": (8_000.0, 14_000.0, 36_000.0),
    "processes": (13_000.0, 60_000.0, 200_000.0),
    "coroutines": (210.0, 280.0, 4.0),
}


def crowds(
    counts: tuple[int, ...] = (10, 1000, 100_000),
    models: tuple[str, ...] = tuple(CROWDS),
    most: int = 1000,
    passes: int = 8,
) -> dict[str, Any]:
    """A document of fanout_sleep: threads and processes end at `most`."""
    truth = synthetic.Truth(workloads=("fanout_sleep",), models=models, gils=("none",),
                            workers=counts, passes=passes)  # fmt: skip
    made = synthetic.document(truth)
    rows = []
    made["convoy"]["did_not_finish"] = []
    for row in made["convoy"]["rows"]:
        row |= {"family": "fanout", "experiment": True, "parameters": {"wait_ns": 10_000_000}}
        if row["workers"] > most and row["model"] != "coroutines":
            reason = f"{row['workers']} {row['model']} at the same time are more than this machine "
            reason += "lets start: kernel.pid_max is 32768; use fewer workers"
            kept = {key: row[key] for key in ("name", "workload", "model", "gil", "workers")}
            made["convoy"]["did_not_finish"].append(kept | {"reason": reason})
            continue
        cpu, own, kernel = CROWDS[row["model"]]
        for number, sample in enumerate(row["samples"]):
            sample["cpu_time_ns"] = cpu * (1 + number / 100) * (1 if row["workers"] > 10 else 20)
            sample["turnround_ns"] = 1e6 + 100 * cpu * row["workers"]
            sample["added_bytes_per_worker"] = own
            if row["workers"] >= 1000:
                sample["added_kernel_bytes_per_worker"] = kernel
        rows.append(row)
    made["convoy"]["rows"] = rows
    made["benchmarks"] = []
    return made
