"""Replays sessions through the gate's own judgement, and counts how often it is right and wrong."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from convoy_cli.stats.family import Family, Trial, Verdict
from convoy_cli.stats.sign_test import Rules

from bounds import Rate, clopper_pearson
from sources import Rounds, Slowed, Source, kind_of

FLAGS = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.ENVIRONMENT)
CHANGES = (Verdict.REGRESSED, Verdict.IMPROVED)


def judged(
    streams: Mapping[str, Rounds], rules: Rules = Rules(), alone: str | None = None
) -> Family:
    """One session, from the first round until every benchmark is decided; or `alone` is, where the
    others do not matter: they have their say in when it is, and none in what comes after."""
    family = Family(streams, rules)
    while (wanted := family.wanted()) and (alone is None or alone in wanted):
        family.add({name: next(streams[name]) for name in wanted})
    return family


def covers(trial: Trial, factor: float) -> bool:
    low, high = trial.interval
    return low <= math.log(factor) <= high


def verdict_of(trial: Trial) -> Verdict:
    assert trial.verdict is not None
    return trial.verdict


@dataclass
class Identical:
    """What was said where nothing had changed."""

    sessions: int = 0
    flagged: int = 0
    by_flag: Counter[str] = field(default_factory=Counter)  # sessions with at least one of it
    verdicts: Counter[str] = field(default_factory=Counter)  # benchmarks
    rounds: int = 0
    lengths: int = 0  # rounds until the last benchmark was decided, summed over sessions

    @property
    def mean_length(self) -> float:
        return self.lengths / max(1, self.sessions)

    @property
    def benchmarks(self) -> int:
        return sum(self.verdicts.values())

    @property
    def mean_rounds(self) -> float:
        return self.rounds / max(1, self.benchmarks)


def identical(source: Source, sessions: int, seed: int) -> Identical:
    """Sessions of two builds that are the same."""
    told = Identical(sessions)
    for number in range(sessions):
        chance = random.Random(f"identical {seed} {number}")
        trials = judged(source.session(chance, {})).trials.values()
        said = {verdict_of(trial) for trial in trials}
        told.flagged += any(flag in said for flag in FLAGS)
        told.by_flag.update(flag.value for flag in FLAGS if flag in said)
        told.verdicts.update(verdict_of(trial).value for trial in trials)
        told.rounds += sum(trial.rounds for trial in trials)
        told.lengths += max(trial.rounds for trial in trials)
    return told


@dataclass
class Slower:
    """What was said of benchmarks that had become slower."""

    tried: int = 0
    found: int = 0
    called_same: int = 0
    rounds: int = 0

    @property
    def mean_rounds(self) -> float:
        return self.rounds / max(1, self.tried)

    def add(self, trial: Trial) -> None:
        self.tried += 1
        self.found += trial.verdict is Verdict.REGRESSED
        self.called_same += trial.verdict is Verdict.SAME
        self.rounds += trial.rounds


def slower(source: Source, factor: float, each: int, seed: int) -> dict[str, Slower]:
    """By kind: every benchmark in turn is the only one that is slower, so many times each."""
    told: dict[str, Slower] = defaultdict(Slower)
    for name in source.names:
        for number in range(each):
            chance = random.Random(f"slower {seed} {factor} {name} {number}")
            family = judged(source.session(chance, {name: factor}), alone=name)
            told[kind_of(name)].add(family.trials[name])
    return dict(told)


@dataclass
class Discoveries:
    """Some benchmarks of a family are slower, the others are the same."""

    sessions: int = 0
    tried: int = 0
    found: int = 0
    false_shares: list[float] = field(default_factory=list)  # a session: false flags of all flags

    @property
    def false_rate(self) -> float:
        return sum(self.false_shares) / max(1, len(self.false_shares))


def discoveries(
    source: Source, candidates: list[str], factor: float, sessions: int, seed: int
) -> Discoveries:
    """Four of the candidates are slower in each session; everything else is the same."""
    told = Discoveries(sessions)
    for number in range(sessions):
        chance = random.Random(f"discoveries {seed} {number}")
        slowed: Slowed = {name: factor for name in chance.sample(candidates, 4)}
        streams = source.session(chance, slowed)
        # Forty in all: identical ones beyond that are left out by chance.
        others = [name for name in streams if name not in slowed]
        kept = [*slowed, *chance.sample(others, min(36, len(others)))]
        trials = judged({name: streams[name] for name in kept}).trials.values()
        flagged = [trial.name for trial in trials if trial.verdict in CHANGES]
        false = [name for name in flagged if name not in slowed]
        told.tried += len(slowed)
        told.found += sum(trial.name in slowed for trial in trials
                          if trial.verdict is Verdict.REGRESSED)  # fmt: skip
        told.false_shares.append(len(false) / max(1, len(flagged)))
    return told


def coverage(source: Source, factors: Iterable[float], sessions: int, seed: int) -> Rate:
    """How often the interval holds the truth, with every benchmark slowed by one of the factors."""
    choices, hits, of = list(factors), 0, 0
    for number in range(sessions):
        chance = random.Random(f"coverage {seed} {number}")
        slowed = {name: chance.choice(choices) for name in source.names}
        for trial in judged(source.session(chance, slowed)).trials.values():
            hits += covers(trial, slowed[trial.name])
            of += 1
    return clopper_pearson(hits, of)
