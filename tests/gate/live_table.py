"""The table of a live study: what the gate said of builds whose difference is known."""

from __future__ import annotations

from collections import Counter
from typing import Any

from convoy_cli.stats.samples import median

from bounds import clopper_pearson
from marks import percent, told_rate, table as rows_of
from sources import kind_of

Json = dict[str, Any]
FLAGS = ("REGRESSED", "IMPROVED", "ENVIRONMENT")
HEADER = ["machine", "effect", "kind", "tried", "said REGRESSED", "INCONCLUSIVE", "SAME",
          "mean rounds", "minutes a session"]  # fmt: skip


def flagged(session: Json) -> bool:
    """Whether anything was said to differ, of what is the same."""
    return any(said in FLAGS for _, said, *_, slowed in session["benchmarks"] if not slowed)


def undecided(sessions: list[Json]) -> str:
    """How many of what is the same were INCONCLUSIVE, and in how many of the sessions."""
    each = [[one[1] for one in line["benchmarks"] if not one[-1]] for line in sessions]
    counts = [said.count("INCONCLUSIVE") for said in each]
    return f"{sum(counts)}, in {sum(map(bool, counts))} of {len(sessions)}"


def table(lines: list[Json]) -> list[str]:
    """For each machine state and effect: what was said of what is the same, and of what is not."""
    if not lines:
        return ["*No live sessions are kept yet: `tests/gate/live.py` makes them.*"]
    rows = []
    for loaded, effect in sorted({(line["loaded"], line["effect"]) for line in lines}):
        sessions = [line for line in lines if (line["loaded"], line["effect"]) == (loaded, effect)]
        state = "one core loaded" if loaded else "quiet"
        minutes = f"{median(line['seconds'] for line in sessions) / 60:.1f}"
        rows.append([state, *identical_row(sessions, effect), minutes])
        for kind, ones in slowed_by_kind(sessions).items():
            rows.append([state, *slowed_row(kind, ones, effect), ""])
    return rows_of(HEADER, rows)


def identical_row(sessions: list[Json], effect: float) -> list[str]:
    """Sessions with a flag among what is the same; and what was said of its benchmarks."""
    ones = [one for line in sessions for one in line["benchmarks"] if not one[-1]]
    said = Counter(one[1] for one in ones)
    alarms = clopper_pearson(sum(flagged(line) for line in sessions), len(sessions))
    what = "identical" if effect == 1.0 else f"identical, beside {percent(effect - 1)}"
    mean = sum(one[5] for one in ones) / max(1, len(ones))
    return [
        "none", what, f"{len(sessions)} sessions", f"{told_rate(alarms)} of sessions, any flag",
        undecided(sessions), str(said["SAME"]), f"{mean:.0f}",
    ]  # fmt: skip


def slowed_by_kind(sessions: list[Json]) -> dict[str, list[list[Any]]]:
    kinds: dict[str, list[list[Any]]] = {}
    for line in sessions:
        for one in line["benchmarks"]:
            if one[-1]:
                kinds.setdefault(kind_of(one[0]), []).append(one)
    return dict(sorted(kinds.items()))


def slowed_row(kind: str, ones: list[list[Any]], effect: float) -> list[str]:
    said = Counter(one[1] for one in ones)
    found = clopper_pearson(said["REGRESSED"], len(ones))
    mean = sum(one[5] for one in ones) / len(ones)
    return [
        f"+{percent(effect - 1)}", kind, str(len(ones)), told_rate(found),
        str(said["INCONCLUSIVE"]), str(said["SAME"]), f"{mean:.0f}",
    ]  # fmt: skip
