"""The map under one lock: what each shape would reach anywhere, and where the winner changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Optional

from ..stats.samples import median
from . import model
from .measuring import Found, Stop, points
from .model import Fitted, Prediction
from .work import CONCURRENCY, Shape, Work

TIE = 0.05  # less is no difference worth a recommendation
NEGLIGIBLE = 0.03  # rates so near each other: the lighter one is advised
STEPS = 120  # concurrencies that are tried for a threshold


class Ranked(NamedTuple):
    shape: Shape
    prediction: Prediction


class Threshold(NamedTuple):
    """From this concurrency on another shape is faster by more than a tie.

    `low` and `high`: where it is, 95 %; None where the map is not sure enough to bound it.
    """

    concurrency: int
    low: Optional[int]
    high: Optional[int]
    shape: Shape


@dataclass(frozen=True)
class Map:
    """Shapes that were measured often enough, fitted. Made by `build`."""

    gil: str
    excludes: bool
    cpus: int
    fits: dict[Shape, Fitted]
    stops: tuple[Stop, ...]
    bytes_each: Mapping[str, float]  # of a worker, by model

    def able(self, concurrency: int) -> list[Fitted]:
        """The shapes that this machine has room for."""
        return [
            fit for shape, fit in self.fits.items()
            if shape.possible(concurrency)
            and not any(stop.forbids(shape, concurrency) for stop in self.stops)
        ]  # fmt: skip

    def ranked(self, work: Work) -> list[Ranked]:
        """All shapes, the one to advise first: the fastest, or a lighter one that is as fast."""
        found = [Ranked(fit.shape, fit.predict([work])[0]) for fit in self.able(work.concurrency)]
        found.sort(key=lambda each: -each.prediction.rate)
        alike = [
            each for each in found
            if each.prediction.rate >= found[0].prediction.rate * (1 - NEGLIGIBLE)
        ]  # fmt: skip
        if alike:
            first = min(alike, key=lambda each: self._weight(each.shape, work))
            found.remove(first)
            found.insert(0, first)
        return found

    def memory_bytes(self, shape: Shape, concurrency: int) -> Optional[float]:
        """What all workers take; None where it was not measured."""
        each = 0.0 if shape.model == "single" else self.bytes_each.get(shape.model)
        return None if each is None else each * concurrency

    def _weight(self, shape: Shape, work: Work) -> float:
        taken = self.memory_bytes(shape, work.concurrency)
        return math.inf if taken is None else taken

    def left_out(self) -> list[float]:
        """Relative errors at points, each predicted from all others."""
        return [abs(math.expm1(miss)) for fit in self.fits.values() for miss in fit.left_out]

    @property
    def error(self) -> Optional[float]:
        """The middle one."""
        missed = self.left_out()
        return median(missed) if missed else None

    def ahead_from(self, work: Work, advised: Shape, other: Shape) -> Optional[Threshold]:
        """From which concurrency on the advised shape leaves the other behind."""
        first = max(1, advised.interpreters, advised.carriers)
        both = {shape: self.fits[shape] for shape in (advised, other)}
        return threshold(both, work.at(first), other, upwards=True)

    def threshold(self, work: Work, advised: Shape, upwards: bool) -> Optional[Threshold]:
        """Where, going up or down from `work`, the advised shape falls behind."""
        return threshold(self.fits, work, advised, upwards)


def build(
    gil: str, excludes: bool, cpus: int, shapes: Sequence[Shape], found: Iterable[Found],
    bytes_each: Mapping[str, float],
) -> Map:  # fmt: skip
    known = list(found)
    fits = {}
    for shape in shapes:
        own = points([each for each in known if each.shape == shape])
        fitted = model.fit(shape, own, excludes, cpus)
        if fitted is not None:
            fits[shape] = fitted
    stops = tuple(each for each in known if isinstance(each, Stop) and each.shape in shapes)
    return Map(gil, excludes, cpus, fits, stops, bytes_each)


def threshold(
    fits: dict[Shape, Fitted], work: Work, advised: Shape, upwards: bool
) -> Optional[Threshold]:
    """Looks at concurrencies in equal steps of their logarithm."""
    end = CONCURRENCY[1] if upwards else CONCURRENCY[0]
    span = math.log(end / work.concurrency)
    counts = dict.fromkeys(
        round(work.concurrency * math.exp(span * step / STEPS)) for step in range(STEPS + 1)
    )
    works = [work.at(count) for count in counts]
    gaps = {
        shape: model.gap(fit, fits[advised], works)
        for shape, fit in fits.items() if shape != advised
    }  # fmt: skip
    for place in range(len(works)):
        able = [shape for shape in gaps if shape.possible(works[place].concurrency)]
        best = max(able, key=lambda shape: float(gaps[shape][0][place]), default=None)
        if best is not None and gaps[best][0][place] > math.log1p(TIE):
            return bounded(list(counts), *gaps[best], place, best)
    return None


def bounded(
    counts: Sequence[int], gaps: Sequence[float], errors: Sequence[float], place: int, shape: Shape
) -> Threshold:
    """The counts around `place` whose gap may be that of a tie: Fieller's way to an interval."""
    limit = math.log1p(TIE)

    def first(places: Iterable[int], sure: float) -> Optional[int]:
        for at in places:
            if (gaps[at] - limit) * sure > model.Z * errors[at]:
                return counts[at]
        return None

    before = first(range(place, -1, -1), -1)
    after = first(range(place, len(counts)), 1)
    return Threshold(counts[place], before, after, shape)
