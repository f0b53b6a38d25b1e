"""Real interpreters: asked what they are, and made to run the cases of the probe."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ..core.errors import UsageError
from ..core.interpreters import kind_of, named, read_line
from ..core.machine import disturbed, ticks
from ..core.processes import ProcessFailed, output
from .claim import Claim
from .judge import LOOKS, Judged, Missing, Verdict, judge

PROBE = Path(__file__).resolve().parent / "probes" / "claims.py"
ASKING_S, LIMIT_S = 20.0, 120.0


class Interpreter:
    """One that answered; the numbers of a case are those that its calls printed, by pass."""

    def __init__(self, path: Path, about: Mapping[str, Any]) -> None:
        self.path, self.about = path, about
        self.kept: dict[str, dict[int, float]] = {}
        self.failed: dict[str, str] = {}
        self.busy: dict[str, int] = {}  # calls of a case that others disturbed

    @property
    def label(self) -> str:
        free = "" if self.about["gil"] else " without GIL"
        return f"{self.about['implementation']} {self.about['version']}{free}"

    def call(self, case: str, at_pass: int, limit_s: float) -> None:
        """Runs a case once; one that fails is not tried again."""
        if case in self.failed:
            return
        before = ticks()
        try:
            printed = read_line(output([str(self.path), str(PROBE), case], limit_s))
            value = float(printed["value"])
            after = ticks()
            if disturbed(before, after):
                self.busy[case] = self.busy.get(case, 0) + 1
            self.kept.setdefault(case, {})[at_pass] = value
        except (ProcessFailed, KeyError, TypeError, ValueError) as failure:
            self.failed[case] = f"{case}: {failure}"

    def numbers(self, where: str, figure: Optional[str]) -> Mapping[int, float]:
        if where in self.failed:
            raise Missing(f"it failed in {self.label}: {self.failed[where]}")
        if where not in self.kept:
            raise Missing("it was not measured before the end")
        return self.kept[where]

    def disturbed(self, where: str) -> bool:
        """Whether others used the CPUs in more than a third of its calls."""
        return self.busy.get(where, 0) > len(self.kept.get(where, ())) / 3


def ask(text: str) -> Interpreter:
    """The interpreter that --interpreter names. Raises UsageError where it cannot run the probe."""
    path = named(text)
    if kind_of(path) != "python":
        raise UsageError(f"--interpreter {text}: claims are put to Pythons. Name a python3.")
    try:
        about = read_line(output([str(path), str(PROBE), "about"], ASKING_S))
    except ProcessFailed as failure:
        raise UsageError(
            f"--interpreter {text}: {failure}. Name a CPython from 3.8 on, as /usr/bin/python3."
        ) from failure
    if not {"implementation", "version", "gil"} <= set(about):
        raise UsageError(f"--interpreter {text} does not say what it is. Name another.")
    return Interpreter(path, about)


def decide(
    interpreters: Sequence[Interpreter], claims: Sequence[Claim], passes: int, seed: int,
    progress: Callable[[str], None],
) -> list[list[Judged]]:  # fmt: skip
    """The verdicts of each; what is not decided is measured once or twice again."""
    asked = [claim.in_python for claim in claims]
    wanted = {case for claim in asked for evidence in claim.evidence for case in evidence.python}
    found: list[list[Judged]] = []
    for look in range(LOOKS):
        numbers = range(look * passes, (look + 1) * passes)
        measure(interpreters, sorted(wanted), numbers, seed + look, progress)
        found = [judge(asked, one, lambda evidence: evidence.python, LOOKS)
                 for one in interpreters]  # fmt: skip
        wanted = {
            case for judged in itertools.chain.from_iterable(found) for finding in judged.findings
            if finding.verdict is Verdict.INCONCLUSIVE for case in finding.evidence.python
        }  # fmt: skip
        if not wanted:
            break
    return found


def measure(
    interpreters: Sequence[Interpreter],
    cases: Sequence[str],
    passes: Sequence[int],
    seed: int,
    progress: Callable[[str], None],
) -> None:
    """Every case of every interpreter once a pass, in a random order."""
    order = random.Random(seed)
    for at_pass in passes:
        calls = [(one, case) for one in interpreters for case in cases]
        order.shuffle(calls)
        for number, (one, case) in enumerate(calls, 1):
            progress(f"pass {at_pass + 1}: {one.label}, {number} of {len(calls)}")
            one.call(case, at_pass, LIMIT_S)
