"""What decides speed of what a Google Benchmark file says about itself, and a number for it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Optional

Json = dict[str, Any]

MACHINE = ("num_cpus", "cpu_scaling_enabled", "caches", "aslr_enabled")
BUILD = ("library_version", "library_build_type")
# Who it was and how fast it ran at that moment: no other machine, and told beside.
BESIDE = ("host_name", "mhz_per_cpu")
CACHE = ("type", "level", "size", "num_sharing")
# Of what a program adds of its own (`--benchmark_context=cpu_model=...`).
OF_MACHINE = re.compile(r"(?<![a-z])(?:cpu|kernel|arch|machine)", re.IGNORECASE)
OF_COMPILER = re.compile(r"compiler|flags", re.IGNORECASE)
PASSING = re.compile(r"host|mhz|ghz|clock|freq|load|temp|time|date|machine_?name", re.IGNORECASE)


def facts_of(context: Any) -> dict[str, Json]:
    """What decides speed, by what it is of: machine, compiler, build."""
    facts: dict[str, Json] = {"machine": {}, "compiler": {}, "build": {}}
    for key, value in context.items() if isinstance(context, Mapping) else ():
        group = group_of(key)
        if group is not None and value is not None:
            facts[group][key] = caches(value) if key == "caches" else alike(value)
    return facts


def group_of(key: str) -> Optional[str]:
    if key in MACHINE:
        return "machine"
    if key in BUILD:
        return "build"
    if key in BESIDE or PASSING.search(key):
        return None
    if OF_COMPILER.search(key):
        return "compiler"
    return "machine" if OF_MACHINE.search(key) else None


def beside(context: Any) -> dict[str, str]:
    """The host and its clock, as text."""
    if not isinstance(context, Mapping):
        return {}
    known = {key: alike(context[key]) for key in BESIDE if context.get(key) is not None}
    return {key: str(value) for key, value in known.items() if value != ""}


def fingerprint(facts: Mapping[str, Json]) -> Optional[str]:
    """The same for two files that differ in nothing that decides speed; None: nothing is known."""
    known = {group: values for group, values in facts.items() if values}
    if not known:
        return None
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def caches(value: Any) -> Any:
    """A cache a text, such as `Data 1 32768 1`."""
    if not isinstance(value, list):
        return alike(value)
    return [
        " ".join(str(alike(each.get(key, ""))) for key in CACHE)
        if isinstance(each, Mapping)
        else alike(each)
        for each in value
    ]


def alike(value: Any) -> Any:
    """4, 4.0 and "4" are one number, true and "true" one truth; what is no fact is its kind."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{value:.15g}" if abs(value) < 1e300 else "no number"
    if isinstance(value, str):
        return " ".join(value.split())
    return f"a {type(value).__name__}"
