"""`scripts/convoy fidelity --self`: judges Convoy's own locks by scenarios with known outcomes."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..core import bench, files
from ..core.bench import Listing
from ..core.errors import ExitCode, UsageError
from ..core.guard import guarded
from ..core.machine import machine, narrowed
from ..core.processes import ProcessFailed, output
from ..core.terminal import aside, data, note, page, table
from ..core.units import some
from . import claims, scenarios
from .claims import FAIL, PASS, SKIP, Batch, Failed, Judgement, Seen, Skipped, judged
from .scenarios import Subject

# -------------------------------------------------------------------------------------------------
# How the verdicts on Convoy's own locks are told: a table for people, a file for programs.

HEADER = ("verdict", "scenario", "lock", "what", "measured", "expected")


def tell(verdicts: Sequence[Judgement]) -> Iterator[str]:
    """The table, what failed in detail, and a line that sums up."""
    yield from table(HEADER, [line for verdict in verdicts for line in lines(verdict)])
    failed = [verdict for verdict in verdicts if verdict.verdict == FAIL]
    if failed:
        yield ""
    for verdict in failed:
        yield f"{verdict.name}, {verdict.policy}: {verdict.reason}"
    yield ""
    counts = [sum(verdict.verdict == kind for verdict in verdicts) for kind in (PASS, FAIL, SKIP)]
    yield f"{counts[0]} passed, {counts[1]} failed, {counts[2]} skipped."


def lines(verdict: Judgement) -> Iterator[tuple[str, ...]]:
    """A line a claim; what it is about stands in the first alone."""
    word = verdict.verdict.upper() if verdict.verdict == FAIL else verdict.verdict
    about = (word, verdict.name, verdict.policy)
    claims = [claim for claim in verdict.claims if claim.bounds]
    if verdict.verdict == SKIP or not claims:
        yield *about, "", "", verdict.reason
        return
    for claim in claims:
        yield *about, claim.title, claim.measured, claim.bounds
        about = ("", "", "")


def document(verdicts: Sequence[Judgement], **about: Any) -> dict[str, Any]:
    return {**about, "scenarios": [verdict.as_json() for verdict in verdicts]}


def text_of(made: dict[str, Any]) -> str:
    return json.dumps(made, allow_nan=False, indent=1, ensure_ascii=False)


def write(path: Path, made: dict[str, Any]) -> None:
    """All of it or nothing."""
    files.write(path, f"{text_of(made)}\n".encode(), "--json FILE")


# -------------------------------------------------------------------------------------------------
# Whether this machine is fit to judge a lock by: `doctor` is asked before and after each run.

LIMIT_S = 60.0
OK, UNFIT_CODE = 0, 4
# Without two cores that were measured to run at once, no scenario means what it says.
PROOF = "parallel"


@dataclass(frozen=True)
class Fitness:
    fit: bool
    reason: str = ""  # why not


def examine(program: Path) -> Fitness:
    """Asks `doctor`, which takes some three seconds. An answer that cannot be read is no proof."""
    try:
        return judge(output([str(program), "doctor", "--json"], LIMIT_S, allowed=(OK, UNFIT_CODE)))
    except ProcessFailed as failure:
        return Fitness(False, f"`convoy-bench doctor --json` did not answer: {failure}")


def judge(text: str) -> Fitness:
    try:
        told = json.loads(text)
        findings = [(entry["name"], entry["verdict"], entry["measured"])
                    for entry in told["findings"]]  # fmt: skip
        bad = [f"{name}: {measured}" for name, verdict, measured in findings if verdict == "unfit"]
        proven = any(name == PROOF and verdict == "ok" for name, verdict, _ in findings)
        if bad or told["verdict"] == "unfit":
            return Fitness(False, "; ".join(bad) or "`doctor` says so")
        if not proven:
            return Fitness(False, "two processes running at once were not measured")
        return Fitness(True)
    except (ValueError, TypeError, KeyError) as error:
        return Fitness(False, f"cannot read the output of `convoy-bench doctor --json`: {error!r}")


# -------------------------------------------------------------------------------------------------
# Measures what scenarios ask for, between looks at the machine, and judges it.

EXAMINE_S = 3.0


class Trial:
    """Judges the locks once; `verdicts` may be asked at any time, also after an interrupt."""

    def __init__(
        self, listing: Listing, chosen: dict[str, Any], passes: int, seed: int, quiet: bool
    ) -> None:
        self.listing, self.chosen, self.passes = listing, chosen, passes
        self.seed, self.quiet = seed, quiet
        self.seen = Seen(listing, passes)
        self.fitness: Optional[Fitness] = None  # before anything is measured
        self.disturbed = False  # the machine was unfit later on
        asked = [
            batch
            for scenario in chosen.values()
            if any(not self.lacking(scenario, subject) for subject in scenario.subjects(listing))
            for batch in scenario.batches(listing)
        ]
        self.plan = claims.unique(asked)

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
                self.say(f"repeating disturbed runs: {some(len(tainted), 'run')}")
                self.take_all(tainted, Path(folder), self.examine())

    def examine(self) -> Fitness:
        """A second look decides, so that one hiccup does not."""
        first = examine(self.listing.program)
        return first if first.fit else examine(self.listing.program)

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
                result = batch.take(self.listing, self.passes, self.seed, folder)
            except ProcessFailed as failure:
                trouble = f"convoy-bench: {failure}"
                note(trouble)
            after = examine(self.listing.program)
            unfit = next((fitness for fitness in (before, after) if not fitness.fit), None)
            if unfit is not None and result is not None:
                trouble = f"the machine was unfit during the run: {unfit.reason}"
                tainted.append(batch)
                self.disturbed = True
                self.say(trouble)
            self.seen.keep(batch, result, trouble)
            before = after
        return tainted

    def verdicts(self) -> list[Judgement]:
        return [
            self.verdict(scenario, subject)
            for scenario in self.chosen.values()
            for subject in scenario.subjects(self.listing)
        ]

    def verdict(self, scenario: Any, subject: Subject) -> Judgement:
        name, label = scenario.NAME, subject.label
        if self.fitness is not None and not self.fitness.fit:
            return Judgement(name, label, SKIP, f"the machine is unfit: {self.fitness.reason}")
        lacking = self.lacking(scenario, subject)
        if lacking:
            return Judgement(name, label, SKIP, lacking)
        try:
            return judged(name, label, list(scenario.claims(self.listing, subject, self.seen)))
        except Skipped as skipped:
            return Judgement(name, label, SKIP, str(skipped))
        except Failed as failed:
            return Judgement(name, label, FAIL, str(failed))

    def lacking(self, scenario: Any, subject: Subject) -> Optional[str]:
        return subject.lacking(self.listing, scenario.WORKLOADS)

    def seconds(self, plan: Sequence[Batch]) -> float:
        measuring = sum(batch.seconds(self.listing, self.passes) for batch in plan)
        return measuring + EXAMINE_S * (len(plan) + 1)

    def say(self, words: str) -> None:
        if not self.quiet:
            note(words)


# -------------------------------------------------------------------------------------------------
# `scripts/convoy fidelity --self`: judges Convoy's own locks by scenarios with known outcomes.

LEAST_PASSES, MOST_PASSES = 5, 100


def add_self_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that only --self knows; --json, --seed and --build are there already."""
    group = parser.add_argument_group("with --self")
    add = group.add_argument
    add("--scenario", metavar="NAME", action="append", default=[],
        help="only this scenario; repeatable")  # fmt: skip
    add("--list-scenarios", action="store_true",
        help="list the scenarios and the locks that each judges; measure nothing")  # fmt: skip
    add("--passes", metavar="N",
        help=f"samples of every benchmark (default and minimum: {LEAST_PASSES})")  # fmt: skip
    add("-q", "--quiet", action="store_true", help="no progress on stderr")


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether the scenarios are asked for. Their options alone would start an hour of probes."""
    if arguments.self_check or arguments.list_scenarios:
        return True
    given = {"--scenario": arguments.scenario, "--passes": arguments.passes, "-q": arguments.quiet}
    for option, value in given.items():
        if value:
            raise UsageError(f"{option} needs --self. Type `fidelity --self {option} ...`.")
    return False


def run_self(arguments: argparse.Namespace) -> int:
    chosen = choose(arguments.scenario)
    if arguments.list_scenarios:
        listing = bench.ask(bench.program(arguments.build))
        rows = [
            (name, scenario.SUMMARY, ", ".join(policies(listing, scenario)) or "none in this build")
            for name, scenario in chosen.items()
        ]
        for line in table(("scenario", "what is measured", "locks"), rows):
            data(line)
        return ExitCode.OK
    passes = parse_passes(arguments.passes or str(LEAST_PASSES))
    file = None if arguments.json in (None, "-") else Path(arguments.json)
    if file is not None:
        files.check(file, "--json FILE")
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    trial = Trial(bench.ask(bench.program(arguments.build)), chosen, passes, seed, arguments.quiet)
    ended: Optional[BaseException] = None
    try:
        trial.run()
    except (KeyboardInterrupt, SystemExit) as interruption:
        ended = interruption
    found = trial.verdicts()
    unfit = trial.is_unfit
    made = document(
        found, seed=seed, passes=passes, machine=machine(), unfit=unfit, interrupted=bool(ended)
    )
    if file is not None:
        write(file, made)
    show(found, made, arguments.json == "-")
    if ended is not None:
        raise ended
    return exit_code(found, unfit)


def show(found: Sequence[Judgement], made: dict[str, Any], document_alone: bool) -> None:
    for line in (*tell(found), *narrowed(made["machine"])):
        # Where the document goes to stdout, it alone is data.
        (aside if document_alone else data)(line)
    if document_alone:
        page(text_of(made))


def exit_code(found: Sequence[Judgement], unfit: bool) -> int:
    if any(verdict.verdict == FAIL for verdict in found):
        return ExitCode.FAILED_ROWS
    return ExitCode.UNFIT if unfit else ExitCode.OK


def choose(asked: Sequence[str]) -> dict[str, Any]:
    known = scenarios.discover()
    for name in asked:
        if name not in known:
            raise UsageError(f"{name!r} is not a scenario. Type "
                             f"--scenario with {', '.join(known)}.")
    return {name: scenario for name, scenario in known.items() if not asked or name in asked}


def policies(listing: Listing, scenario: Any) -> list[str]:
    """The policies that the scenario judges in this build, each once."""
    judged = [
        name
        for subject in scenario.subjects(listing)
        if subject.lacking(listing, scenario.WORKLOADS) is None
        for name in subject.needs
    ]
    return list(dict.fromkeys(judged))


def parse_passes(text: str) -> int:
    if text.isdecimal() and len(text) < 10 and LEAST_PASSES <= int(text) <= MOST_PASSES:
        return int(text)
    raise UsageError(
        f"--passes {text}: write a whole number from {LEAST_PASSES} to {MOST_PASSES}; fewer give "
        "no useful median."
    )
