#!/usr/bin/python3
"""Records times for the study of the gate: tests/gate/record.py --minutes M [--loaded | --unbound]

Every round runs each benchmark of convoy-known-truth once an arm, in an order that is drawn anew,
each time as a fresh process that does as much as it would for the gate. The file is replaced as the
rounds go on, so an interrupted recording is a shorter one. The machine should do nothing else.
Exit: 0 recorded, 1 the program fails, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
sys.dont_write_bytecode = True

from convoy_cli.core.processes import ProcessFailed  # noqa: E402
from convoy_cli.core.errors import UsageError  # noqa: E402
from convoy_cli.gate import program as calibrate  # noqa: E402
from convoy_cli.gate.program import Plan, Program  # noqa: E402
from convoy_cli.results import stored  # noqa: E402

import recording  # noqa: E402
from load import one_core_loaded  # noqa: E402
from recording import Recording  # noqa: E402

PROGRAM = ROOT / "build" / "release" / "convoy-known-truth"
ARMS = (1.0, 1.0, 1.0, 1.03, 1.05, 1.1)
SAVE_EVERY = 20
LONGEST_S = 60.0  # of one process


def slow_down(factor: float) -> None:
    """What the next process does more. Equally long for all: an environment moves the stack."""
    os.environ["CONVOY_SLOWDOWN"] = f"*={factor:.3f}"


def counted_work(program: Path, name: str, factor: float) -> int:
    """How many units of work one iteration does, as the program itself counts them."""
    slow_down(factor)
    words = [f"--benchmark_filter=^{name}$", "--benchmark_min_time=1e-9"]
    told = subprocess.check_output(
        [program, *words, "--benchmark_format=json"], stderr=subprocess.DEVNULL, timeout=60
    )
    (row,) = json.loads(told)["benchmarks"]
    return int(row["units"] + 0.5)


def time_ns(program: Program, name: str, plan: Plan, factor: float) -> float:
    """What an iteration takes in a fresh process, by the clock that the gate would choose."""
    slow_down(factor)
    reading = program.run(name, plan.setting).reading
    return reading.cpu_ns if plan.metric == stored.CPU else reading.real_ns


def record(program: Program, made: Recording, chosen: argparse.Namespace, path: Path) -> None:
    names = [name for name in program.names() if name.startswith(chosen.filter)]
    if not names:
        raise UsageError(f"no benchmark's name begins with {chosen.filter}")
    slow_down(1.0)
    plans = {name: calibrate.plan_of(program, name, program.counts) for name in names}
    for name in names:
        work = [counted_work(program.path, name, factor) for factor in made.arms]
        made.announce(name, plans[name].metric, plans[name].setting, work)
    chance = random.Random(made.seed)
    drawn = {name: recording.orders(chance, len(made.arms)) for name in names}
    begun, seconds = time.monotonic(), chosen.minutes * 60
    while made.seconds < seconds or made.rounds == 0:
        for name in names:
            order = next(drawn[name])
            runs = {arm: time_ns(program, name, plans[name], made.arms[arm]) for arm in order}
            made.add(name, [runs[arm] for arm in range(len(made.arms))])
        made.seconds = time.monotonic() - begun
        if made.rounds % SAVE_EVERY == 0:
            recording.write(path, made)
            left = max(0.0, seconds - made.seconds)
            print(f"\r{made.rounds} rounds, {left / 60:.0f} min left ", end="", file=sys.stderr)
    print(file=sys.stderr)


def machine() -> dict[str, object]:
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in told if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load1": os.getloadavg()[0],
    }


def factors(text: str) -> list[float]:
    """Of --arms: at least three that are the same, and what is to be injected."""
    found = [float(word) for word in text.split(",")]
    if found.count(1.0) < 3:
        raise argparse.ArgumentTypeError("base, contender and control need 1,1,1 at least")
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Record times for the study of the gate.")
    parser.add_argument("--minutes", type=float, required=True, help="how long")
    parser.add_argument("--loaded", action="store_true", help="keep one core busy meanwhile")
    parser.add_argument("--unbound", action="store_true", help="let the kernel place the threads")
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--filter", default="", help="only benchmarks whose name begins so")
    parser.add_argument("--arms", type=factors, default=list(ARMS), help="1,1,1,1.03,1.05,1.1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="default: tests/gate/recordings/")
    chosen = parser.parse_args(arguments)
    if not chosen.program.exists():
        parser.error(f"{chosen.program} is missing: make test builds it, or name it by --program")
    state = "loaded" if chosen.loaded else "unbound" if chosen.unbound else "quiet"
    path = chosen.out or recording.FOLDER / f"{state}.json.gz"
    os.environ["CONVOY_UNBOUND"] = "1" if chosen.unbound else "0"
    now = datetime.datetime.now(datetime.timezone.utc)
    made = Recording(
        arms=chosen.arms,
        seed=chosen.seed,
        loaded=chosen.loaded,
        machine=machine(),
        started=now.isoformat(timespec="seconds"),
    )
    status = 0
    try:
        with tempfile.TemporaryDirectory() as folder, one_core_loaded(chosen.loaded):
            record(Program(chosen.program, Path(folder), LONGEST_S), made, chosen, path)
    except UsageError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        status = 130
    except (ProcessFailed, subprocess.SubprocessError) as error:
        print(f"convoy: the program fails: {error}", file=sys.stderr)
        status = 1
    if made.rounds:
        recording.write(path, made)
        print(f"{path}: {made.rounds} rounds, {os.path.getsize(path)} bytes")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
