"""The file of a map: every point of it, and the machine that it was measured on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

from ..core import files
from ..core.errors import UsageError
from ..core.machine import fingerprinted
from ..results.load import read_json
from .measuring import Found, Point, Stop, points
from .work import Shape, Work

VERSION = 1
Json = dict[str, Any]


@dataclass
class Kept:
    """What is known of a machine; points of one work and shape are one."""

    machine: Json
    created: str
    spent_s: float = 0.0  # on measuring, in all
    found: list[Found] = field(default_factory=list)
    bytes_each: dict[str, float] = field(default_factory=dict)  # of a worker, by model

    def add(self, more: Iterable[Found], spent_s: float) -> None:
        """A point of what is there already gives it further passes, and later ones."""
        self.spent_s += spent_s
        places = {(each.work, each.shape): place for place, each in enumerate(self.found)}
        for each in more:
            place = places.get((each.work, each.shape))
            if place is None:
                self.found.append(each)
            else:
                self.found[place] = merged(self.found[place], each)

    @property
    def cpus(self) -> int:
        return int(self.machine["cpus"])

    @property
    def is_of_here(self) -> bool:
        return bool(self.machine.get("fingerprint") == fingerprinted()["fingerprint"])

    @property
    def where(self) -> str:
        return f"another machine ({self.machine.get('cpu')}, {self.cpus} CPUs)"

    @property
    def points(self) -> list[Point]:
        return points(self.found)

    def at(self, work: Work) -> dict[Shape, Found]:
        """What is known of this work, by shape."""
        return {each.shape: each for each in self.found if each.work == each.shape.share(work)}

    def of(self, shapes: Sequence[Shape]) -> list[Found]:
        return [each for each in self.found if each.shape in shapes]


def merged(before: Found, after: Found) -> Found:
    """Undisturbed passes alone, where one has some and the other has none."""
    if not isinstance(before, Point) or not isinstance(after, Point):
        return after
    if before.disturbed != after.disturbed:
        return after if before.disturbed else before
    rates = [*before.rates.values(), *after.rates.values()]
    return Point(
        after.work, after.shape, dict(enumerate(rates)), after.p99_ns, after.disturbed
    )


def fresh() -> Kept:
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Kept(fingerprinted(), now)


def default_path() -> Path:
    """A file for each machine, in the user's cache."""
    return files.cache_folder("crossover") / f"{fingerprinted()['fingerprint']}.json"


# -------------------------------------------------------------------------------------------------
# To and from JSON.


def document(kept: Kept) -> Json:
    return {
        "crossover_version": VERSION,
        "created": kept.created,
        "machine": kept.machine,
        "spent_s": round(kept.spent_s, 1),
        "bytes_each": kept.bytes_each,
        "points": [entry(each) for each in kept.found],
    }


def entry(found: Found) -> Json:
    told: Json = {**found.work._asdict(), **found.shape._asdict()}
    if isinstance(found, Stop):
        return told | {"reason": found.reason}
    return told | {
        "rates": list(found.rates.values()), "p99_ns": found.p99_ns,
        "disturbed": found.disturbed,
    }  # fmt: skip


def write(path: Path, kept: Kept, option: str) -> None:
    """All of it or nothing."""
    text = json.dumps(document(kept), indent=1, allow_nan=False)
    files.write(path, f"{text}\n".encode(), option)


def load(path: Path) -> Kept:
    """UsageError for what is no map, or another version's."""
    told = read_json(path)
    try:
        if told["crossover_version"] != VERSION:
            raise ValueError(f"its version is {told['crossover_version']}, not {VERSION}")
        found = [found_of(each) for each in told["points"]]
        each = {str(model): positive(value, 0) for model, value in told["bytes_each"].items()}
        spent_s = positive(told["spent_s"], 0)
        machine = {**told["machine"], "cpus": int(positive(told["machine"]["cpus"], 1))}
        return Kept(machine, str(told["created"]), spent_s, found, each)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{path} is no crossover map that can be read: {error or type(error).__name__}. Name "
            "one that `scripts/convoy advise --map FILE` wrote, or a file that is not there yet."
        ) from error


def found_of(told: Mapping[str, Any]) -> Found:
    work = Work(positive(told["cpu_ns"]), positive(told["wait_ns"], 0), int(told["concurrency"]))
    shape = Shape(
        str(told["model"]), str(told["gil"]), int(told["interpreters"]), int(told["carriers"])
    )
    if "reason" in told:
        return Stop(work, shape, str(told["reason"]))
    rates = dict(enumerate(positive(rate) for rate in told["rates"]))
    if not rates or work.concurrency < 1:
        raise ValueError("a point without a rate")
    return Point(
        work, shape, rates, optional(told["p99_ns"]), bool(told["disturbed"])
    )


def positive(value: Any, least: float = 1e-9) -> float:
    number = float(value)
    if not least <= number < 1e18:
        raise ValueError(f"{value!r} is no number that it can have")
    return number


def optional(value: Any) -> Optional[float]:
    return None if value is None else positive(value, 0)
