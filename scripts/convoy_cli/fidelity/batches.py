"""Runs of convoy-bench: several locks alternate in each, so that they share their conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Optional

from .. import names, results
from ..errors import UsageError
from ..rows import Result, Row
from .children import ChildFailed, run
from .claims import Failed, Skipped
from .linked import Linked

TWO_CORES = ("--place", "core", "--policy", "close", "--overload", "wrap")
ONE_CORE = ("--place", "core", "--policy", "primary")
UNBOUND = ("--policy", "none")
MS, SECOND = 10**6, 10**9
LEAST_INTERVALS = 20  # convoy-bench lets a round under a lock with an interval last that long
TIDYING_S = 60.0


@dataclass(frozen=True)
class Batch:
    """One workload under several locks: every combination of the values, in threads."""

    workload: str
    gils: tuple[str, ...]
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    workers: tuple[int, ...] = (1,)
    place: tuple[str, ...] = TWO_CORES
    peer: Optional[str] = None
    round_ms: int = 300
    limit_s: int = 30  # of a round
    operation_ms: int = 0  # where one takes long: even the shortest sample has nine of them

    def seconds(self, linked: Linked, passes: int) -> float:
        """About how long it takes; the first pass also finds out how much work fills a round."""
        total = 0.0
        for gil, seats in self.cases(linked):
            interval = linked.interval_ns(gil) if seats > 1 else 0.0
            round_ns = max(self.round_ms * MS, LEAST_INTERVALS * interval)
            # With spinners an operation takes an interval.
            waiting = "spinners" in linked.workloads[self.workload]
            slow = max(interval if waiting else 0, self.operation_ms * MS if seats > 1 else 0)
            total += 1.13 * round_ns + 8 * slow + 30 * MS
        return total * (passes + 0.4) / SECOND

    def cases(self, linked: Linked) -> Iterator[tuple[str, int]]:
        """The lock and the number of seats of each."""
        defaults = linked.workloads[self.workload]
        for values in product(*self.parameters.values()):
            chosen = dict(zip(self.parameters, values))
            spinners = int(chosen.get("spinners", defaults.get("spinners", "0")))
            for gil, workers in product(self.gils, self.workers):
                yield gil, workers + spinners

    def command(self, program: Path, passes: int, seed: int, file: Path) -> list[str]:
        words = [
            str(program), "run", "--quiet", "--no-overhead", "--filter", f"^{self.workload}/",
            "--model", "threads", "--gil", ",".join(self.gils),
            "--workers", ",".join(map(str, self.workers)), *self.place,
            "--passes", str(passes), "--seed", str(seed), "--min-round", f"{self.round_ms}ms",
            "--round-limit", f"{self.limit_s}s", "--json", str(file),
        ]  # fmt: skip
        if self.peer is not None:
            words += ["--peer", self.peer]
        for name, values in self.parameters.items():
            words += ["--param", f"{self.workload}.{name}={','.join(values)}"]
        return words

    def take(self, linked: Linked, passes: int, seed: int, folder: Path) -> Result:
        """Measures it. Raises ChildFailed where there is no result."""
        file = folder / "batch.json"
        limit_s = TIDYING_S + 3 * self.seconds(linked, passes)
        limit_s += self.limit_s * len(list(self.cases(linked)))
        try:
            words = self.command(linked.program, passes, seed, file)
            # 1: a row failed, and the file says why.
            run(words, limit_s, gently=True, allowed=(0, 1))
            return results.load(file)
        except UsageError as error:
            raise ChildFailed(f"its result cannot be read: {error}") from error
        finally:
            for left in folder.glob("batch*.json"):
                left.unlink()


class Seen:
    """All that was measured, by batch; asked by scenarios for rows."""

    def __init__(self, linked: Linked, passes: int) -> None:
        self.linked, self.passes = linked, passes
        self.kept: list[tuple[Batch, Optional[Result], str]] = []

    def keep(self, batch: Batch, result: Optional[Result], trouble: str = "") -> None:
        """A result; or a result that cannot be trusted, and why; or none, and why."""
        self.kept.append((batch, result, trouble))

    def row(self, batch: Batch, gil: str, workers: Optional[int] = None, **chosen: str) -> Row:
        """The row of a lock. Raises Skipped where it was not to be had, Failed where it should."""
        result = self.result(batch)
        count = batch.workers[0] if workers is None else workers
        defaults = self.linked.workloads[batch.workload]
        asked = single(batch) | chosen
        wanted = {key: value for key, value in asked.items() if value != defaults.get(key)}

        def meant(text: str) -> bool:
            name = names.parse(text)
            return (name.workload, name.get("gil"), name.workers, name.parameters) == (
                batch.workload, gil, count, wanted,
            )  # fmt: skip

        for failure in result.failed:
            if meant(failure.name):
                raise Failed(failure.reason)
        for row in result.rows:
            if meant(row.name):
                if len(row.samples) < self.passes:
                    raise Skipped(f"only {len(row.samples)} samples were taken")
                return row
        raise Failed(f"convoy-bench measured nothing for {gil} with {wanted or 'its defaults'}")

    def result(self, batch: Batch) -> Result:
        for kept, result, trouble in reversed(self.kept):  # the last time counts
            if kept == batch:
                if result is None:
                    raise Failed(trouble)
                if trouble:
                    raise Skipped(trouble)
                return result
        raise Skipped("it was not measured before the end")


def single(batch: Batch) -> dict[str, str]:
    """Parameters that have one value in all of its rows."""
    return {key: values[0] for key, values in batch.parameters.items() if len(values) == 1}


def unique(batches: list[Batch]) -> list[Batch]:
    found: list[Batch] = []
    for batch in batches:
        if batch.gils and batch not in found:
            found.append(batch)
    return found
