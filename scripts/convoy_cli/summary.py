"""A result's answer in words; the terminal prints it, and a report can."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from . import speedups, style
from .caveats import caveats
from .losses import gil_cost
from .rows import Result, Row
from .speedups import SpeedUps
from .standings import Standing, at_most_workers
from .statistics import geometric_mean
from .units import bounds, percent, some, three_digits

# Workloads whose work is mostly outside the interpreter, in regions that drop the gil.
NATIVE = ("cpu_sha256", "cpu_compress")
KINDS = {
    "cpu": "CPU-bound",
    "native": "CPU-bound, native",
    "mem": "Memory-bound",
    "io": "I/O-bound",
    "mixed": "Mixed",
}
# The workload that speaks for its kind in a section's title; the first one where it is missing.
SPEAKERS = {"cpu": "cpu_pi", "native": "cpu_sha256", "io": "io_sleep", "mixed": "mixed"}
COLUMNS = 100
FACTORS = "× is operations per second over those of one worker of single without a gil."
TIE = 0.05  # less is no difference worth a recommendation
UNPROVEN = " (not proven: too few samples)"


class Summary(NamedTuple):
    """Paragraphs to be shown one after another; `caveats` are what a reader must know besides."""

    headline: str
    sections: list[tuple[str, list[str]]]
    recommendation: list[str]
    caveats: list[str]

    def lines(self) -> list[str]:
        out = wrapped(self.headline) + ([FACTORS] if self.recommendation else [])
        ends = [("What to use", self.recommendation), ("Caveats", self.caveats)]
        for title, sentences in [*self.sections, *ends]:
            if sentences:
                out += ["", *wrapped(title)]
                for sentence in sentences:
                    out += wrapped(sentence, "  ")
        return out


def wrapped(sentence: str, indent: str = "") -> list[str]:
    """Lines of at most COLUMNS; a number stays with its unit."""
    kept = re.sub(r" (?=[×%])", "\0", sentence)
    kept = re.sub(r" (?=[\d.]+\0×)", "\0", kept)
    kept = re.sub(r"(?<!\S)(\d+) (?=[a-z])", "\\1\0", kept)
    following = indent + "  " if indent else ""
    lines = textwrap.wrap(
        kept, COLUMNS, initial_indent=indent, subsequent_indent=following,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace("\0", " ") for line in lines]


def summarise(result: Result) -> Summary:
    ups = SpeedUps(result)
    sections: list[tuple[str, list[str]]] = []
    advice: list[str] = []
    cost: list[str] = []
    for kind, title in KINDS.items():
        workloads = [w for w in ups.workloads() if kind_of(ups.main_rows(w)[0]) == kind]
        said = [sentence for workload in workloads if (sentence := about(ups, workload))]
        if said:
            sections.append((family_line(ups, kind, title, workloads), said))
            cost += gil_cost(ups, title, workloads)
            advice += recommend(ups, title, workloads)
    if cost:
        sections.append(("What a gil costs threads", cost))
    if not sections:
        what = "There is no workload under `single` with one worker and under another model"
        sections.append(("Nothing to compare", [f"{what}; `scripts/convoy run` has them."]))
    return Summary(headline(result), sections, advice, caveats(result))


def kind_of(row: Row) -> str:
    return "native" if row.workload in NATIVE else row.family


def headline(result: Result) -> str:
    cpu = result.fact("cpu_model") or "an unnamed CPU"
    count = result.document["context"]["num_cpus"]
    rows = some(len(result.rows), "benchmark")
    suite = result.convoy["suite"]
    measured = f"{rows} of the {suite} suite" if suite else f"a selection of {rows}"
    passes = some(result.convoy["passes"], "pass")
    samples = some(sum(len(row.samples) for row in result.rows), "sample")
    return f"On {cpu}, {some(count, 'CPU')}: {measured}, {samples} in {passes}."


def family_line(ups: SpeedUps, kind: str, title: str, workloads: Sequence[str]) -> str:
    """`CPU-bound: 2 processes are 1.97 × single; under cpython32 2 threads are 0.98 × (cpu_pi).`"""
    speaker = SPEAKERS.get(kind, "")
    workload = speaker if speaker in workloads else workloads[0]
    parts = [f"{are(s)} single" for s in at_most_workers(ups, workload, "none")[:1]]
    parts += [f"under {s.row.gil} {are(s)}" for s in held_threads(ups, workload)[:1]]
    return f"{title}: {'; '.join(parts)} ({workload})." if parts else title


def are(standing: Standing) -> str:
    """`2 processes are 1.97 ×`"""
    verb = "is" if standing.row.workers == 1 else "are"
    return f"{crew(standing.row)} {verb} {three_digits(standing.ratio.value)} ×"


def held_threads(ups: SpeedUps, workload: str) -> list[Standing]:
    """Threads under each gil."""
    gils = [gil for gil in speedups.gils(ups.main_rows(workload)) if gil != "none"]
    each = [standing for gil in gils for standing in at_most_workers(ups, workload, gil)]
    return [standing for standing in each if standing.row.model == "threads"]


def about(ups: SpeedUps, workload: str) -> str:
    """`cpu_pi, 2 workers: threads 1.97 × (95 % 1.95–1.99; under cpython32 0.98 ×).`"""
    free, held = at_most_workers(ups, workload, "none"), held_threads(ups, workload)
    counts = {standing.row.workers for standing in free + held}
    parts = []
    for standing in free:
        row, interval = standing.row, standing.ratio.interval
        notes = [f"95 % {bounds(interval)}"] if interval and standing is free[0] else []
        for other in [s for s in held if (s.row.model, s.row.workers) == (row.model, row.workers)]:
            notes.append(f"under {other.row.gil} {three_digits(other.ratio.value)} ×")
            held.remove(other)
        noted = f" ({'; '.join(notes)})" if notes else ""
        name = f"{row.model}{carriers(row)}" if len(counts) == 1 else crew(row)
        parts.append(f"{name} {three_digits(standing.ratio.value)} ×{noted}")
    for row, ratio in held:
        parts.append(f"under {row.gil} {crew(row)} {three_digits(ratio.value)} ×")
    everywhere = f", {some(counts.pop(), 'worker')}" if len(counts) == 1 else ""
    return f"{workload}{everywhere}: {'; '.join(parts)}." if parts else ""


def crew(row: Row) -> str:
    """2 threads, 1 process, 100 coroutines on 2 carriers."""
    singular = {"processes": "process"}.get(row.model, row.model.removesuffix("s"))
    name = singular if row.workers == 1 else row.model
    return f"{row.workers} {name}{carriers(row)}"


def carriers(row: Row) -> str:
    return f" on {row.carriers} carriers" if (row.carriers or 1) > 1 else ""


def recommend(ups: SpeedUps, title: str, workloads: Sequence[str]) -> list[str]:
    """Which model a kind of work wants, with and without a gil, by the mean over its workloads."""
    said = []
    # Where no row has an interval, the caveats say so once.
    some_proven = any(row.interval_ns for row in ups.result.rows)
    every = speedups.gils(row for workload in workloads for row in ups.main_rows(workload))
    held = [gil for gil in every if gil != "none"]
    for gil in [gil for gil in ("none", *held[:1]) if gil in every]:
        factors: dict[str, list[float]] = {"single": [1.0] * len(workloads)}
        proven = True
        for workload in workloads:
            best: dict[str, float] = {}
            for standing in at_most_workers(ups, workload, gil):
                best.setdefault(standing.row.model, standing.ratio.value)
                proven = proven and (standing.ratio.interval is not None or not some_proven)
            for model, factor in best.items():
                factors.setdefault(model, []).append(factor)
        means = {
            model: geometric_mean(values)
            for model, values in factors.items()
            if len(values) == len(workloads)
        }
        ranked = sorted(means, key=lambda model: (-means[model], style.order(model)))
        if len(ranked) < 2:
            continue
        top = means[ranked[0]]
        equal = [model for model in ranked if means[model] >= top * (1 - TIE)]
        where = "" if gil == "none" else f" under {gil}"
        gain = f"{three_digits(top)} × single" + ("" if proven else UNPROVEN)
        if "single" in equal:
            said.append(f"{title}{where}: stay single; no model gains {percent(TIE)}.")
        else:
            said.append(f"{title}{where}: {' or '.join(sorted(equal, key=style.order))}, {gain}.")
    return said
