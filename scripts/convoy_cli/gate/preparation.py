"""A gate's options, and what they make ready before it measures: programs, CPUs, settings."""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core.errors import NameFilter, UsageError
from ..core.machine import fingerprinted
from ..core.terminal import note
from ..results import verdicts
from ..results.rows import cpu_set
from ..stats.sign_test import Rules
from . import builds
from .document import Record
from .program import Plan, Program, check_path
from .session import Conditions, Failure, Progress, Session

# -------------------------------------------------------------------------------------------------
# The options of `scripts/convoy gate`, and what is wrong with them.

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
    add("--base", metavar="A", type=Path, help="the program before the change")
    add("--contender", metavar="B", type=Path, help="the program to judge")
    add("--base-ref", metavar="REF", help="build the base from this commit, branch or tag")
    add("--contender-ref", metavar="REF", help="build the contender from this one")
    add("--build", metavar="CMD", help="command that builds the program, in the folder of each ref")
    add("--program", metavar="PATH", help="path of the built program, in that folder")
    add("--cwd", choices=("checkout", "caller"), default="checkout",
        help="where programs of refs run: in their checkout, beside its data, or where you are")
    add("--filter", metavar="RE", default="", help="only benchmarks whose names match")
    usual = Rules()
    add("--noise", metavar="P", help="a difference up to this does not "
                                     f"matter ({usual.noise:.0%}%)")
    add("--same", metavar="P", help="a benchmark is SAME if its interval lies within this of 1 "
                                    f"({usual.same:.0%}%)")
    add("--max-rounds", metavar="N", help=f"rounds of each benchmark ({usual.max_rounds})")
    add("--budget", metavar="TIME", help="time limit, as in 3min")
    add("--run-limit", metavar="TIME", default=LIMIT,
        help=f"kill a process that takes longer ({LIMIT})")  # fmt: skip
    add("--metric", choices=("auto", "cpu", "real"), default="auto",
        help="which clock decides (auto: cpu where one thread computes)")  # fmt: skip
    add("--seed", metavar="N", type=int, help="seed of the random order (default: the time)")
    add("--pin", metavar="CPUS", help="bind every process to these, as in 1 or 0,2-3")
    add("--instructions", action="store_true", help="count instructions, too, with callgrind")
    add("--allow-inconclusive", action="store_true", help="exit with code 0 instead of 3")
    add("--resume", metavar="F", type=Path, help="continue from what --json F saved")
    add("--json", metavar="F", type=Path, help="file for every sample, saved after each round")
    add("--junit", metavar="F", type=Path, help="JUnit XML")
    add("--markdown", metavar="F", type=Path, help="a page")
    add("--openmetrics", metavar="F", type=Path, help="text for a collector")
    add("--chart", metavar="DIR", type=Path, help="the forest plot, as gate.svg and gate.png")
    add("--all", action="store_true", help="list benchmarks that are SAME, too")
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
            f"--max-rounds {text}: write a number from {FEWEST_ROUNDS} to {MOST_ROUNDS}. Fewer "
            "cannot show a difference."
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
        raise UsageError(f"--pin {text}: CPU {named} may not be used here. Choose from {usable}.")
    return asked


# -------------------------------------------------------------------------------------------------
# What a gate needs before it can begin: both programs, and what a file already holds.

# -------------------------------------------------------------------------------------------------
# Goes on with a gate that was interrupted, or whose budget was spent: its file is read back in.


def load(path: Path) -> Json:
    found = verdicts.load(path)
    if found["machine"]["fingerprint"] != fingerprinted()["fingerprint"]:
        raise UsageError(
            f"{path} was measured on another machine, or another kernel: its rounds cannot be "
            "combined with new ones. Measure again without --resume."
        )
    return found


def rules_of(found: Json) -> Rules:
    kept = {key: found["rules"][key] for key in found["rules"] if key != "looks"}
    return Rules(**{"search": kept["error"], **kept})


def check_rules(path: Path, found: Json, rules: Rules, given: Json) -> None:
    """What was already looked at by one rule is not judged by another."""
    if list(rules.looks) != found["rules"]["looks"]:
        raise UsageError(
            f"{path} was judged after {found['rules']['looks']} rounds, and this Convoy judges "
            f"after {list(rules.looks)}. Measure again without --resume."
        )
    for key, value in given.items():
        check_same(path, f"--{key.replace('_', '-')}", found["rules"][key], value)


