"""What a claim is made of: measurements, and evidence that compares what they report."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Optional, Union

from . import textbook

# -------------------------------------------------------------------------------------------------
# What is measured.


@dataclass(frozen=True)
class Case:
    """One benchmark: a workload under a model and a lock. Parameters not named are at default."""

    workload: str
    model: str = "threads"
    gil: str = "none"
    workers: int = 2
    parameters: tuple[tuple[str, str], ...] = ()
    place: str = ""  # words of `--place`; empty: where the program puts it by default
    cpus: int = 1  # fewer on the machine, and the case says nothing about the claim

    def but(self, **changed: Any) -> Case:
        """The same with other settings; what is no setting of a case is a parameter."""
        own = {key: changed.pop(key) for key in list(changed) if key in Case.__annotations__}
        parameters = tuple(sorted((dict(self.parameters) | changed).items()))
        return replace(self, parameters=parameters, **own)

    @property
    def words(self) -> str:
        """In words, as a label: `race_counter, threads, 2 workers, how=lock`."""
        lock = "" if self.gil == "none" else f" under {self.gil}"
        count = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        said = [self.workload, f"{self.model}{lock}", count]
        return ", ".join([*said, *(f"{key}={value}" for key, value in self.parameters)])


def case(workload: str, **settings: Any) -> Case:
    """`case("spawn", model="single", workers=1, how="fork")`"""
    return Case(workload).but(**settings)


# -------------------------------------------------------------------------------------------------
# What is compared. `python` names the same measurement in the interpreters' probe.


@dataclass(frozen=True)
class Times:
    """`more` is at least `least` times as large as `less`: time of an operation, or a figure.

    `each`: instead both are divided by two others first, so that a trend is compared.
    `least` is 1.1, from where on a difference is worth a word, unless the sentence says "far" or
    names a number; 1 where it says that there is a difference and no more.
    """

    what: str  # the ratio in words: "fork over thread"
    more: Case
    less: Case
    least: float = 1.1
    figure: Optional[str] = None  # what the workload reports; None: the time of an operation
    each: Optional[tuple[Case, Case]] = None
    python: tuple[str, ...] = ()  # the probe's cases, in the order more, less, each

    @property
    def cases(self) -> tuple[Case, ...]:
        return (self.more, self.less, *(self.each or ()))

    @property
    def bound(self) -> float:
        return self.least


@dataclass(frozen=True)
class AtMost:
    """`more` is at most `most` times as large as `less`: what a claim calls equal."""

    what: str
    more: Case
    less: Case
    most: float = 1.1
    figure: Optional[str] = None
    python: tuple[str, ...] = ()

    @property
    def cases(self) -> tuple[Case, ...]:
        return (self.more, self.less)

    @property
    def bound(self) -> float:
        return self.most


@dataclass(frozen=True)
class Counted:
    """Evidence of one case: a figure that is looked at sample by sample."""

    what: str
    where: Case
    figure: str
    value: float = 0.0
    python: tuple[str, ...] = ()

    @property
    def cases(self) -> tuple[Case, ...]:
        return (self.where,)

    @property
    def bound(self) -> float:
        return self.value


class Never(Counted):
    """The figure is `value` in every sample: one sample refutes it."""


class Happens(Counted):
    """The figure is above `value` in some sample: one is a proof. None in all of them refutes it
    for this machine and this long, no more."""


Evidence = Union[Times, AtMost, Never, Happens]


@dataclass(frozen=True)
class Claim:
    """One sentence of the textbooks; it holds where all of its evidence holds."""

    sentence: str
    topic: str  # where it is taught, in a word or two
    evidence: tuple[Evidence, ...]
    figure: Optional[str] = None  # the figure of charts/figures that shows it
    remark: str = ""  # what a reader should know besides
    untestable: str = ""  # why nobody can test it with what there is, and what would change that
    name: str = ""  # that of its module

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(dict.fromkeys(each for one in self.evidence for each in one.cases))

    @property
    def in_python(self) -> Claim:
        """The same claim with what of its evidence an interpreter can give."""
        return replace(self, evidence=tuple(one for one in self.evidence if one.python))


def discover() -> dict[str, Claim]:
    """The claims by name; every module of the folder textbook holds one, called CLAIM."""
    found = {}
    for entry in pkgutil.iter_modules(textbook.__path__):
        module = importlib.import_module(f"{textbook.__name__}.{entry.name}")
        found[entry.name] = replace(module.CLAIM, name=entry.name)
    return dict(sorted(found.items()))


def measured(claims: Mapping[str, Claim]) -> list[Case]:
    """All cases that some claim needs, each once."""
    return list(dict.fromkeys(itertools.chain.from_iterable(c.cases for c in claims.values())))
