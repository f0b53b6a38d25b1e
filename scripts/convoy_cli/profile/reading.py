"""Reads what `convoy-bench profile` wrote: states.json and trace.json of one round."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Optional

from ..errors import UsageError
from ..schema import compile_schema, first_breach
from .shape import SCHEMA

Json = dict[str, Any]
VERSION = 1
STATES, TRACE = "states.json", "trace.json"
AGAIN = "Profile again into a new folder, `scripts/convoy profile NAME -o NEW`."
SEATS, OWNERS, SECOND, TASKS = 1, 1_000_001, 10_000, 2_000_001  # where lanes' numbers begin


class Slice(NamedTuple):
    begin_us: float
    end_us: float
    name: str
    runnable_us: float = 0.0  # of it; when, is not known


class Handover(NamedTuple):
    """From the lane of the seat that let the lock go to that of the next to take it."""

    from_seat: int
    released_us: float
    to_seat: int
    taken_us: float


@dataclass
class Lane:
    name: str = ""
    slices: list[Slice] = field(default_factory=list)


@dataclass
class Trace:
    """The lanes of trace.json by their numbers in each kind, and what leads between them."""

    seats: dict[int, Lane] = field(default_factory=dict)
    owners: dict[int, Lane] = field(default_factory=dict)
    tasks: dict[int, Lane] = field(default_factory=dict)
    handovers: list[Handover] = field(default_factory=list)
    asked: list[tuple[int, float]] = field(default_factory=list)

    def lane(self, tid: int) -> Lane:
        for kind, first in ((self.tasks, TASKS), (self.owners, OWNERS), (self.seats, SEATS)):
            if tid >= first:
                return kind.setdefault(tid - first, Lane())
        raise ValueError(f"tid {tid} is no lane")


class Profile(NamedTuple):
    folder: Path
    states: Json
    trace: Trace


def load(folder: Path) -> Profile:
    states = read(folder / STATES)
    version = states.get("schema_version") if isinstance(states, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise UsageError(
            f"{folder / STATES} has version {version}, and this Convoy reads up to {VERSION}: "
            "`git pull`, or read it with the Convoy that wrote it."
        )
    breach = first_breach(compile_schema(SCHEMA), states)
    if breach is not None:
        raise _broken(folder / STATES, f"{breach[0]}: {breach[1]}")
    return Profile(folder, states, _trace(folder / TRACE))


def read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}. {AGAIN}"
        ) from error
    except UnicodeDecodeError as error:
        raise _broken(path, f"byte {error.start} is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _broken(path, str(error) or "it is nested too deeply") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}, which is no number")


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _refuse(digits)


def _broken(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is broken: {why}. {AGAIN}")


def _trace(path: Path) -> Trace:
    document = read(path)
    events = document.get("traceEvents") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise _broken(path, "it has no list traceEvents")
    trace = Trace()
    open_flows: dict[Any, tuple[int, float]] = {}
    for number, event in enumerate(events):
        try:
            _add(trace, open_flows, event)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _broken(path, f"event {number} ({error!r})") from error
    for kind in (trace.seats, trace.owners, trace.tasks):
        for lane in kind.values():
            lane.slices.sort()
    return trace


def _add(trace: Trace, flows: dict[Any, tuple[int, float]], event: Json) -> None:
    phase, name = event["ph"], event.get("name")
    if phase == "M":
        if name == "thread_name":
            trace.lane(int(event["tid"])).name = str(event["args"]["name"])
        return
    tid, at = int(event["tid"]), _number(event["ts"])
    if phase == "X":
        length = max(0.0, _number(event["dur"]))
        runnable = _number(event.get("args", {}).get("runnable_ns", 0)) / 1e3
        slice_ = Slice(at, at + length, str(name), min(max(0.0, runnable), length))
        trace.lane(tid).slices.append(slice_)
    elif phase == "i" and name == "asked":
        trace.asked.append((tid - SEATS, at))
    elif phase == "s":
        flows[event["id"]] = (tid - SEATS, at)
    elif phase == "f":
        begin: Optional[tuple[int, float]] = flows.pop(event["id"], None)
        if begin is not None:
            trace.handovers.append(Handover(*begin, tid - SEATS, at))


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is no time")
    return number
