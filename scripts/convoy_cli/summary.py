"""A result's answer in words; the terminal prints it, and a report can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional

from . import speedups, style
from .caveats import caveats
from .rows import Result, Row
from .speedups import SpeedUps
from .statistics import Ratio, geometric_mean
from .units import bounds, percent, some, three_digits

# Workloads whose work is mostly outside the interpreter, in regions that drop the gil.
NATIVE = ("cpu_sha256", "cpu_compress")
KINDS = {
    "cpu": "CPU-bound",
    "native": "CPU-bound in native regions",
    "mem": "Memory-bound",
    "io": "I/O-bound",
    "mixed": "Mixed",
}
TIE = 0.05  # less is no difference worth a recommendation
UNPROVEN = " (not proven: too few samples)"


class Summary(NamedTuple):
    """Paragraphs to be shown one after another; `caveats` are what a reader must know besides."""

    headline: str
    sections: list[tuple[str, list[str]]]
    recommendation: list[str]
    caveats: list[str]

    def lines(self) -> list[str]:
        out = [self.headline]
        for title, sentences in self.sections:
            out += ["", title, *(f"  {sentence}" for sentence in sentences)]
        for title, sentences in (("What to use", self.recommendation), ("Caveats", self.caveats)):
            if sentences:
                out += ["", title, *(f"  {sentence}" for sentence in sentences)]
        return out


class Standing(NamedTuple):
    row: Row
    ratio: Ratio


def summarise(result: Result) -> Summary:
    ups = SpeedUps(result)
    sections: list[tuple[str, list[str]]] = []
    advice: list[str] = []
    for kind, title in KINDS.items():
        workloads = [w for w in ups.workloads() if kind_of(ups.main_rows(w)[0]) == kind]
        said = [sentence for workload in workloads if (sentence := about(ups, workload))]
        if said:
            sections.append((title, said))
            advice += recommend(ups, title, workloads)
    cost = gil_cost(ups)
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
    suite = result.convoy["suite"]
    took = f"the {suite} suite" if suite else "a selection"
    passes = some(result.convoy["passes"], "pass")
    samples = sum(len(row.samples) for row in result.rows)
    return (
        f"On {cpu}, {some(count, 'CPU')}: {some(len(result.rows), 'benchmark')} of {took}, "
        f"{some(samples, 'sample')} in {passes}."
    )


def standings(ups: SpeedUps, rows: Iterable[Row]) -> list[Standing]:
    found = [(row, ups.of(row)) for row in rows]
    return [Standing(row, ratio) for row, ratio in found if ratio is not None]


def at_most_workers(ups: SpeedUps, workload: str, gil: str) -> list[Standing]:
    """Every model at the number of workers that says most, the fastest first.

    For CPU and memory: as many workers as CPUs, or the nearest below. Else the largest number
    that the model was run with: a model that can have more workers gains from it.
    """
    chosen: dict[str, Row] = {}
    for row in ups.main_rows(workload):
        limit = ups.result.document["context"]["num_cpus"] if row.family in ("cpu", "mem") else None
        if row.gil != gil or row.model == "single":
            continue
        best = chosen.get(row.model)
        if best is None or rank(row, limit) > rank(best, limit):
            chosen[row.model] = row
    found = standings(ups, chosen.values())
    return sorted(found, key=lambda s: (-s.ratio.value, style.order(s.row.model)))


def rank(row: Row, limit: Optional[int]) -> tuple[int, float]:
    """Larger is preferred: the most workers up to the limit, then the fewest above; then speed."""
    count = row.workers if limit is None or row.workers <= limit else -row.workers
    return (count, -row.median_ns)


def about(ups: SpeedUps, workload: str) -> str:
    """`cpu_pi: 2 processes are 1.97 × single (95 % 1.95–1.99); 2 threads 1.95 ×`"""
    free = at_most_workers(ups, workload, "none")
    parts = []
    for number, standing in enumerate(free):
        interval = standing.ratio.interval
        exactly = f" (95 % {bounds(interval)})" if number == 0 and interval else ""
        verb = ("is " if standing.row.workers == 1 else "are ") if number == 0 else ""
        of_single = " single" if number == 0 else ""
        factor = three_digits(standing.ratio.value)
        parts.append(f"{crew(standing.row)} {verb}{factor} ×{of_single}{exactly}")
    for gil in speedups.gils(ups.main_rows(workload)):
        threads = [s for s in at_most_workers(ups, workload, gil) if s.row.model == "threads"]
        if gil != "none" and threads:
            factor = three_digits(threads[0].ratio.value)
            parts.append(f"under {gil} {crew(threads[0].row)} {factor} ×")
    return f"{workload}: " + "; ".join(parts) + "." if parts else ""


def crew(row: Row) -> str:
    """2 threads, 1 process, 100 coroutines on 2 carriers."""
    singular = {"processes": "process"}.get(row.model, row.model.removesuffix("s"))
    name = singular if row.workers == 1 else row.model
    carriers = f" on {row.carriers} carriers" if (row.carriers or 1) > 1 else ""
    return f"{row.workers} {name}{carriers}"


def recommend(ups: SpeedUps, title: str, workloads: Sequence[str]) -> list[str]:
    """Which model a kind of work wants, with and without a gil, by the mean over its workloads."""
    said = []
    every = speedups.gils(row for workload in workloads for row in ups.main_rows(workload))
    held = [gil for gil in every if gil != "none"]
    for gil in [gil for gil in ("none", *held[:1]) if gil in every]:
        factors: dict[str, list[float]] = {"single": [1.0] * len(workloads)}
        proven = True
        for workload in workloads:
            best: dict[str, float] = {}
            for standing in at_most_workers(ups, workload, gil):
                best.setdefault(standing.row.model, standing.ratio.value)
                proven = proven and standing.ratio.interval is not None
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


def gil_cost(ups: SpeedUps) -> list[str]:
    """For each policy, what threads lose by it."""
    losses: dict[str, dict[str, float]] = {}
    for workload in ups.workloads():
        free = {s.row.model: s for s in at_most_workers(ups, workload, "none")}
        for gil in speedups.gils(ups.main_rows(workload)):
            for standing in at_most_workers(ups, workload, gil):
                other = free.get("threads")
                same = other is not None and other.row.workers == standing.row.workers
                if gil != "none" and standing.row.model == "threads" and other and same:
                    change = standing.ratio.value / other.ratio.value
                    losses.setdefault(gil, {})[workload] = 1 - change
    return [
        f"{gil}: " + ", ".join(f"{loss_words(loss)} on {name}" for name, loss in by.items()) + "."
        for gil, by in losses.items()
    ]


def loss_words(loss: float) -> str:
    if abs(loss) < 0.01:
        return "nothing"
    if loss < -1:
        return f"{three_digits(1 - loss)} times as fast"
    return percent(loss) if loss > 0 else f"{percent(-loss)} gained"
