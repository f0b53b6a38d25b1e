"""The model between the points of the map: what limits a shape, fitted to what was measured.

An operation passes two stations: something that computes, of which there are so many servers, and
its wait. Operational analysis bounds the rate of a closed system by each of them (Denning and
Buzen, The Operational Analysis of Queueing Network Models, 1978):

    rate <= servers / (k * cpu + overhead)
    rate <= concurrency / (k * cpu + overhead + wait + delay)

where overhead and delay are those of a wait, and none without,

and the model goes smoothly from one bound to the other. What it misses, a Gaussian process over the
map takes up (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 2.2),
whose errors at points that were left out (section 5.4.2) say how far to trust a prediction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Optional

from ..core.units import US, Interval
from .measuring import Point
from .work import MOST_COMPUTING_NS, Shape, Work

UNKNOWN = 0.2  # an error above it, and the map says "not known"
Z = 1.96  # 95 %
LEAST_POINTS = 6

# Of each parameter the logarithm that is likely before anything is measured, and how unsure it is.
# They are: k, which is 1 but for rounding and shared cores; overhead of a wait, which grows by
# e^growth with ten times the concurrency; delay of a wake-up; and how sharp the bend is.
LIKELY = {"k": (0.0, 0.15), "overhead": (math.log(4 * US), 1.5), "growth": (0.1, 0.3),
          "delay": (math.log(60 * US), 1.5), "sharpness": (math.log(6), 0.7)}  # fmt: skip
OVERHEAD_OF_COROUTINES = math.log(1 * US)
# Errors of logarithms: the model's of a rate and of a ratio, and those of a point.
ROUGH, ROUGH_RATIO, NOISE, DISTURBED = 0.08, 0.02, 0.04, 0.3
# And of a later run: 268 of 289 rates that were measured later lie in intervals of this width.
ANOTHER_RUN = 0.09
REACH = 1.2  # decades over which what the model misses stays alike
STEPS = 40


class Prediction(NamedTuple):
    """`error` is one standard error of the logarithm of the rate."""

    rate: float
    error: float

    @property
    def interval(self) -> Interval:
        return Interval(self.rate * math.exp(-Z * self.error), self.rate * math.exp(Z * self.error))

    @property
    def known(self) -> bool:
        return math.expm1(self.error) <= UNKNOWN


def servers(shape: Shape, excludes: bool, cpus: int) -> int:
    """How many of its workers can compute at the same time."""
    many = {
        "single": 1, "processes": cpus, "coroutines": shape.interpreters * shape.carriers,
        "threads": shape.interpreters if excludes else cpus,
    }[shape.model]  # fmt: skip
    return min(many, cpus)


class Ceiling(NamedTuple):
    """The rate that no program of this shape can exceed, and what sets it."""

    rate: float
    cause: str


def ceilings(work: Work, shape: Shape, excludes: bool, cpus: int) -> list[Ceiling]:
    """The lowest first."""
    many = servers(shape, excludes, cpus)
    locked = excludes and shape.model in ("threads", "coroutines") and shape.interpreters < cpus
    if locked:
        cause = "the lock" if many == 1 else f"the locks of {many} interpreters"
    elif shape.model == "single" or (shape.model == "coroutines" and many == 1):
        cause = "one CPU"
    else:
        cause = "the CPU" if many == 1 else f"{many} CPUs"
    seats = shape.seats(work.concurrency)
    found = [
        Ceiling(many / work.cpu_ns * 1e9, cause),
        Ceiling(seats / (work.cpu_ns + work.wait_ns) * 1e9, "the concurrency"),
    ]
    return sorted(found)


# -------------------------------------------------------------------------------------------------
# The two stations, for many kinds of work at once.


def columns(works: Sequence[Work], shape: Shape) -> Any:
    import numpy  # matplotlib brings it

    return numpy.array(
        [(work.cpu_ns, work.wait_ns, shape.seats(work.concurrency)) for work in works], dtype=float
    ).T


def stations(theta: Any, given: Any, many: int) -> tuple[Any, Any]:
    """Logarithms of both bounds, per nanosecond."""
    import numpy

    cpu, wait, seats = given
    k, overhead, growth, delay, _ = theta
    switching = numpy.exp(overhead + growth * numpy.log10(seats))
    busy = math.exp(k) * cpu + numpy.where(wait > 0, switching, 0.0)
    waits = numpy.where(wait > 0, wait + math.exp(delay), 0.0)
    computing = numpy.log(numpy.minimum(many, seats)) - numpy.log(busy)
    return computing, numpy.log(seats) - numpy.log(busy + waits)


def log_rate(theta: Any, given: Any, many: int) -> Any:
    """Of a crew that has a server for everybody the wait alone is a bound."""
    import numpy

    computing, waiting = stations(theta, given, many)
    sharp = math.exp(theta[4])
    lower, higher = numpy.minimum(computing, waiting), numpy.maximum(computing, waiting)
    both = lower - numpy.log1p(numpy.exp(-sharp * (higher - lower))) / sharp
    return numpy.where(given[2] <= many, waiting, both)


def fitted(given: Any, seen: Any, errors: Any, many: int, model: str) -> Any:
    """Levenberg and Marquardt's least squares, with what is likely beforehand as observations."""
    import numpy

    likely = numpy.array([value for value, _ in LIKELY.values()])
    unsure = numpy.array([spread for _, spread in LIKELY.values()])
    if model == "coroutines":
        likely[1] = OVERHEAD_OF_COROUTINES

    def misses(theta: Any) -> Any:
        return numpy.concatenate(
            [(log_rate(theta, given, many) - seen) / errors, (theta - likely) / unsure]
        )

    theta, damping = likely.copy(), 1e-2
    now = misses(theta)
    for _ in range(STEPS):
        slopes = numpy.stack(
            [(misses(theta + step) - now) / 1e-4 for step in numpy.eye(len(theta)) * 1e-4], axis=1
        )
        normal = slopes.T @ slopes
        step = numpy.linalg.solve(
            normal + damping * numpy.diag(numpy.diag(normal)), -slopes.T @ now
        )
        tried = misses(theta + step)
        if tried @ tried < now @ now:
            done = now @ now - tried @ tried < 1e-9 * (now @ now)
            theta, now, damping = theta + step, tried, damping / 4
            if done:
                break
        else:
            damping *= 8
    return theta


