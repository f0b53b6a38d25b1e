"""Measures what scenarios ask for, between looks at the machine, and judges it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from ..running import guarded
from ..terminal import note
from ..units import some
from . import batches, gate
from .batches import Batch, Seen
from .children import ChildFailed
from .claims import FAIL, SKIP, Failed, Skipped, Verdict, judged
from .gate import Fitness
from .linked import Linked
from .scenarios import Subject

GATE_S = 3.0


class Trial:
    """Judges the locks once; `verdicts` may be asked at any time, also after an interrupt."""

    def __init__(
        self, linked: Linked, chosen: dict[str, Any], passes: int, seed: int, quiet: bool
    ) -> None:
        self.linked, self.chosen, self.passes = linked, chosen, passes
        self.seed, self.quiet = seed, quiet
        self.seen = Seen(linked, passes)
        self.fitness: Optional[Fitness] = None  # before anything is measured
        self.disturbed = False  # the machine was unfit later on
        asked = [
            batch
            for scenario in chosen.values()
            if any(not self.lacking(scenario, subject) for subject in scenario.subjects(linked))
            for batch in scenario.batches(linked)
        ]
        self.plan = batches.unique(asked)

    @property
    def is_unfit(self) -> bool:
        """Nothing could be judged, and the machine is why."""
        if self.fitness is not None and not self.fitness.fit:
            return True
        return self.disturbed and all(verdict.verdict == SKIP for verdict in self.verdicts())

    def run(self) -> None:
        self.say(
            f"{some(len(self.chosen), 'scenario')}, {some(len(self.plan), 'run')} of convoy-bench: "
            f"about {max(1, round(self.seconds(self.plan) / 60))} min. Leave the machine alone."
        )
        self.fitness = self.examine()
        if not self.fitness.fit:
            note(f"this machine is unfit, so nothing is judged: {self.fitness.reason}")
            return
        with tempfile.TemporaryDirectory(prefix="convoy-self-") as folder, guarded(Path(folder)):
            tainted = self.take_all(self.plan, Path(folder), self.fitness)
            if tainted:
                self.say(f"once more what was disturbed: {some(len(tainted), 'run')}")
                self.take_all(tainted, Path(folder), self.examine())

    def examine(self) -> Fitness:
        """A second look decides, so that one hiccup does not."""
        first = gate.examine(self.linked.program)
        return first if first.fit else gate.examine(self.linked.program)

    def take_all(self, plan: Sequence[Batch], folder: Path, before: Fitness) -> list[Batch]:
        """What is measured between two good looks at the machine is believed; returns the rest."""
        tainted = []
        for number, batch in enumerate(plan):
            left = self.seconds(plan[number:]) / 60
            self.say(
                f"{number + 1}/{len(plan)} {batch.workload} under "
                f"{some(len(batch.gils), 'lock')}; {left:.1f} min left"
            )
            if not before.fit:
                before = self.examine()
            result, trouble = None, ""
            try:
                result = batch.take(self.linked, self.passes, self.seed, folder)
            except ChildFailed as failure:
                trouble = f"convoy-bench: {failure}"
                note(trouble)
            after = gate.examine(self.linked.program)
            unfit = next((fitness for fitness in (before, after) if not fitness.fit), None)
            if unfit is not None and result is not None:
                trouble = f"the machine was unfit meanwhile: {unfit.reason}"
                tainted.append(batch)
                self.disturbed = True
                self.say(trouble)
            self.seen.keep(batch, result, trouble)
            before = after
        return tainted

    def verdicts(self) -> list[Verdict]:
        return [
            self.verdict(scenario, subject)
            for scenario in self.chosen.values()
            for subject in scenario.subjects(self.linked)
        ]

    def verdict(self, scenario: Any, subject: Subject) -> Verdict:
        name, label = scenario.NAME, subject.label
        if self.fitness is not None and not self.fitness.fit:
            return Verdict(name, label, SKIP, f"the machine is unfit: {self.fitness.reason}")
        lacking = self.lacking(scenario, subject)
        if lacking:
            return Verdict(name, label, SKIP, lacking)
        try:
            return judged(name, label, list(scenario.claims(self.linked, subject, self.seen)))
        except Skipped as skipped:
            return Verdict(name, label, SKIP, str(skipped))
        except Failed as failed:
            return Verdict(name, label, FAIL, str(failed))

    def lacking(self, scenario: Any, subject: Subject) -> Optional[str]:
        return subject.lacking(self.linked, scenario.WORKLOADS)

    def seconds(self, plan: Sequence[Batch]) -> float:
        measuring = sum(batch.seconds(self.linked, self.passes) for batch in plan)
        return measuring + GATE_S * (len(plan) + 1)

    def say(self, words: str) -> None:
        if not self.quiet:
            note(words)
