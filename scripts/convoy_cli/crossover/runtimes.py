"""The same case in other libraries and interpreters, beside Convoy's coroutines in one run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..results import jobs, selection
from ..results.jobs import Job
from ..results.names import FREE
from ..results.rows import Row
from . import measuring
from .measuring import PLACED, WORKLOAD
from .session import Bench
from .work import MOST_COMPUTING_NS, Work, setting

Json = dict[str, Any]


def ask(bench: Bench, work: Work, names: Sequence[str], passes: int) -> list[Json]:
    """What each of these runtimes does of the case on one CPU; or why it was not asked."""
    if not work.measurable:
        most = f"{MOST_COMPUTING_NS / 1e6:.0f} ms"
        return [{"label": ", ".join(names), "reason": (
            f"not asked: it takes up to {most} of computing in all of them together"
        )}]  # fmt: skip
    words = ["--runtime", ",".join(names), "--model", "coroutines", "--gil", FREE, *PLACED]
    words += ["--workers", str(work.concurrency), "--filter", f"^{WORKLOAD}/"]
    for parameter, value in (("cpu", work.cpu_ns), ("wait", work.wait_ns)):
        words += ["--param", f"{WORKLOAD}.{parameter}={setting(value)}"]
    words += ["--operations", str(measuring.operations(work, 1)), "--passes", str(passes)]
    words += ["--seed", str(bench.seed), *(["--quiet"] if bench.quiet else [])]
    result = selection.run(bench.program, words, bench.folder / "runtimes.json")
    failed = [{"label": each.name, "reason": f"it failed: {each.reason}"} for each in result.failed]
    found = jobs.jobs(result)
    return [told(job, row) for job in found for row in job.runtimes] + failed


def told(job: Job, row: Row) -> Json:
    times = job.times_ns(row)
    answer: Json = {
        "label": f"{row.model} ({row.runtime_version})", "rate": 1e9 / row.median_ns,
        "lowest": 1e9 / max(times), "highest": 1e9 / min(times), "ratio": None, "interval": None,
        "disturbed": row.disturbed,
    }  # fmt: skip
    other = job.reference
    if other is not None:
        pairs = job.times_as_long(other, row)  # how many times as quick the runtime is
        inside = pairs.interval()
        answer |= {"ratio": pairs.value, "interval": None if inside is None else list(inside)}
        answer["disturbed"] = row.disturbed or other.disturbed
    return answer
