#!/usr/bin/python3
"""Puts the counting of instructions to the test: tests/gate/counted.py --sessions N [--effect 1.01]

Each session judges every benchmark of convoy-known-truth twice as `gate --instructions` does:
against itself, and against a build that does so much more work. Load does not matter to counts, so
the machine may do other things meanwhile. A session adds lines to the file, so an interrupted study
goes on where it was; without --sessions only the table of the file is printed.
Exit: 0 done, 1 a program fails, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter as Tally
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
sys.dont_write_bytecode = True

from convoy_cli.core.errors import UsageError  # noqa: E402
from convoy_cli.gate.instructions import Count, Counter  # noqa: E402
from convoy_cli.gate.program import Program  # noqa: E402

import counted_table  # noqa: E402
import live  # noqa: E402
from record import PROGRAM, slow_down  # noqa: E402

RESULT = Path(__file__).resolve().parent / "counted.jsonl"
LONGEST_S = 60.0  # of one process, were it not counted
Json = dict[str, Any]


class KnownCounter(Counter):
    """Counts a program against itself, where the contender does `factor` times the work."""

    def __init__(self, base: Program, contender: Program, factor: float) -> None:
        super().__init__(base, contender)
        self.factor = factor

    def count(self, program: Program, name: str, setting: str) -> Count:
        slow_down(self.factor if program is self.contender else 1.0)
        return super().count(program, name, setting)


def judged(program: Path, name: str, factor: float, folder: Path) -> Json:
    """One benchmark, as the gate would judge it beside times that say nothing."""
    base, contender = (Program(program, folder, LONGEST_S) for _ in range(2))
    told = KnownCounter(base, contender, factor).compare(name, None)
    return {"name": name, "effect": factor, **told}


def run(chosen: argparse.Namespace) -> None:
    kept = Tally((line["name"], line["effect"]) for line in live.lines_of(chosen.out))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        names = [name for name in Program(chosen.program, folder, LONGEST_S).names()
                 if name.startswith(chosen.filter)]  # fmt: skip
        for number in range(chosen.sessions):
            begun = time.monotonic()
            for name in names:
                for factor in (1.0, chosen.effect):
                    if kept[name, factor] <= number:
                        live.add(chosen.out, judged(chosen.program, name, factor, folder))
            told = f"{number + 1} of {chosen.sessions}: {time.monotonic() - begun:.0f} s"
            print(told, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Put the counting of instructions to the test.")
    parser.add_argument("--sessions", type=int, default=0, help="so many in all")
    parser.add_argument("--effect", type=float, default=1.01, help="1.01: 1 %% more work")
    parser.add_argument("--filter", default="", help="only benchmarks whose name begins so")
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--out", type=Path, default=RESULT)
    chosen = parser.parse_args(arguments)
    if chosen.sessions and not chosen.program.exists():
        parser.error(f"{chosen.program} is missing: make test builds it, or name it by --program")
    try:
        status = live.status_of(run, chosen)
    except UsageError as error:
        parser.error(str(error))
    print("\n".join(counted_table.table(live.lines_of(chosen.out))))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
