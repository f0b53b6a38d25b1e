"""Runs just those benchmarks of convoy-bench that somebody needs, and reads their result."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..core.errors import UsageError
from ..core.processes import ProcessFailed, forward, output
from . import load
from .rows import Result

ADVICE = "Type `make build`."
LISTING_S = 60.0


def narrowed(
    program: Path, axes: Sequence[str], workloads: Sequence[str], wanted: Callable[[str], bool]
) -> list[str]:
    """Words for `run`: `axes`, and a filter for each wanted one of the names that they make.

    Axes are multiplied with each other, so they make more names than anybody wants.
    """
    listed = listing(program, [*axes, *filters(f"^{workload}/" for workload in workloads)])
    chosen = [name for name in listed if wanted(name)]
    if not chosen:
        raise UsageError(f"{program} has none of the benchmarks that are needed. {ADVICE}")
    return [*axes, *filters(f"^{escaped(name)}$" for name in chosen)]


def filters(expressions: Iterable[str]) -> list[str]:
    return [word for expression in expressions for word in ("--filter", expression)]


def listing(program: Path, axes: Sequence[str]) -> list[str]:
    try:
        return output([str(program), "list", "--names", *axes], LISTING_S).splitlines()
    except ProcessFailed as failure:
        raise UsageError(f"`{program} list --names`: {failure}. {ADVICE}") from failure


def run(program: Path, words: Sequence[str], file: Path) -> Result:
    """`run` with these words, its progress passed on; the result is written to `file`."""
    command = [str(program), "run", *words, "--no-overhead", "--json", str(file)]
    forward(command, ADVICE, stdout=subprocess.DEVNULL)
    if not file.exists():
        raise UsageError(f"`{program} run` wrote no result. {ADVICE}")
    return load.load(file)


def escaped(name: str) -> str:
    """Of a name what stands for something else in the program's expressions."""
    return name.replace(".", r"\.").replace("+", r"\+")
