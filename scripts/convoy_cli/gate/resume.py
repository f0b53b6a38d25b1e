"""Goes on with a gate that was interrupted, or whose budget was spent: its file is read back in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UsageError
from . import document as gate_file
from .calibrate import Plan
from .facts import machine
from .program import Program
from .rules import Rules
from .session import Failure, Session

Json = dict[str, Any]


def load(path: Path) -> Json:
    found = gate_file.load(path)
    if found["machine"]["fingerprint"] != machine()["fingerprint"]:
        raise UsageError(
            f"{path} was measured on another machine, or another kernel: its rounds and those of "
            "this one do not mix. Measure anew without --resume."
        )
    return found


def rules(found: Json) -> Rules:
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
