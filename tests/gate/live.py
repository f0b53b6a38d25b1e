#!/usr/bin/python3
"""Puts the gate itself to the test on this machine: tests/gate/live.py --sessions N [--effect 1.05]

Each session is one `scripts/convoy gate` of convoy-known-truth against itself. With an effect, one
benchmark of each kind (cpu, mem, threads) does so much more work in the contender, others in each
session. A session adds one line to the file, so an interrupted study goes on where it was; without
--sessions only the table of the file is printed.
Exit: 0 done, 1 the gate did not judge, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
sys.dont_write_bytecode = True

from convoy_cli.core.processes import ProcessFailed  # noqa: E402

import live_table  # noqa: E402
from load import one_core_loaded  # noqa: E402
from record import PROGRAM  # noqa: E402
from sources import kind_of  # noqa: E402

GATE = ROOT / "scripts" / "convoy"
RESULT = Path(__file__).resolve().parent / "live.jsonl"
JUDGED = (0, 1, 3, 4)
LONGEST_S = 3600
Json = dict[str, Any]


def arm(folder: Path, name: str, program: Path, factors: dict[str, float]) -> Path:
    """A program that slows some benchmarks: a script with the same length for every factor."""
    asked = ",".join(["*=1.000", *(f"{key}={value:.3f}" for key, value in factors.items())])
    path = folder / name
    path.write_text(
        f'#!/bin/sh\nCONVOY_SLOWDOWN={shlex.quote(asked)} exec {shlex.quote(str(program))} "$@"\n'
    )
    path.chmod(0o755)
    return path


def chosen_to_slow(names: list[str], number: int) -> list[str]:
    """One of each kind, and in later sessions the next."""
    kinds = sorted({kind_of(name) for name in names})
    alike = [[name for name in names if kind_of(name) == kind] for kind in kinds]
    return [some[number % len(some)] for some in alike]


def session(chosen: argparse.Namespace, names: list[str], number: int, folder: Path) -> Json:
    effect = chosen.effect
    slowed = chosen_to_slow(names, number) if effect != 1.0 else []
    program = chosen.program.resolve()
    known = [name.partition("/")[0] for name in slowed]
    base = arm(folder, "base", program, dict.fromkeys(known, 1.0))
    contender = arm(folder, "contender", program, dict.fromkeys(known, effect))
    document = folder / "gate.json"
    document.unlink(missing_ok=True)
    seed = random.Random(f"{effect} {chosen.loaded} {number}").randrange(1 << 31)
    command = [chosen.gate, "gate", "--base", base, "--contender", contender, "--json", document]
    command += ["--seed", seed, "--filter", chosen.filter, *chosen.option]
    begun = time.monotonic()
    with one_core_loaded(chosen.loaded):
        done = subprocess.run(
            [str(word) for word in command],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8",
            timeout=LONGEST_S,
        )  # fmt: skip
    if done.returncode not in JUDGED or not document.exists():
        raise RuntimeError(f"exit {done.returncode} of {command}\n{done.stderr[-2000:]}")
    told = json.loads(document.read_text(encoding="utf-8"))
    return {
        "effect": effect, "loaded": chosen.loaded, "number": number, "seed": seed,
        "exit": done.returncode, "verdict": told["verdict"],
        "seconds": round(time.monotonic() - begun, 1),
        "benchmarks": [
            [one["name"], one["verdict"], rounded(one["ratio"]), rounded(one["low"]),
             rounded(one["high"]), one["rounds"], one["name"] in slowed]
            for one in told["benchmarks"]
        ],
    }  # fmt: skip


def rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 4)


def lines_of(path: Path) -> list[Json]:
    """The sessions so far; a line that was cut off is none."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(line))
        except ValueError:
            print(f"convoy: {path}: a torn line is left out", file=sys.stderr)
    return lines


def add(path: Path, line: Json) -> None:
    text = json.dumps(line, separators=(",", ":")) + "\n"
    if path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size:
        text = "\n" + text
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def run(chosen: argparse.Namespace) -> None:
    listed = [chosen.program, "--benchmark_list_tests"]
    names = subprocess.check_output(listed, text=True, timeout=60).split()
    names = [name for name in names if re.search(chosen.filter, name)]
    before = sum(
        line["effect"] == chosen.effect and line["loaded"] == chosen.loaded
        for line in lines_of(chosen.out)
    )
    with tempfile.TemporaryDirectory() as folder:
        for number in range(before, chosen.sessions):
            line = session(chosen, names, number, Path(folder))
            add(chosen.out, line)
            told = f"{number + 1} of {chosen.sessions}: {line['verdict']}, {line['seconds']} s"
            print(told, file=sys.stderr, flush=True)


def status_of(study: Callable[[argparse.Namespace], None], chosen: argparse.Namespace) -> int:
    """The exit code of a study, which is none without --sessions."""
    try:
        if chosen.sessions:
            study(chosen)
    except KeyboardInterrupt:
        return 130
    except (ProcessFailed, RuntimeError, subprocess.SubprocessError) as error:
        print(f"convoy: {error}", file=sys.stderr)
        return 1
    return 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Put the gate to the test on this machine.")
    parser.add_argument("--sessions", type=int, default=0, help="so many in all, of this kind")
    parser.add_argument("--effect", type=float, default=1.0, help="1.05: 5 %% more work")
    parser.add_argument("--loaded", action="store_true", help="keep one core busy meanwhile")
    parser.add_argument("--filter", default=".", help="which benchmarks, as a regular expression")
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--gate", type=Path, default=GATE, help="the front door")
    parser.add_argument("--option", action="append", default=[], help="one more word for the gate")
    parser.add_argument("--out", type=Path, default=RESULT)
    chosen = parser.parse_args(arguments)
    if chosen.sessions and not chosen.program.exists():
        parser.error(f"{chosen.program} is missing: make test builds it, or name it by --program")
    status = status_of(run, chosen)
    print("\n".join(live_table.table(lines_of(chosen.out))))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
