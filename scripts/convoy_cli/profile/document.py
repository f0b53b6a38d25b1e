"""Reads what `convoy-bench profile` wrote: states.json and trace.json of one round."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Optional

from ..core.errors import UsageError
from ..core.schema import compile_schema, first_breach

# -------------------------------------------------------------------------------------------------
# What is needed of states.json, as a schema; fields that are added later do no harm.

_BOUNDS = {"minimum": -(2**63), "maximum": 2**63}
_COUNT = {"type": "integer"} | _BOUNDS
_MAYBE = {"type": ["integer", "null"]} | _BOUNDS
_TIMES = {"type": "object", "additionalProperties": _COUNT}
_STATES = ("running_ns", "gil_ns", "lock_ns", "io_ns", "sleep_ns", "gate_ns", "unattributed_ns")
_HELD = ("holds", "hold_ns", "longest_hold_ns", "waits", "wait_ns", "longest_wait_ns")


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


SCHEMA = _object(
    schema_version=_COUNT,
    name={"type": "string"},
    model={"type": "string"},
    gil={"type": "string"},
    operations=_COUNT,
    wall_ns={"type": "integer", "minimum": 0},
    gate_opened_ns=_COUNT,
    cost=_object(ratio={"type": ["number", "null"]}, events_per_second={"type": "number"})
    | {"additionalProperties": {"type": ["number", "null", "array"]}},
    events=_object(dropped=_COUNT),
    notes={"type": "array", "items": {"type": "string"}},
    seats={
        "type": "array",
        "minItems": 1,
        "items": _object(
            seat=_COUNT,
            workers={"type": "array", "items": _COUNT},
            worker_count=_COUNT,
            wall_ns={"type": "integer", "minimum": 0},
            states=_object(**dict.fromkeys(_STATES, _COUNT), runnable_ns=_MAYBE),
            io_ns=_TIMES,
            lock_ns=_TIMES,
            gil={"type": ["object", "null"], "additionalProperties": {"type": ["number", "null"]}},
        ),
    },
    locks={
        "type": "array",
        "items": _object(
            name={"type": "string"},
            policy={"type": "string"},
            seats={"type": "array", "items": _COUNT},
            **dict.fromkeys(_HELD, _COUNT),
            longest_hold_seat=_MAYBE,
            longest_wait_seat=_MAYBE,
            longest_wait_holders={"type": "array", "items": _COUNT},
            forced_drops=_COUNT,
            asks=_COUNT,
        ),
    },
)


# -------------------------------------------------------------------------------------------------
# Reads what `convoy-bench profile` wrote: states.json and trace.json of one round.

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
        raise ValueError(f"tid {tid} is not a lane")


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
    raise ValueError(f"it holds {constant}, which is not a number")


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
        raise ValueError(f"{value} is not a time")
    return number


# -------------------------------------------------------------------------------------------------
# Slices of a lane as cells that can be drawn: those too short become the shares of a cell.

COLUMNS = 1000  # how many cells a window has room for


class Cell(NamedTuple):
    begin_us: float
    end_us: float
    shares: tuple[tuple[str, float], ...]  # of its time, by name; they add up to at most 1


def cells(slices: Iterable[Slice], begin_us: float, end_us: float) -> list[Cell]:
    """What lies in the window: a slice by itself where it is wide enough to be seen."""
    least = (end_us - begin_us) / COLUMNS
    found: list[Cell] = []
    short: list[Slice] = []
    for one in slices:
        begin, end = max(one.begin_us, begin_us), min(one.end_us, end_us)
        if end <= begin:
            continue
        if end - begin >= least:
            found += mixed(short, least)
            short = []
            found.append(mix([clipped(one, begin, end)]))
        else:
            if short and begin - short[-1].end_us >= least:
                found += mixed(short, least)
                short = []
            short.append(clipped(one, begin, end))
    return found + mixed(short, least)


def clipped(one: Slice, begin_us: float, end_us: float) -> Slice:
    """The part of it that is in the window, with as much of its time without a CPU."""
    share = (end_us - begin_us) / max(one.end_us - one.begin_us, 1e-9)
    return Slice(begin_us, end_us, one.name, one.runnable_us * share)


def mixed(short: list[Slice], least: float) -> list[Cell]:
    """Cells of at least the least width in place of slices that are each shorter than that."""
    found = []
    here: list[Slice] = []
    for one in short:
        here.append(one)
        if one.end_us - here[0].begin_us >= least:
            found.append(mix(here))
            here = []
    return found + ([mix(here)] if here else [])


def mix(slices: list[Slice]) -> Cell:
    begin, end = slices[0].begin_us, slices[-1].end_us
    times: dict[str, float] = {}
    for one in slices:
        length = one.end_us - one.begin_us - one.runnable_us
        times[one.name] = times.get(one.name, 0.0) + length
        if one.runnable_us > 0:
            times["runnable"] = times.get("runnable", 0.0) + one.runnable_us
    width = max(end - begin, 1e-9)
    return Cell(begin, end, tuple((name, time / width) for name, time in sorted(times.items())))