# -------------------------------------------------------------------------------------------------
# A shape, fitted.


@dataclass(frozen=True)
class Fitted:
    """The model of one shape; made by `fit`."""

    shape: Shape
    many: int
    points: tuple[Point, ...]
    theta: Any
    misses: Process

    def logs(self, works: Sequence[Work]) -> Any:
        """Of the rates in a nanosecond, by the two stations alone."""
        return log_rate(self.theta, columns(works, self.shape), self.many)

    def predict(self, works: Sequence[Work]) -> list[Prediction]:
        """`error` is that of a later measurement, which has noise of its own.

        No rate is beyond what the CPUs can compute, whatever the points near by say.
        """
        import numpy

        missed, errors = self.misses.at([place(work, self.shape) for work in works])
        errors = numpy.hypot(errors, self.misses.stretch * ANOTHER_RUN)
        return [
            Prediction(min(math.exp(log) * 1e9, self.many / work.cpu_ns * 1e9), float(error))
            for work, log, error in zip(works, self.logs(works) + missed, errors)
        ]

    @property
    def left_out(self) -> list[float]:
        """The error of each point's logarithm, predicted from all others."""
        return self.misses.left_out

    def nearest(self, work: Work) -> Optional[Point]:
        """The measured point that is like it: within a factor of 1.6 in everything."""
        here = place(work, self.shape)

        def far(point: Point) -> float:
            return max(abs(a - b) for a, b in zip(place(point.work, self.shape), here))

        found = min(self.points, key=far, default=None)
        return found if found is not None and far(found) <= 0.2 else None


def place(work: Work, shape: Shape) -> tuple[float, float, float]:
    """Where the process has its points: more of what computes all the time changes nothing."""
    most = max(1, int(MOST_COMPUTING_NS / work.cpu_ns))
    return work.at(min(shape.seats(work.concurrency), most)).place


