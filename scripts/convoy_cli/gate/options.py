"""The options of `scripts/convoy gate`, and what is wrong with them."""

from __future__ import annotations

import argparse
import math
import os
import re
from pathlib import Path
from typing import NamedTuple, Optional

from ..core.errors import NameFilter, UsageError
from ..results.rows import cpu_set
from ..stats.sign_test import Rules

UNITS_S = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
MOST_ROUNDS = 10_000
FEWEST_ROUNDS = 6  # that is what an interval at 95 % takes
LIMIT = "60s"


class Chosen(NamedTuple):
    """What was asked for, checked."""

    rules: Rules
    given: dict[str, float]  # what of the rules was said in words
    budget_s: Optional[float]
    limit_s: float
    cpus: Optional[list[int]]
    pattern: NameFilter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--base", metavar="A", type=Path, help="the program that was there before")
    add("--contender", metavar="B", type=Path, help="the program that is judged")
    add("--base-ref", metavar="REF", help="build the base from this commit, branch or tag")
    add("--contender-ref", metavar="REF", help="build the contender from this one")
    add("--build", metavar="CMD", help="builds the program, in the folder of each ref")
    add("--program", metavar="PATH", help="where it then is, in that folder")
    add("--cwd", choices=("checkout", "caller"), default="checkout",
        help="where programs of refs run: in their checkout, beside its data, or where you are")
    add("--filter", metavar="RE", default="", help="only benchmarks whose names match")
    usual = Rules()
    add("--noise", metavar="P", help=f"what is not worth a failed build ({usual.noise:.0%}%)")
    add("--same", metavar="P", help=f"an interval within this of 1 is SAME ({usual.same:.0%}%)")
    add("--max-rounds", metavar="N", help=f"of each benchmark ({usual.max_rounds})")
    add("--budget", metavar="TIME", help="end when it has lasted this long, as in 3min")
    add("--run-limit", metavar="TIME", default=LIMIT,
        help=f"kill a process that takes longer ({LIMIT})")  # fmt: skip
    add("--metric", choices=("auto", "cpu", "real"), default="auto",
        help="which clock decides (auto: cpu where one thread computes)")  # fmt: skip
    add("--seed", metavar="N", type=int, help="of the random order (default: the time)")
    add("--pin", metavar="CPUS", help="bind every process to these, as in 1 or 0,2-3")
    add("--instructions", action="store_true", help="count them as well, with callgrind")
    add("--allow-inconclusive", action="store_true", help="then exit with 0, not 3")
    add("--resume", metavar="F", type=Path, help="go on with what --json F kept")
    add("--json", metavar="F", type=Path, help="every sample, kept after each round")
    add("--junit", metavar="F", type=Path, help="JUnit XML")
    add("--markdown", metavar="F", type=Path, help="a page")
    add("--openmetrics", metavar="F", type=Path, help="text for a collector")
    add("--chart", metavar="DIR", type=Path, help="the forest plot, as gate.svg and gate.png")
    add("--all", action="store_true", help="tell what is the same, too")
    add("-q", "--quiet", action="store_true", help="no progress and no remarks on stderr")


def check(arguments: argparse.Namespace) -> Chosen:
    for option in ("json", "junit", "markdown", "openmetrics"):
        if str(getattr(arguments, option)) == "-":
            raise UsageError(f"--{option} -: stdout has the table. Name a file.")
    given = {}
    for key in ("noise", "same"):
        if getattr(arguments, key) is not None:
            given[key] = share(getattr(arguments, key), f"--{key}")
    if arguments.max_rounds is not None:
        given["max_rounds"] = rounds(arguments.max_rounds)
    rules = Rules(**given)  # type: ignore[arg-type]
    pattern = NameFilter(arguments.filter)
    budget_s = None if arguments.budget is None else seconds(arguments.budget, "--budget")
    cpus = None if arguments.pin is None else allowed(arguments.pin)
    return Chosen(
        rules, given, budget_s, seconds(arguments.run_limit, "--run-limit"), cpus, pattern
    )


def share(text: str, option: str) -> float:
    """`1%`, `1 %`, `±1%` or `0.01`."""
    found = re.fullmatch(r"[+±]?\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?)", text.strip())
    value = float(found.group(1)) / (100 if found.group(2) else 1) if found else math.inf
    if not value < 1:
        meant = "1%"
        if re.fullmatch(r"\d{1,2}(,\d{1,2})?\s*%?", text, re.ASCII):  # a per cent sign forgotten
            meant = text.replace(",", ".").rstrip(" %") + "%"
        raise UsageError(f"{option} {text}: write a share below 100 %, as in {meant} or 0.01.")
    return round(value, 12)


def machine(name: Optional[str]) -> None:
    """Names are told in one word."""
    if name is not None and not re.fullmatch(r"[\w.:+@-]{1,64}", name, re.ASCII):
        raise UsageError(
            f"--machine {name!r}: write a name of letters, digits and -_.:+@, as in ci-large."
        )


def rounds(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text) or not FEWEST_ROUNDS <= int(text) <= MOST_ROUNDS:
        raise UsageError(
            f"--max-rounds {text}: write a number from {FEWEST_ROUNDS} to {MOST_ROUNDS}. "
            "Fewer cannot prove anything."
        )
    return int(text)


def seconds(text: str, option: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d*)?)\s*(ms|s|min|h)", text)
    value = float(found.group(1)) * UNITS_S[found.group(2)] if found else 0.0
    if not 0 < value < 1e6:
        raise UsageError(f"{option} {text}: write a time such as 90s or 3min.")
    return value


def allowed(text: str) -> list[int]:
    """CPUs that this process may use."""
    if not re.fullmatch(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*", text):
        raise UsageError(f"--pin {text}: write CPUs as in 1 or 0,2-3.")
    asked, there = sorted(set(cpu_set(text))), os.sched_getaffinity(0)
    missing = [cpu for cpu in asked if cpu not in there]
    if missing or not asked:
        usable = ",".join(map(str, sorted(there)))
        named = ",".join(map(str, missing)) or text
        raise UsageError(f"--pin {text}: no CPU {named} may be used here. Choose of {usable}.")
    return asked
