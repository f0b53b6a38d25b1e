"""The options of `scripts/convoy fidelity`, and what is wrong with them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

from .. import bench
from ..errors import UsageError
from ..units import duration
from . import settings
from .effort import FULL, QUICK, Effort

UNITS_NS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9,
            "h": 3600 * 10**9}  # fmt: skip
FOLDER = Path("results") / "fidelity"
MOST_REPEATS, MOST_TIMEOUT_S = 1000, 3600


@dataclass(frozen=True)
class Chosen:
    probes: list[str]
    effort: Effort
    intervals_ns: tuple[int, ...]
    repeats: int
    timeout_s: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--interpreter", metavar="PATH", action="append", default=[],
        help="this interpreter too: a path, or a command; repeatable")  # fmt: skip
    add("--no-search", action="store_true", help="only those that --interpreter names")
    add("--list", action="store_true", help="say what is found, and measure nothing")
    add("--probes", metavar="A,B", help="only these: " + ", ".join(settings.PROBES))
    add("--repeats", metavar="N", help="how often each is measured on both sides (default: 5)")
    add("--quick", action="store_true",
        help="two repeats and fewer samples: not enough to judge by")  # fmt: skip
    shown = ",".join(words(interval) for interval in settings.INTERVALS_NS)
    add("--intervals", metavar="A,B", default=shown,
        help=f"switch intervals of the sweep (default: {shown})")  # fmt: skip
    add("--timeout", metavar="TIME", default="60s",
        help="how much longer than its probe an interpreter may take (default: 60s)")  # fmt: skip
    add("--seed", metavar="N", type=int, help="seed of the native runs (default: the time)")
    add("--build", metavar="PRESET", choices=bench.PRESETS,
        help="build/PRESET/convoy-bench: " + ", ".join(bench.PRESETS))  # fmt: skip
    add("--from", dest="source", metavar="X.json", type=Path,
        help="measure nothing: tell and draw what --json wrote")  # fmt: skip
    add("--json", metavar="FILE", nargs="?", const="-",
        help="the file for everything that was seen; - or nothing for stdout (default: "
        "fidelity.json in the folder)")  # fmt: skip
    add("-o", "--output", metavar="DIR", type=Path, default=FOLDER,
        help=f"the folder for charts (default: {FOLDER})")  # fmt: skip


def words(interval_ns: int) -> str:
    return duration(interval_ns).replace(" ", "").replace("µ", "u")


def check(arguments: argparse.Namespace) -> Chosen:
    effort = QUICK if arguments.quick else FULL
    repeats = effort.repeats
    if arguments.repeats is not None:
        repeats = whole(arguments.repeats, "--repeats", 1, MOST_REPEATS)
    timeout_ns = parse_time(arguments.timeout, "--timeout")
    if not UNITS_NS["s"] // 10 <= timeout_ns <= MOST_TIMEOUT_S * UNITS_NS["s"]:
        raise UsageError(f"--timeout {arguments.timeout}: write a time from 100ms to 60min.")
    if arguments.no_search and not arguments.interpreter:
        raise UsageError("--no-search leaves nothing to measure. Add --interpreter PATH.")
    if arguments.source is not None and (arguments.list or arguments.interpreter):
        raise UsageError("--from measures nothing. Leave out --list and --interpreter, or --from.")
    return Chosen(
        parse_probes(arguments.probes), replace(effort, repeats=repeats),
        parse_intervals(arguments.intervals.split(",")), repeats, timeout_ns / UNITS_NS["s"],
    )  # fmt: skip


def whole(text: str, option: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise UsageError(f"{option} {text}: write a whole number from {least} to {most}.")
    return int(text)


def parse_time(text: str, option: str) -> int:
    match = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-zµ]+)\s*", text)
    if match is None or match[2] not in UNITS_NS:
        raise UsageError(f"{option} {text!r}: write a number with a unit, as in 5ms, 500us or 1s.")
    return round(float(match[1]) * UNITS_NS[match[2]])


def parse_probes(text: Optional[str]) -> list[str]:
    known = list(settings.PROBES)
    chosen = known if text is None else [name.strip() for name in text.split(",")]
    for name in chosen:
        if name not in known:
            raise UsageError(f"{name!r} is no probe. Type --probes with {','.join(known)}.")
    return [name for name in known if name in chosen]


def parse_intervals(texts: Sequence[str]) -> tuple[int, ...]:
    found = set()
    for text in texts:
        interval_ns = 0 if re.fullmatch(r"\s*0+\s*", text) else parse_time(text, "--intervals")
        if interval_ns < settings.LEAST_INTERVAL_NS:
            raise UsageError(
                f"--intervals {text.strip()}: CPython takes no switch interval below 1us. Write "
                "times from 1us to 1s."
            )
        if interval_ns > settings.MOST_INTERVAL_NS:
            raise UsageError(
                f"--intervals {text.strip()}: each of {FULL.swept} samples lasts an interval, so "
                "it may be 1s at most. Write times from 1us to 1s."
            )
        found.add(interval_ns)
    if len(found) < 2:
        raise UsageError("--intervals: a slope needs two intervals or more, as in 1ms,5ms,20ms.")
    return tuple(sorted(found))
