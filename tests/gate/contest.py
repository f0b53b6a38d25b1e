"""Rival rules on the runs that the gate is judged by: how often they fail a build, rightly or not.

Each rule is tried in two layouts. As it is used: its usual number of runs of the one build, then as
many of the other. And with all that the gate has: both builds by turns, for the gate's whole
budget of rounds, which no rival's tool does.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice

from convoy_cli.stats.family import Round
from convoy_cli.stats.sign_test import LOOKS

from bounds import Rate, clopper_pearson
from rivals import RIVALS, Rival
from sources import Source, kind_of

USUAL, BY_TURNS = "as used", "by turns"
LAYOUTS = (USUAL, BY_TURNS)
BUDGET = LOOKS[-1]
NEEDED = max(BUDGET, 2 * max(rival.runs for rival in RIVALS))


def fails(rival: Rival, layout: str, rounds: list[Round], chance: random.Random) -> bool:
    if layout == BY_TURNS:
        base = [one.base for one in rounds[:BUDGET]]
        contender = [one.contender for one in rounds[:BUDGET]]
    else:
        base = [one.base for one in rounds[: rival.runs]]
        contender = [one.contender for one in rounds[rival.runs : 2 * rival.runs]]
    return rival.fails(base, contender, chance)


@dataclass
class Score:
    """A rival in one layout."""

    sessions: int = 0
    sessions_alarmed: int = 0
    pairs: int = 0
    pairs_alarmed: int = 0

    @property
    def per_session(self) -> Rate:
        return clopper_pearson(self.sessions_alarmed, self.sessions)

    @property
    def per_pair(self) -> Rate:
        return clopper_pearson(self.pairs_alarmed, self.pairs)


Key = tuple[str, str]  # a rival's name, and the layout


def false_alarms(source: Source, sessions: int, seed: int) -> dict[Key, Score]:
    """Sessions of two builds that are the same."""
    scores: dict[Key, Score] = defaultdict(Score)
    for number in range(sessions):
        chance = random.Random(f"rivals {seed} {number}")
        streams = source.session(chance, {})
        taken = [list(islice(stream, NEEDED)) for stream in streams.values()]
        for rival in RIVALS:
            for layout in LAYOUTS:
                alarms = sum(fails(rival, layout, rounds, chance) for rounds in taken)
                score = scores[rival.name, layout]
                score.sessions += 1
                score.sessions_alarmed += alarms > 0
                score.pairs += len(taken)
                score.pairs_alarmed += alarms
    return dict(scores)


def power(source: Source, factor: float, each: int, seed: int) -> dict[str, dict[Key, Rate]]:
    """By kind of benchmark: how often it is found to be slower."""
    hits: dict[str, dict[Key, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for number in range(each):
        chance = random.Random(f"rivals {seed} {factor} {number}")
        streams = source.session(chance, {name: factor for name in source.names})
        for name, stream in streams.items():
            rounds = list(islice(stream, NEEDED))
            for rival in RIVALS:
                for layout in LAYOUTS:
                    found = fails(rival, layout, rounds, chance)
                    hits[kind_of(name)][rival.name, layout].append(found)
    return {
        kind: {key: clopper_pearson(sum(found), len(found)) for key, found in by_key.items()}
        for kind, by_key in hits.items()
    }
