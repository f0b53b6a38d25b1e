"""The tables of docs/explanation/regression-gate.md, from the counts of a study."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marks import inserted as between, percent, rate_of, table, told_rate

Json = dict[str, Any]
NOTHING = "–"
KINDS = {"cpu": "one thread, caches", "mem": "one thread, memory", "threads": "threads, lock, pipe"}


def flagged(told: Json) -> str:
    return told_rate(rate_of(told["identical"]["flagged"]))


def merged(kinds: Json, what: str) -> Json:
    """All kinds together, where the bounds are of no interest."""
    hits = sum(one[what]["hits"] for one in kinds.values())
    of = sum(one[what]["of"] for one in kinds.values())
    return {"hits": hits, "of": of}


def share(counted: Json) -> str:
    return percent(counted["hits"] / counted["of"])


def found(factor: str, kind: str) -> Callable[[Json], str]:
    def cell(told: Json) -> str:
        kinds = told["slower"][factor]
        return told_rate(rate_of(kinds[kind]["found"])) if kind in kinds else NOTHING

    return cell


def same(factor: str) -> Callable[[Json], str]:
    return lambda told: share(merged(told["slower"][factor], "called_same"))


def mean_rounds(factor: str) -> Callable[[Json], str]:
    def cell(told: Json) -> str:
        kinds = told["slower"][factor].values()
        of = sum(one["found"]["of"] for one in kinds)
        return f"{sum(one['mean_rounds'] * one['found']['of'] for one in kinds) / of:.0f}"

    return cell


ROWS: tuple[tuple[str, str, Callable[[Json], str]], ...] = (
    ("Identical builds: sessions with any flag", "≤ 5 %", flagged),
    ("+ 3 %, one thread, caches: found", "≥ 90 %", found("1.03", "cpu")),
    ("+ 3 %: called SAME", NOTHING, same("1.03")),
    ("+ 5 %, one thread, caches: found", "≥ 99 %", found("1.05", "cpu")),
    ("+ 5 %, one thread, memory: found", NOTHING, found("1.05", "mem")),
    ("+ 5 %, threads, lock, pipe: found", "≥ 80 %, loaded 60 %", found("1.05", "threads")),
    ("+ 5 %: called SAME", "≤ 1 %", same("1.05")),
    ("+ 10 %, one thread, caches: found", "≥ 99 %, loaded 90 %", found("1.1", "cpu")),
    ("+ 10 %, threads, lock, pipe: found", NOTHING, found("1.1", "threads")),
    ("+ 10 %: mean rounds", "≤ 40", mean_rounds("1.1")),
    ("36 identical and 4 by + 5 %: false discoveries", "≤ 7 %",
     lambda told: percent(told["forty"]["false_rate"])),
    ("36 identical and 4 by + 5 %: found", "≥ 95 %",
     lambda told: told_rate(rate_of(told["forty"]["found"]))),
    ("95 % interval holds the truth", "≥ 94 %",
     lambda told: told_rate(rate_of(told["coverage"]))),
)  # fmt: skip


def bars(recordings: Json) -> list[str]:
    """What the gate has to reach, and what it reached on each recording."""
    if not recordings:
        return ["*No recording is kept yet: `tests/gate/record.py` makes one.*"]
    lines = table(
        ["", "bar", *recordings],
        [[what, bar, *(cell(told) for told in recordings.values())] for what, bar, cell in ROWS],
    )
    lines.append("")
    for name, told in recordings.items():
        facts, identical = told["recorded"], told["identical"]
        lines.append(
            f"- *{name}*: {facts['rounds']} rounds of {told['benchmarks']} benchmarks in "
            f"{facts['minutes']} minutes on {facts['machine']['cpu']} with "
            f"{facts['machine']['cpus']} CPUs. {identical['flagged']['of']} sessions of identical "
            f"builds were drawn from it. One lasts {identical['mean_length']:.0f} rounds, so about "
            f"{facts['disjoint_sessions']:.0f} would fit without sharing any."
        )
        for factor, names in facts["realised"].items():
            lowest, highest = min(names.values()), max(names.values())
            took = f"{lowest:.3f} to {highest:.3f} times as long"
            lines[-1] += f" {factor} times the work took {took}."
    return lines


def shapes(told: Json) -> list[str]:
    """The gate on made-up noise."""
    rows = []
    for name, one in told["shapes"].items():
        by_factor = [merged(one["slower"][f], "found") for f in ("1.03", "1.05", "1.1")]
        rows.append([
            name.replace("_", " "), flagged(one), *map(share, by_factor), same("1.05")(one),
            percent(one["forty"]["false_rate"]), told_rate(rate_of(one["coverage"])),
            f"{one['identical']['mean_rounds']:.0f}",
        ])  # fmt: skip
    header = ["noise", "sessions flagged", "+ 3 %", "+ 5 %", "+ 10 %", "+ 5 % called SAME",
              "false discoveries", "coverage", "mean rounds"]  # fmt: skip
    return table(header, rows)


def found_of(one: Json) -> Json:
    counted: Json = one["found"]
    return counted


def contest_of(told: Json) -> list[str]:
    """The gate's line, and one for each rival and layout."""
    kinds = [kind for kind in KINDS if kind in told["slower"]["1.05"]]
    factors = ("1.03", "1.05", "1.1")

    def power(entry: Json, factor: str, get: Callable[[Json], Json]) -> str:
        if kinds:
            return " · ".join(share(get(entry[factor][kind])) for kind in kinds)
        hits = sum(get(one)["hits"] for one in entry[factor].values())
        return percent(hits / sum(get(one)["of"] for one in entry[factor].values()))

    identical = told["identical"]
    false_pairs = sum(identical["verdicts"].get(flag, 0)
                      for flag in ("REGRESSED", "IMPROVED", "ENVIRONMENT"))  # fmt: skip
    rows = [[
        "**the gate**", "", flagged(told),
        percent(false_pairs / sum(identical["verdicts"].values())),
        *(power(told["slower"], factor, found_of) for factor in factors),
    ]]  # fmt: skip
    for one in told["rivals"]:
        rows.append([
            one["rule"], one["layout"], told_rate(rate_of(one["sessions"])), share(one["pairs"]),
            *(power(one["found"], factor, lambda counted: counted) for factor in factors),
        ])  # fmt: skip
    header = ["rule", "runs", "false alarm, sessions", "pairs", "+ 3 %", "+ 5 %", "+ 10 %"]
    return table(header, rows)


def contest(told: Json) -> list[str]:
    lines: list[str] = []
    for name, one in {**told["recordings"], "made-up noise of all shapes": told["made_up"]}.items():
        lines += ["", f"**{name.capitalize()}**", "", *contest_of(one)]
    return lines[1:]


def inserted(page: str, told: Json) -> str:
    page = between(page, "study of recordings", bars(told["recordings"]))
    page = between(page, "study of made-up noise", shapes(told))
    return between(page, "study of rivals", contest(told))
