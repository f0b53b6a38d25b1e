"""The answer for one kind of work: what to build, why, and what would change it. As JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple, Optional

from ..core.machine import machine
from ..results.names import FREE
from ..stats.paired import by_pass
from . import model
from .kept import Kept
from .mapping import TIE, Map, Ranked, Threshold
from .measuring import Point, Stop, points
from .model import Fitted
from .work import MOST_STARTED, Shape, Work

VERSION = 1
Json = dict[str, Any]
NOT_ASKED = (
    "Not looked at: fibers, other engines, pinned workers (`scripts/convoy run --filter '^mixed/'` "
    "measures them), and operations that share data or call each other (see `sync_`, `queue_` and "
    "`share_`).",
)


class Asked(NamedTuple):
    work: Work
    gil: str


def advise(
    asked: Asked, known: Map, free: Optional[Map], kept: Kept, measured: Optional[Kept]
) -> Json:
    """`free`: the map without a lock; `measured`: this very case, where it was."""
    work = asked.work
    ranked = known.ranked(work)
    shapes = [shape_of(each, work, known, measured) for each in ranked]
    if measured is not None:
        shapes.sort(key=lambda each: -best_rate(each))
        compare(shapes, work, measured)
    first = shape_named(known, shapes[0]) if shapes else None
    return {
        "advice_version": VERSION,
        "created": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": machine(),
        "work": work._asdict() | {"words": work.words},
        "gil": asked.gil,
        "outside": list(work.outside()),
        "shapes": shapes,
        "alike": [each["series"] for each in shapes[1:] if alike(shapes[0], each)],
        "ceilings": ceilings(work, known),
        "thresholds": [] if first is None else [
            threshold_of(found, upwards)
            for upwards in (True, False)
            if (found := known.threshold(work, first, upwards)) is not None
        ],
        "ahead_from": [] if first is None else [
            threshold_of(found, True) | {"series": each["series"]}
            for each in shapes[1:] if not alike(shapes[0], each)
            if (found := ahead_from(known, work, first, each)) is not None
        ],
        "free_threading": free_threading(work, known, free),
        "not_started": [
            {"series": shape.series, "most": MOST_STARTED[shape.model]}
            for shape in known.fits if work.concurrency > MOST_STARTED.get(shape.model, math.inf)
        ],
        "no_room": [
            {"series": stop.shape.series, "concurrency": stop.work.concurrency,
             "reason": stop.reason}
            for stop in known.stops if stop.forbids(stop.shape, work.concurrency)
        ],
        "map": {
            "created": kept.created, "points": len(kept.points), "spent_s": round(kept.spent_s),
            "error": known.error, "left_out": len(known.left_out()),
        },
        "not_asked": list(NOT_ASKED),
    }  # fmt: skip


def ahead_from(known: Map, work: Work, first: Shape, other: Json) -> Optional[Threshold]:
    shape = shape_named(known, other)
    return None if shape is None else known.ahead_from(work, first, shape)


def shape_named(known: Map, told: Mapping[str, Any]) -> Optional[Shape]:
    return next((shape for shape in known.fits if shape.series == told["series"]), None)


def shape_of(ranked: Ranked, work: Work, known: Map, measured: Optional[Kept]) -> Json:
    shape, prediction = ranked
    fit = known.fits[shape]
    ceiling = model.ceilings(work, shape, known.excludes, known.cpus)[0]
    memory = known.memory_bytes(shape, work.concurrency)
    return {
        "series": shape.series,
        "words": shape.words,
        "rate": prediction.rate,
        "interval": list(prediction.interval),
        "known": prediction.known,
        "ceiling": ceiling._asdict(),
        "memory_bytes": None if memory is None else round(memory),
        "p99": p99(fit, work),
        "measured": measurement(shape, work, measured),
    }


def p99(fit: Fitted, work: Work) -> Optional[Json]:
    """Of the nearest point that was measured, and where that is."""
    near = fit.nearest(work)
    if near is None or near.p99_ns is None:
        return None
    return {"p99_ns": near.p99_ns, "at": near.work.words}


def measurement(shape: Shape, work: Work, measured: Optional[Kept]) -> Optional[Json]:
    """This very case, as it was measured; None where it was not."""
    found = None if measured is None else measured.at(work).get(shape)
    if isinstance(found, Stop):
        return {"rate": 0.0, "reason": found.reason}
    return None if found is None else told(found)


def compare(shapes: Sequence[Json], work: Work, measured: Kept) -> None:
    """Beside each shape how many times as fast the first was, pass by pass."""
    found = {each.shape.series: each for each in points(measured.at(work).values())}
    first = found.get(shapes[0]["series"]) if shapes else None
    for each in shapes[1:]:
        other = found.get(each["series"])
        if first is None or other is None:
            continue
        pairs = by_pass(times(first), times(other))
        inside = pairs.interval()
        each["measured"]["slower"] = {
            "ratio": pairs.value, "interval": None if inside is None else list(inside)
        }  # fmt: skip


def times(point: Point) -> dict[int, float]:
    return {number: 1 / rate for number, rate in point.rates.items()}


def told(point: Point) -> Json:
    rates = sorted(point.rates.values())
    return {
        "rate": point.rate, "lowest": rates[0], "highest": rates[-1], "passes": len(rates),
        "p99_ns": point.p99_ns, "disturbed": point.disturbed,
    }  # fmt: skip


def alike(first: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether nobody should choose by speed between the two."""
    return best_rate(other) >= best_rate(first) * (1 - TIE)