@dataclass(frozen=True)
class Process:
    """A Gaussian process over the map, around 0; made by `process`."""

    places: Any
    weights: Any  # of each value
    inverse: Any  # of the covariance
    amplitude: float
    stretch: float  # by how much errors at left-out points exceed what was expected

    def at(self, places: Sequence[tuple[float, float, float]]) -> tuple[Any, Any]:
        """The mean at each place, and its standard error."""
        import numpy

        near = kernel(numpy.array(places), self.places, self.amplitude)
        known = ((near @ self.inverse) * near).sum(axis=1)
        errors = numpy.sqrt(numpy.maximum(self.amplitude**2 - known, 0))
        return near @ self.weights, self.stretch * errors

    @cached_property
    def left_out(self) -> list[float]:
        """The error of each value, predicted from all others."""
        import numpy

        return [float(miss) for miss in self.weights / numpy.diag(self.inverse)]


def process(
    places: Sequence[tuple[float, float, float]], values: Any, noise: Any, least: float
) -> Process:
    """Of values whose errors are `noise`; they vary by `least` or more."""
    import numpy

    amplitude = max(float(numpy.sqrt(numpy.mean(values**2))), least)
    known = numpy.array(places)
    inverse = numpy.linalg.inv(kernel(known, known, amplitude) + numpy.diag(noise**2))
    weights = inverse @ values
    standard = weights / numpy.sqrt(numpy.diag(inverse))
    # The middle of squared errors against that of a chi-squared: one point far off is no rule.
    stretch = math.sqrt(max(1.0, float(numpy.median(standard**2)) / 0.455))
    return Process(known, weights, inverse, amplitude, stretch)


def kernel(one: Any, other: Any, amplitude: float) -> Any:
    """How alike two places are: a squared exponential of their distance in decades."""
    import numpy

    squares = ((one[:, None, :] - other[None, :, :]) ** 2).sum(axis=2)
    return amplitude**2 * numpy.exp(-squares / (2 * REACH**2))


def fit(shape: Shape, points: Sequence[Point], excludes: bool, cpus: int) -> Optional[Fitted]:
    """None where too few points were measured."""
    import numpy

    if len(points) < LEAST_POINTS:
        return None
    works = [point.work for point in points]
    given, many = columns(works, shape), servers(shape, excludes, cpus)
    seen = numpy.log(numpy.array([point.rate for point in points]) / 1e9)
    noise = noise_of(points)
    theta = fitted(given, seen, numpy.hypot(noise, ROUGH), many, shape.model)
    missed = seen - log_rate(theta, given, many)
    places = [place(work, shape) for work in works]
    return Fitted(shape, many, tuple(points), theta, process(places, missed, noise, ROUGH))


def noise_of(points: Sequence[Point]) -> Any:
    import numpy

    return numpy.array([
        DISTURBED if point.disturbed else NOISE * math.sqrt(2 / (1 + len(point.rates)))
        for point in points
    ])  # fmt: skip


def gap(one: Fitted, other: Fitted, works: Sequence[Work]) -> tuple[Any, Any]:
    """The logarithm of how many times as fast the one is, and its standard error.

    Both were measured beside each other, so what disturbs the map disturbs their ratio less: it has
    a process of its own, of the points that they share.
    """
    import numpy

    by_work = {point.work: point for point in other.points}
    pairs = [(point, by_work[point.work]) for point in one.points if point.work in by_work]
    known = one.logs(works) - other.logs(works)
    if len(pairs) < LEAST_POINTS:
        told = zip(one.predict(works), other.predict(works))
        gaps = [(math.log(a.rate / b.rate), math.hypot(a.error, b.error)) for a, b in told]
        means, errors = numpy.array(gaps).T
        return means, errors
    shared = [point.work for point, _ in pairs]
    seen = numpy.log(numpy.array([a.rate / b.rate for a, b in pairs]))
    noise = numpy.hypot(*(noise_of([pair[side] for pair in pairs]) for side in (0, 1)))
    missed = seen - (one.logs(shared) - other.logs(shared))
    places = [place(work, one.shape) for work in shared]
    means, errors = process(places, missed, noise, ROUGH_RATIO).at(
        [place(work, one.shape) for work in works]
    )
    return known + means, errors
