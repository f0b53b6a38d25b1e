"""The table of counted instructions: how far equal builds lie apart, and what of 1 % is found."""

from __future__ import annotations

from typing import Any

from convoy_cli.gate.instructions import STEADY

from bounds import clopper_pearson
from marks import percent, table as rows_of, told_rate
from sources import kind_of
from study_tables import KINDS

Json = dict[str, Any]


def table(lines: list[Json]) -> list[str]:
    """A row for each kind of benchmark; below it, what was not counted and why."""
    if not lines:
        return ["*No counts are kept yet: `tests/gate/counted.py` makes them.*"]
    kinds: dict[str, list[Json]] = {}
    for line in lines:
        kinds.setdefault(kind_of(line["name"]), []).append(line)
    slower = sorted({line["effect"] for line in lines} - {1.0})
    header = ["", "benchmarks", "counted", "equal builds differ by at most", "bar",
              "equal builds flagged", *(f"+ {percent(f - 1)} found" for f in slower)]  # fmt: skip
    rows = [row(kind, kinds[kind], slower) for kind in sorted(kinds)]
    return [*rows_of(header, rows), *refusals(lines)]


def row(kind: str, lines: list[Json], slower: list[float]) -> list[str]:
    equal = [line for line in lines if line["effect"] == 1.0]
    names = {line["name"] for line in lines}
    counted = {line["name"] for line in lines if line["verdict"] is not None}
    return [
        KINDS.get(kind, kind), str(len(names)), str(len(counted)), widest(equal),
        f"≤ {percent(STEADY[kind == 'threads'])}", said(equal), *(
            said([line for line in lines if line["effect"] == factor]) for factor in slower
        ),
    ]  # fmt: skip


def widest(equal: list[Json]) -> str:
    apart = [abs(line["ratio"] - 1) for line in equal if line["verdict"] is not None]
    if not apart:
        return "–"
    most = 100 * max(apart)
    return "< 0.0001 %" if 0 < most < 1e-4 else f"{most:.2g} %"


def said(lines: list[Json]) -> str:
    """How often something changed, of what was counted."""
    counted = [line["verdict"] for line in lines if line["verdict"] is not None]
    if not counted:
        return "–"
    hits = sum(verdict != "SAME" for verdict in counted)
    return f"{hits} of {len(counted)}: {told_rate(clopper_pearson(hits, len(counted)))}"


def refusals(lines: list[Json]) -> list[str]:
    """By benchmark: how many of its counts were none, and the reason that was given last."""
    without: dict[str, list[str]] = {}
    for line in lines:
        if line["verdict"] is None:
            without.setdefault(line["name"], []).append(line["reason"])
    tried = {name: sum(line["name"] == name for line in lines) for name in without}
    told = [f"- *{name}*: no count in {len(reasons)} of {tried[name]} ({reasons[-1]})."
            for name, reasons in sorted(without.items())]  # fmt: skip
    return ["", *told] if told else []