def check_same(path: Path, option: str, before: Any, value: Any) -> None:
    if value is not None and value != before:
        raise UsageError(
            f"{path} was measured with {option} {before}, not {value}. Leave out {option}, or "
            "measure again without --resume."
        )


def check_program(path: Path, found: Json, arm: str, program: Program) -> None:
    before = found[arm]["sha256"]
    if before != program.sha256:
        raise UsageError(
            f"the {arm} {program.path} is not the one of {path}: its sha256 is "
            f"{program.sha256[:12]}…, and was {str(before)[:12]}…. Measure again without --resume."
        )


def restore(session: Session, found: Json) -> None:
    """Gives a session that holds the same names what was measured before, round by round."""
    for failure in found["failed"]:
        session.failed.append(Failure(failure["name"], failure["arm"], failure["reason"]))
    for left in found.get("skipped", []):
        session.skipped.append(Failure(left["name"], left["arm"], left["reason"]))
    for each in found["benchmarks"]:
        if each.get("setting") is not None:
            metric = each.get("settled_metric", each["metric"])
            session.settle(each["name"], Plan(each["setting"], metric))
    kept = {each["name"]: each["samples"] for each in found["benchmarks"]}
    session.seconds = found["seconds"]
    session.load1 = found["evidence"]["load1"]
    share = found["evidence"]["steal_share"]
    session.stolen = [] if share is None else [share]
    others = found["evidence"].get("foreign_share")
    session.foreign = [] if others is None else [others]
    trials = session.family.trials
    while True:
        given_up = [trial for trial in trials.values() if trial.futile]
        if not session.family.wanted():
            if not any(len(kept[trial.name]) > trial.rounds for trial in given_up):
                return
            session.family.press_on()
        numbers = {name: trials[name].rounds for name in session.family.wanted()}
        if any(number >= len(kept[name]) for name, number in numbers.items()):
            break
        for name, number in numbers.items():
            session.samples[name].append(kept[name][number])
        session.judge({name: kept[name][number] for name, number in numbers.items()})


# -------------------------------------------------------------------------------------------------
# What a gate needs before it can begin: both programs, and what they have in common.

Json = dict[str, Any]
SIDES = ("base", "contender")
MOST_ASKED = 50  # names that one side alone has, about which it is asked whether they are any


def prepare(
    arguments: argparse.Namespace, chosen: Chosen, found: Optional[Json], folder: Path
) -> Record:
    """Finds both programs and what they have in common; nothing is measured yet."""
    for arm in SIDES:
        check_side(arguments, arm, found)
    sides = {arm: side(arguments, arm, found) for arm in SIDES}
    cpus = chosen.cpus if found is None or chosen.cpus else found["pinned"]
    base, contender = (
        Program(sides[arm].path, folder, chosen.limit_s, cpus, sides[arm].cwd) for arm in SIDES
    )
    rules, seed = chosen.rules, arguments.seed
    if found is not None:
        for arm, program in zip(SIDES, (base, contender)):
            check_program(arguments.resume, found, arm, program)
        rules = rules_of(found)
        check_rules(arguments.resume, found, rules, chosen.given)
        check_same(arguments.resume, "--seed", found["seed"], seed)
        check_same(arguments.resume, "--pin", found["pinned"], chosen.cpus)
        seed = found["seed"]
    elif base.sha256 == contender.sha256 and not arguments.quiet:
        note("base and contender are the same file: whatever differs is noise")
    listed = {arm: program.names() for arm, program in zip(SIDES, (base, contender))}
    for arm, program in zip(SIDES, (base, contender)):
        there = {name for other in SIDES if other != arm for name in listed[other]}
        doubtful = [name for name in listed[arm] if name not in there][:MOST_ASKED]
        banner = {name for name in doubtful if not program.really_has(name)}
        listed[arm] = [name for name in listed[arm] if name not in banner]
    names = [name for name in listed["base"] if name in set(listed["contender"])]
    if found is not None:
        names = [each["name"] for each in found["benchmarks"]]
    wanted = [name for name in names if chosen.pattern.search(name) or found is not None]
    check_names(chosen.pattern.pattern, listed, names, wanted)
    conditions = Conditions(
        base, contender, rules, int(time.time()) if seed is None else seed,
        arguments.metric, chosen.budget_s,
    )  # fmt: skip
    session = Session.of(conditions, wanted)
    session.progress = Progress(arguments.quiet)
    for name in wanted if found is None else []:
        if told := unclear(name, base, contender):
            session.failed.append(told)
            session.family.drop(name)
    if found is not None:
        restore(session, found)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Record(
        session,
        started=now if found is None else found["started"],
        command=["scripts/convoy", *sys.argv[1:]] if found is None else found["command"],
        added=alone(chosen, listed, "contender") if found is None else found["added"],
        removed=alone(chosen, listed, "base") if found is None else found["removed"],
        pinned=None if cpus is None else list(cpus),
        refs={arm: (sides[arm].ref, sides[arm].commit) for arm in SIDES},
        allow_inconclusive=arguments.allow_inconclusive,
    )


