"""What a gate needs before it can begin: both programs, and what a file already holds."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ..core.errors import UsageError
from ..core.machine import fingerprinted
from ..core.terminal import note
from ..results import verdicts
from ..stats.sign_test import Rules
from . import builds
from .document import Record
from .options import Chosen
from .program import Plan, Program, check_path
from .session import Conditions, Failure, Progress, Session

# -------------------------------------------------------------------------------------------------
# Goes on with a gate that was interrupted, or whose budget was spent: its file is read back in.


def load(path: Path) -> Json:
    found = verdicts.load(path)
    if found["machine"]["fingerprint"] != fingerprinted()["fingerprint"]:
        raise UsageError(
            f"{path} was measured on another machine, or another kernel: its rounds and those of "
            "this one do not mix. Measure anew without --resume."
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
            f"after {list(rules.looks)}. Measure anew without --resume."
        )
    for key, value in given.items():
        check_same(path, f"--{key.replace('_', '-')}", found["rules"][key], value)


def check_same(path: Path, option: str, before: Any, value: Any) -> None:
    if value is not None and value != before:
        raise UsageError(
            f"{path} was measured with {option} {before}, not {value}. Leave out {option}, or "
            "measure anew without --resume."
        )


def check_program(path: Path, found: Json, arm: str, program: Program) -> None:
    before = found[arm]["sha256"]
    if before != program.sha256:
        raise UsageError(
            f"the {arm} {program.path} is not the one of {path}: its sha256 is "
            f"{program.sha256[:12]}…, and was {str(before)[:12]}…. Measure anew without --resume."
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
        raise UsageError(f"--{arm} and --{arm}-ref are two of one kind: leave one out.")
    if ref is not None:
        if not arguments.build or not arguments.program:
            raise UsageError(f"--{arm}-ref needs --build CMD and --program PATH: how, and what.")
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
                f"the {arm} ran in {cwd}, which is not there any more. Measure anew without "
                "--resume."
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
        f"the base has {one} benchmarks called {plain}, and the contender {other}: which is which "
        "is not known. Give them names of their own."
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
        f"both programs have no benchmark in common ({counts}). Are they builds of one program?"
    )
