"""Finds what claims need in results that are there, and measures what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from ..core import bench
from ..results import names, selection
from ..results.rows import Result, Row, cpu_set
from ..stats.paired import LEAST
from .claim import Case, Claim, measured
from .judge import LOOKS, Judged, Missing, NotMeasured, Verdict, judge

FIXED = ("model", "gil", "workers")
OTHERS = ("carriers", "interpreters", "engine", "stack")  # axes that no claim is about
PLACE = "core"  # by default


Key = tuple[str, Optional[str], Optional[str], int, str, tuple[tuple[str, str], ...]]


def key_of(name: str) -> Optional[Key]:
    """What tells cases apart in a benchmark's name; None for one that no case can be.

    Which policy placed it is the program's choice.
    """
    parsed = names.parse(name)
    if any(parsed.get(key) for key in (*names.NARROWING, *OTHERS)):
        return None
    place = (parsed.get("place") or "").partition(".")[0]
    parameters = tuple(sorted(parsed.parameters.items()))
    model, gil = parsed.get("model"), parsed.get("gil")
    return parsed.workload, model, gil, parsed.workers, place, parameters


def key(where: Case) -> Key:
    """The same of a case."""
    place = where.place or PLACE
    return where.workload, where.model, where.gil, where.workers, place, where.parameters


def is_case(name: str, where: Case) -> bool:
    return key_of(name) == key(where)


MEAN_HOLD = "gil_mean_hold_ns"
RUN = 1000  # passes: what tells those of one run from those of the next


class Measured:
    """The results of a file, or of runs one after the other, whose samples are put together."""

    def __init__(self, *results: Result) -> None:
        self.cpus = min(map(cpus_of, results))
        self._rows: dict[Optional[Key], list[Row]] = {}
        self._reasons: dict[Optional[Key], str] = {}
        for result in results:
            self._add(result)

    def _add(self, result: Result) -> None:
        """Each name is read once; of several rows of a case in a result the first counts."""
        for key_, row in {key_of(row.name): row for row in reversed(result.rows)}.items():
            self._rows.setdefault(key_, []).append(row)
        self._reasons |= {key_of(each.name): each.reason for each in reversed(result.unfinished)}
        self._reasons |= {
            key_of(each.name): f"{each.name} failed: {each.reason}"
            for each in reversed(result.failed)
        }

    def rows(self, where: Case) -> list[Row]:
        if where.cpus > self.cpus:
            raise Missing(
                f"{where.workload} needs {where.cpus} CPUs, and there "
                f"{'is' if self.cpus == 1 else 'are'} {self.cpus}: measure on a larger machine"
            )
        wanted = key(where)
        if wanted in self._rows:
            return self._rows[wanted]
        if wanted in self._reasons:
            raise Missing(self._reasons[wanted])
        raise NotMeasured(f"not measured: {where.words}")

    def numbers(self, where: Case, figure: Optional[str]) -> Mapping[int, float]:
        rows = self.rows(where)
        found = {}
        for number, sample in self._samples(rows):
            told = figure_of(sample, figure) if figure else sample["real_time_ns"]
            if told is not None:
                found[number] = float(told)
        if not found:
            raise Missing(f"{rows[0].name} does not report {figure}")
        return found

    def _samples(self, rows: Sequence[Row]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Those that count, by pass. Of several runs the undisturbed ones, if they are enough."""
        everything = [
            (RUN * run + int(sample["pass"]), sample)
            for run, row in enumerate(rows)
            for sample in (row.counted if len(rows) == 1 else row.samples)
        ]
        good = [(number, sample) for number, sample in everything if not sample.get("disturbed")]
        yield from good if len(rows) > 1 and len(good) >= LEAST else everything

    def disturbed(self, where: Case) -> bool:
        rows = self.rows(where)
        if len(rows) == 1:
            return rows[0].disturbed
        return sum(not s.get("disturbed") for row in rows for s in row.samples) < LEAST

    def has(self, claim: Claim) -> bool:
        """Whether all that the claim needs was measured, or tried."""
        try:
            for where in claim.cases:
                self.rows(where)
        except NotMeasured:
            return False
        except Missing:
            return True
        return True