def check_side(arguments: argparse.Namespace, arm: str, found: Optional[Json]) -> None:
    """Found out before the other side is built, which may take long."""
    path, ref = getattr(arguments, arm), getattr(arguments, f"{arm}_ref")
    if path is not None and ref is not None:
        raise UsageError(f"--{arm} and --{arm}-ref exclude each other: give one.")
    if ref is not None:
        if not arguments.build or not arguments.program:
            raise UsageError(f"--{arm}-ref needs --build CMD and --program PATH: how to build, and "
                             "the built program.")
        builds.check(ref, arguments.build, arguments.program, Path.cwd())
    elif path is not None:
        check_path(path)
    elif found is None:
        raise UsageError(f"--{arm} is missing: give a program, or a commit with --{arm}-ref REF.")


class Side(NamedTuple):
    """A program; the ref and commit it was built from, if it was; where it runs, if not here."""

    path: Path
    ref: Optional[str] = None
    commit: Optional[str] = None
    cwd: Optional[Path] = None


def side(arguments: argparse.Namespace, arm: str, found: Optional[Json]) -> Side:
    path, ref = getattr(arguments, arm), getattr(arguments, f"{arm}_ref")
    if ref is not None:
        built = builds.built(ref, arguments.build, arguments.program, Path.cwd())
        cwd = built.checkout if arguments.cwd == "checkout" else None
        return Side(built.program, ref, built.commit, cwd)
    if path is None:
        assert found is not None
        kept = found[arm]
        cwd = kept.get("cwd")
        if cwd is not None and not Path(cwd).is_dir():
            raise UsageError(
                f"the {arm} ran in {cwd}, which no longer exists. Measure again without --resume."
            )
        return Side(Path(kept["program"]), kept["ref"], kept["commit"], cwd and Path(cwd))
    return Side(path)


def unclear(name: str, base: Program, contender: Program) -> Optional[Failure]:
    """Why it is not known which benchmark of the other program it is to be held against."""
    plain = base.shared_name(name) or contender.shared_name(name)
    if plain is None or base.alike.get(plain) == contender.alike.get(plain):
        return None
    one, other = base.alike.get(plain, 1), contender.alike.get(plain, 1)
    reason = (
        f"the base has {one} benchmarks called {plain}, and the contender {other}, so they cannot "
        "be matched. Give them distinct names."
    )
    return Failure(name, "base", reason)


def alone(chosen: Chosen, listed: dict[str, list[str]], arm: str) -> list[str]:
    """What only this one has: listed, and no failure."""
    others = {name for other in SIDES if other != arm for name in listed[other]}
    return [name for name in listed[arm] if name not in others and chosen.pattern.search(name)]


def check_names(
    pattern: str, listed: dict[str, list[str]], names: list[str], wanted: list[str]
) -> None:
    if wanted:
        return
    if names:
        raise UsageError(f"--filter {pattern!r} matches none of {len(names)} benchmarks.")
    counts = " and ".join(f"{len(found)} of the {arm}" for arm, found in listed.items())
    raise UsageError(
        f"the programs have no benchmark in common ({counts}). Are they builds of one program?"
    )
