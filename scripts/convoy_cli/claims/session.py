"""Finds what claims need in results that are there, and measures what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..core import bench
from ..results import names, selection
from ..results.rows import Result, Row, cpu_set
from .claim import Case, Claim
from .judge import Missing, NotMeasured

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


class Measured:
    """The results of one run or of a file; the numbers of a case are those of its row."""

    def __init__(self, result: Result) -> None:
        self.cpus = cpus_of(result)
        # By key, each name being read once; of several rows of a case the first counts.
        self._rows = {key_of(row.name): row for row in reversed(result.rows)}
        self._reasons = {key_of(each.name): each.reason for each in reversed(result.unfinished)}
        self._reasons |= {
            key_of(each.name): f"{each.name} failed: {each.reason}"
            for each in reversed(result.failed)
        }

    def row(self, where: Case) -> Row:
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
        row = self.row(where)
        if figure is None:
            return row.by_pass
        found = {}
        for sample in row.counted:
            value = sample.get("figures", {}).get(figure, sample.get(figure))
            if value is not None:
                found[int(sample["pass"])] = float(value)
        if not found:
            raise Missing(f"{row.name} does not report {figure}")
        return found

    def disturbed(self, where: Case) -> bool:
        return self.row(where).disturbed

    def has(self, claim: Claim) -> bool:
        """Whether all that the claim needs was measured, or tried."""
        try:
            for where in claim.cases:
                self.row(where)
        except NotMeasured:
            return False
        except Missing:
            return True
        return True


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
