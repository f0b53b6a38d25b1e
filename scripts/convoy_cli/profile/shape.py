"""What is needed of states.json, as a schema; fields that are added later do no harm."""

from __future__ import annotations

from typing import Any

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
