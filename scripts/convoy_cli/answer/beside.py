"""Sentences on other libraries and interpreters at the same job."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.units import bounds, duration, duration_between, some, three_digits
from ..results.jobs import CPU, Job, jobs
from ..results.rows import Result, Row
from ..stats.paired import Paired
from ..stats.samples import median, median_interval
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
    return ratio_words(pairs)


def ratio_words(pairs: Paired) -> str:
    """`1.09 (1.06–1.10)`"""
    inside = pairs.interval()
    return three_digits(pairs.value) + (f" ({bounds(inside)})" if inside else "")


# -------------------------------------------------------------------------------------------------
# The same as a table, for the documentation.

HEADER = ["library or interpreter", "an operation", "times as long", "remark"]


def machine(result: Result) -> str:
    """`AMD EPYC, 2 CPUs, Linux 6.18; medians of 8 passes with 95 % intervals.`"""
    said = [str(result.fact("cpu_model") or "an unnamed CPU")]
    said.append(some(result.document["context"]["num_cpus"], "CPU"))
    kernel = result.fact("kernel")
    said += [released(str(kernel))] if kernel else []
    passes = some(result.convoy["passes"], "pass")
    return f"On {', '.join(said)}; medians of {passes} with 95 % intervals."


def released(version: str) -> str:
    """Without what somebody's own build of a kernel adds: `Linux 6.18.44`."""
    return re.sub(r"(\d\.\d+)-\S+", r"\1", version)


def cells(job: Job) -> Iterator[list[str]]:
    """The quickest first."""
    for row in sorted(job.rows, key=lambda row: median(job.times_ns(row))):
        times, other = job.times_ns(row), job.reference
        ours = row in job.ours
        version = released(row.runtime_version or "")
        who = f"Convoy, {row.series}" if ours else f"{row.model} ({version})"
        ratio = "1" if row is other else ""
        if other is not None and row is not other:
            ratio = ratio_words(job.times_as_long(row, other))
        yield [
            f"**{who}**" if ours else who, duration_between(median(times), median_interval(times)),
            ratio, "disturbed" if row.disturbed else "",
        ]  # fmt: skip