def figure_of(sample: Mapping[str, Any], figure: str) -> Optional[float]:
    """What the workload reports, what the sample has, or what is computed of it."""
    if figure == MEAN_HOLD:
        gil = sample.get("gil") or {}
        return gil["hold_ns"] / gil["acquisitions"] if gil.get("acquisitions") else None
    found: Optional[float] = sample.get("figures", {}).get(figure, sample.get(figure))
    return found


class Either:
    """What was measured now for some claims, and a file for the others: never both for one."""

    def __init__(self, now: Iterable[Claim], taken: Measured, file: Optional[Measured]) -> None:
        self._now = {case for claim in now for case in claim.cases}
        self._taken, self._file = taken, file

    def numbers(self, where: Case, figure: Optional[str]) -> Mapping[int, float]:
        return self._source(where).numbers(where, figure)

    def disturbed(self, where: Case) -> bool:
        return self._source(where).disturbed(where)

    def _source(self, where: Case) -> Measured:
        return self._taken if where in self._now or self._file is None else self._file


@dataclass(frozen=True)
class Effort:
    """How long and in which order it is measured."""

    passes: int
    seed: Optional[int]
    quiet: bool


def decide(
    program: Path, claims: Mapping[str, Claim], missing: Mapping[str, Claim],
    file: Optional[Measured], effort: Effort, folder: Path,
) -> list[Judged]:  # fmt: skip
    """Measures what is missing, and what is not decided then once or twice again."""
    results: list[Result] = []
    wanted = measured(missing)
    for look in range(LOOKS):
        again = replace(effort, seed=None if effort.seed is None else effort.seed + look)
        results.append(measure(program, wanted, again, folder))
        taken = Either(missing.values(), Measured(*results), file)
        found = judge(list(claims.values()), taken, lambda evidence: evidence.cases, LOOKS)
        wanted = undecided(found, missing)
        if not wanted:
            break
    return found


def undecided(found: Sequence[Judged], missing: Mapping[str, Claim]) -> list[Case]:
    """The cases of all evidence that more samples may decide."""
    cases = [
        case for judged in found if judged.claim.name in missing
        for finding in judged.findings if finding.verdict is Verdict.INCONCLUSIVE
        for case in finding.evidence.cases
    ]  # fmt: skip
    return list(dict.fromkeys(cases))


def measure(program: Path, cases: Sequence[Case], effort: Effort, folder: Path) -> Result:
    """One run of all cases, pass by pass beside each other."""
    words = [*selected(program, cases), "--passes", str(effort.passes)]
    words += ["--seed", str(effort.seed)] if effort.seed is not None else []
    words += ["--quiet"] if effort.quiet else []
    return selection.run(program, words, folder / "claims.json")


def selected(program: Path, cases: Sequence[Case]) -> list[str]:
    """The words that select these cases of all that the program can run, and nothing else."""
    defaults = bench.ask(program).workloads
    axes = ["--place", ",".join(dict.fromkeys(each.place or PLACE for each in cases))]
    for axis in FIXED:
        axes += [f"--{axis}", ",".join(dict.fromkeys(str(getattr(c, axis)) for c in cases))]
    for workload, name, values in parameters(cases, defaults):
        axes += ["--param", f"{workload}.{name}={','.join(values)}"]
    wanted = {key(each) for each in cases}
    workloads = list(dict.fromkeys(each.workload for each in cases))
    return selection.narrowed(program, axes, workloads, lambda name: key_of(name) in wanted)


def parameters(
    cases: Sequence[Case], defaults: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str, list[str]]]:
    """Each workload's parameters with all values that some case wants; the default comes first."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for each in cases:
        for name, value in each.parameters:
            values = wanted.setdefault((each.workload, name), [])
            values += [value] if value not in values else []
    for (workload, name), values in wanted.items():
        absent = any(name not in dict(c.parameters) for c in cases if c.workload == workload)
        default = [] if not absent else [defaults[workload][name]]
        yield workload, name, [*default, *(value for value in values if value not in default)]


def cpus_of(result: Result) -> int:
    """How many CPUs the run could use."""
    allowed = cpu_set(str(result.fact("allowed_cpus") or ""))
    return len(set(allowed)) or int(result.document["context"]["num_cpus"])
