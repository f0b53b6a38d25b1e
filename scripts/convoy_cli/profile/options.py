"""The options of `scripts/convoy profile`, and what of them the program gets."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import bench, names
from ..errors import UsageError
from ..intervals import duration_ns

# Passed on as they are: what chooses the benchmark, and how it is recorded.
AXES = (
    "suite", "model", "gil", "workers", "carriers", "interpreters", "engine", "stack", "peer",
    "place", "policy", "within", "kind", "smt", "width", "overload",
)  # fmt: skip
# Options that are called otherwise than in names.
OPTIONS = {"stack": "fiber-stack"}
RECORDING = ("rounds", "events", "min-round", "round-limit")
USUAL_PLACE = "core.close"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("name", metavar="NAME", nargs="?", help="a benchmark's name, or a regular expression")
    usual = Path("results/profile")
    add("-o", "--output", metavar="DIR", type=Path, default=usual, help=f"default: {usual}")
    add("--window", metavar="TIME", default="50ms", help="how much of the lanes is drawn (50ms)")
    add("--at", metavar="TIME", default="0ms", help="from when on, after the gate opened (0ms)")
    add("--sample", metavar="TIME", default="2s", help="how long perf samples stacks; 0s: not (2s)")
    add("--from", metavar="DIR", dest="source", type=Path, help="tell and draw that folder again")
    add("--build", metavar="PRESET", choices=bench.PRESETS, help=", ".join(bench.PRESETS))
    add("-q", "--quiet", action="store_true", help="no remarks on stderr")
    chosen = parser.add_argument_group("the benchmark, as for `scripts/convoy run`")
    for axis in AXES:
        chosen.add_argument(f"--{OPTIONS.get(axis, axis)}", dest=axis, metavar="A")
    chosen.add_argument("--param", metavar="W.P=V", action="append", default=[])
    recorded = parser.add_argument_group("the recording")
    for option in RECORDING:
        recorded.add_argument(f"--{option}", metavar="N")


def selection(arguments: argparse.Namespace) -> list[str]:
    """What chooses one benchmark, in the program's words."""
    chosen = {axis: getattr(arguments, axis) for axis in AXES}
    parameters = list(arguments.param)
    pattern = arguments.name
    try:
        name = names.parse(arguments.name)
    except UsageError:
        pass  # a regular expression
    else:
        pattern = f"^{name.workload}(/|$)"
        for key, value in name.settings:
            if key == "place":
                place, _, policy = value.partition(".")
                if value != USUAL_PLACE:
                    chosen["policy"] = chosen["policy"] or policy or place
                    chosen["place"] = chosen["place"] or (place if policy else None)
            elif key in AXES:
                chosen[key] = chosen[key] or value
            else:
                parameters.append(f"{name.workload}.{key}={value}")
    words = ["--filter", pattern]
    for axis, value in chosen.items():
        words += [f"--{OPTIONS.get(axis, axis)}", value] if value is not None else []
    for parameter in parameters:
        words += ["--param", parameter]
    return words


def recording(arguments: argparse.Namespace) -> list[str]:
    words: list[str] = []
    for option in RECORDING:
        value = getattr(arguments, option.replace("-", "_"))
        words += [f"--{option}", value] if value is not None else []
    return [*words, *(["--quiet"] if arguments.quiet else [])]


def time_us(text: str, option: str, least_us: float = 0.0) -> float:
    value = duration_ns(text)
    if value is None or value / 1e3 < least_us:
        what = "a time above zero" if least_us else "a time"
        raise UsageError(f"{option} {text}: write {what} with its unit, such as 50ms or 200us.")
    return value / 1e3
