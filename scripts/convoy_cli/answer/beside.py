"""Sentences on other libraries and interpreters at the same job."""

from __future__ import annotations

from ..core.units import bounds, duration, three_digits
from ..results.jobs import CPU, Job, jobs
from ..results.rows import Result, Row
from ..stats.samples import median
from .certainty import disturbance


def beside(result: Result) -> list[str]:
    """A sentence a job: what an operation takes with Convoy, and how much longer elsewhere."""
    if disturbance(result).silent:
        return []
    said = []
    for job in jobs(result):
        reference = job.reference
        if reference is None:
            continue
        time = "CPU time" if job.time == CPU else "time"
        middle = duration(median(job.times_ns(reference)))
        others = [f"{row.model} {beside_words(job, row, reference)}" for row in job.runtimes]
        said.append(
            f"{job.name}: {middle} of {time} an operation with Convoy's {reference.series}. "
            f"Times as long: {', '.join(others)}."
        )
    return said


def beside_words(job: Job, row: Row, reference: Row) -> str:
    """`1.09 (1.06–1.10)`, with 95 % intervals of their own"""
    if row.disturbed or reference.disturbed:
        return "disturbed"
    pairs = job.times_as_long(row, reference)
    if not pairs.enough:
        return "too few samples to compare"
    return f"{three_digits(pairs.value)} ({bounds(pairs.interval())})"
