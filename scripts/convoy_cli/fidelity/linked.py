"""What a convoy-bench has linked in, and what its lock policies promise."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..errors import UsageError
from .children import ChildFailed, run

LISTING_S = 30.0
UNITS_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9}


@dataclass(frozen=True)
class Law:
    """How late a seat that slept gets the lock back from one that computes: see LatenessLaw."""

    intervals: float
    sleeps: float
    least_ns: float
    most_ns: float


@dataclass(frozen=True)
class Policy:
    """A lock: one seat at a time computes if it `excludes`; without a law nobody lets go."""

    name: str
    excludes: bool
    interval_ns: float
    lateness: Optional[Law]
    defaults: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Linked:
    """The program, its policies, and its workloads with their parameters' defaults."""

    program: Path
    policies: dict[str, Policy]
    workloads: dict[str, dict[str, str]]

    def having(self, gils: Iterable[str]) -> tuple[str, ...]:
        """Those locks whose policy is there; a lock may have settings, as in `name:key=value`."""
        return tuple(gil for gil in gils if gil.partition(":")[0] in self.policies)

    def gil(self, policy: str, **settings: str) -> str:
        """The lock as the program writes it: what is at its default is left out."""
        defaults = self.policies[policy].defaults if policy in self.policies else {}
        said = [f"{key}={value}" for key, value in settings.items() if defaults.get(key) != value]
        return ":".join([policy, *said])

    def interval_ns(self, gil: str) -> float:
        name, *settings = gil.split(":")
        asked = dict(setting.split("=", 1) for setting in settings)
        text = asked.get("interval", "")
        number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
        unit = text.removeprefix(number)
        if number and unit in UNITS_NS:
            return float(number) * UNITS_NS[unit]
        return self.policies[name].interval_ns


def ask(program: Path) -> Linked:
    """`list --json`, read. Raises UsageError where that is no convoy-bench."""
    try:
        return read(program, json.loads(run([str(program), "list", "--json"], LISTING_S)))
    except ChildFailed as failure:
        raise UsageError(f"`{program} list --json`: {failure}. Type `make build`.") from failure
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"`{program} list --json` does not say what its locks promise ({error!r}): is it a "
            "convoy-bench, and a new one? Type `make build`, or `unset CONVOY_BENCH`."
        ) from error


def read(program: Path, told: dict[str, Any]) -> Linked:
    policies = {}
    for gil in told["gils"]:
        law = gil["lateness"]
        policies[gil["name"]] = Policy(
            gil["name"], bool(gil["excludes"]), float(gil["interval_ns"]),
            None if law is None else Law(*(float(law[key]) for key in Law.__annotations__)),
            defaults(gil),
        )  # fmt: skip
    workloads = {workload["name"]: defaults(workload) for workload in told["workloads"]}
    return Linked(program, policies, workloads)


def defaults(entry: dict[str, Any]) -> dict[str, str]:
    return {parameter["name"]: parameter["default"] for parameter in entry["parameters"]}
