"""Stand-ins for interpreters and for convoy-bench, and the front door called with them."""

from __future__ import annotations

import json
import os
import select
from pathlib import Path
from typing import Any

LIST = {
    "workloads": [
        {"name": name, "family": "gil", "parameters": []}
        for name in ("gil_reacquire", "gil_convoy_echo", "gil_countdown", "gil_latency", "gil_race")
    ],
    "gils": [{"name": name, "parameters": [{"name": "interval"}]}
             for name in ("none", "cpython32", "cpython313")]
    + [{"name": "cpython27", "parameters": [{"name": "interval"}, {"name": "tick"}]}]
    + [{"name": "pypy", "parameters": [{"name": "interval"}, {"name": "bytecode"}]}],
}  # fmt: skip

# Answers like the probes of an interpreter with a 5 ms lock, at once; $TROUBLE changes that.
# Hundreds of the two are started, most of whose time is importing: hence -I, -S, and no json.
JSON = """def json(made):
    words = str(made).replace("'", '"').replace("True", "true").replace("False", "false")
    return words.replace("None", "null")
"""
INTERPRETER = f'''#!/usr/bin/python3 -IS
import os, sys, time
{JSON}
''' + '''
probe, *words = sys.argv[2:]
asked = {key: int(value) for key, _, value in (word.partition("=") for word in words)}
trouble, where = (os.environ.get("TROUBLE", "") + " ").split(" ")[:2]
if trouble and probe == (where or "about"):
    if trouble == "hang":
        import subprocess
        child = subprocess.Popen(["sleep", "1000"])
        with open(os.environ["PIDS"], "w") as file:
            file.write(f"{os.getpid()} {child.pid}")
        open(os.environ["READY"], "w").close()
        print("ready", flush=True)
        time.sleep(1000)
    if trouble == "crash":
        os.abort()
    if trouble == "fail":
        sys.exit("MemoryError: no room")
    print({"rubbish": "Welcome!", "wrong": "{}", "list": "[1]", "nan": '{"lateness_ns": [NaN]}'}
          [trouble])
    sys.exit()
if probe == "latency" and asked.get("call_ns", 0) > int(os.environ.get("STARVES", "10000000")):
    sys.exit("it starves")
spinners, interval = asked.get("spinners", 0), asked.get("interval_ns", 5000000)
late = int(100000 + interval * spinners * float(os.environ.get("SLOWER", "1")))
print(json({
    "about": {"implementation": os.environ.get("IMPLEMENTATION", "CPython"),
              "version": os.environ.get("VERSION", "3.11.2"), "gil": True,
              "free_threaded": False, "interval_ns": 5000000, "executable": sys.argv[0]},
    "turns": {"turn_ns": eval(os.environ.get("TURNS", "[400000, 500000]"))},
    "ticks": {"tick_ns": eval(os.environ.get("TICKS", "[5]"))},
    "reacquire": {"lateness_ns": [late] * asked.get("count", 0), "wall_ns": 1000},
    "latency": {"lateness_ns": [late] * asked.get("count", 0), "wall_ns": 1000, "call_ns": 0},
    "echo": {"operation_ns": [late] * 50, "wall_ns": late * 50,
             "cpus": str(sorted(os.sched_getaffinity(0)))},
    "throughput": {"rounds": [{"cycle": 0, "workers": n, "operations": 100, "wall_ns": 100}
                              for n in (1, 2, 4)]},
    "race": {"updates": 1000, "lost": 7 if asked.get("call") else 0},
}[probe]))
'''
BENCH = f'''#!/usr/bin/python3 -IS
import os, sys
{JSON}
''' + '''
verb, *words = sys.argv[1:]
if verb == "list":
    print(os.environ["LISTED"])
if verb == "doctor":
    print(json({"findings": [
        {"verdict": os.environ.get("DOCTOR", "ok"), "measured": "it is busy", "advice": "wait"}]}))
if verb != "run":
    sys.exit()
options = {words[at]: words[at + 1] for at in range(len(words) - 1) if words[at].startswith("-")}
parameters = dict(words[at + 1].split(".")[1].split("=")
                  for at, word in enumerate(words) if word == "--param")
with open(os.environ["CALLS"], "a") as file:
    file.write(json(words + ["on", str(sorted(os.sched_getaffinity(0)))]) + "\\n")
workload = options["--filter"].strip("^/")
interval = int((options["--gil"].partition("interval=")[2] or "5000000ns")[:-2])
late = 100000 + interval * int(parameters.get("spinners", 0))
count = int(options.get("--operations", 120))
buckets = [[late - 100, late + 100, count]]
lost = 7 if parameters.get("checkpoints") == "every_op" else 0
failed = [{"name": workload, "reason": "it hangs"}] if os.environ.get("BROKEN") == workload else []
rows = [{"workload": workload, "name": workload, "workers": int(workers), "operations": count,
         "median_ns": late,
         "latency": {"kind": "lateness", "count": count, "buckets": buckets},
         "samples": [{"operations": count, "wall_ns": late * count, "lost_per_million": lost}]}
        for workers in options["--workers"].split(",")]
with open(options["--json"], "w") as file:
    file.write(json({"convoy": {"rows": [] if failed else rows, "failed": failed}}))
sys.exit(1 if failed else 0)
'''


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def pids_in(path: Path) -> list[int]:
    """What a program has written of itself and its children, as far as it came."""
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


class Clock:
    """Stands still, but while both that have written their pids run, each look takes an hour.

    They print something after that, for whoever sleeps to look.
    """

    def __init__(self, pids: Path) -> None:
        self.pids, self.now_s = pids, 0.0

    def monotonic(self) -> float:
        both = pids_in(self.pids)
        if len(both) == 2 and Path(f"/proc/{both[0]}").exists():
            self.now_s += 3600
        return self.now_s


def is_gone(pid: int) -> bool:
    """Whether a process that was killed has died; it is given ten minutes for that."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 600)[0])
    finally:
        os.close(process)


def listed(*without: str) -> str:
    """What `convoy-bench list --json` prints, but for some workloads and locks."""
    kept = {
        key: [entry for entry in entries if entry["name"] not in without]
        for key, entries in LIST.items()
    }
    return json.dumps(kept)


class Stand:
    """Stand-ins in a folder, and the front door called with them."""

    def __init__(self, folder: Path, convoy: Any) -> None:
        self.folder, self.convoy = folder, convoy
        self.interpreter = program(folder / "python-fake", INTERPRETER)
        self.environment = {
            "CONVOY_BENCH": str(program(folder / "bench", BENCH)),
            "LISTED": listed(),
            "CALLS": str(folder / "calls"),
            "PIDS": str(folder / "pids"),
            "READY": str(folder / "ready"),
        }

    def words(self, *more: str) -> list[str]:
        return ["fidelity", "--interpreter", str(self.interpreter), "--no-search", *more]

    def call(self, *more: str, **environment: str) -> Any:
        return self.convoy(*self.words(*more), **self.environment | environment)

    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    def document(self) -> Any:
        return json.loads((self.folder / "results/fidelity/fidelity.json").read_text())