def best_rate(each: Mapping[str, Any]) -> float:
    """What was measured, or else what is predicted."""
    return float(each["measured"]["rate"] if each["measured"] else each["rate"])


def ceilings(work: Work, known: Map) -> list[Json]:
    """Each limit once, the lowest first, with the shapes that it is the lowest for."""
    found: dict[str, Json] = {}
    for shape in known.fits:
        lowest = model.ceilings(work, shape, known.excludes, known.cpus)[0]
        kept = found.setdefault(
            f"{lowest.cause} {lowest.rate:.6g}",
            {"rate": lowest.rate, "cause": lowest.cause, "series": []},
        )
        kept["series"].append(shape.series)
    return sorted(found.values(), key=lambda each: float(each["rate"]))


def threshold_of(found: Threshold, upwards: bool) -> Json:
    return {
        "upwards": upwards, "concurrency": found.concurrency, "low": found.low,
        "high": found.high, "series": found.shape.series,
    }  # fmt: skip


def free_threading(work: Work, known: Map, free: Optional[Map]) -> Optional[Json]:
    """Threads with and without the lock, and the best there is without it."""
    threads = next((shape for shape in known.fits if shape == Shape("threads", known.gil)), None)
    if free is None or not known.excludes or threads is None:
        return None
    others = free.ranked(work)
    without = next((each for each in others if each.shape == Shape("threads", FREE)), None)
    if without is None:
        return None
    with_lock = known.fits[threads].predict([work])[0]
    error = math.hypot(with_lock.error, without.prediction.error)
    ratio = without.prediction.rate / with_lock.rate
    return {
        "threads": without.prediction.rate,
        "ratio": ratio,
        "interval": [ratio * math.exp(-model.Z * error), ratio * math.exp(model.Z * error)],
        "best": others[0].shape.series,
        "best_rate": others[0].prediction.rate,
    }


# -------------------------------------------------------------------------------------------------
# The map tried: works that it has not seen, each shape predicted and then measured.


class Trial(NamedTuple):
    work: Work
    gil: str
    advised: Shape
    predicted: float
    measured: float  # the advised shape's rate
    best: Shape
    best_rate: float
    disturbed: bool

    @property
    def behind(self) -> float:
        """How far the advised shape was behind the best, as a share."""
        return 1 - self.measured / self.best_rate

    @property
    def error(self) -> float:
        return abs(self.predicted / self.measured - 1)


def trial(work: Work, known: Map, measured: Kept) -> Optional[Trial]:
    """None where the advised shape was not measured. `known` has not seen the measurements."""
    ranked = known.ranked(work)
    found = {each.shape: each for each in points(measured.at(work).values())
             if each.shape in known.fits}  # fmt: skip
    if not ranked or ranked[0].shape not in found:
        return None
    best = max(found.values(), key=lambda each: each.rate)
    own = found[ranked[0].shape]
    return Trial(
        work, known.gil, ranked[0].shape, ranked[0].prediction.rate, own.rate, best.shape,
        best.rate, any(each.disturbed for each in found.values()),
    )  # fmt: skip


def trial_of(each: Trial) -> Json:
    return {
        **each.work._asdict(), "gil": each.gil, "advised": each.advised.series,
        "predicted": each.predicted, "measured": each.measured, "best": each.best.series,
        "best_rate": each.best_rate, "behind": each.behind, "error": each.error,
        "disturbed": each.disturbed,
    }  # fmt: skip
