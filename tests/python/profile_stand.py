"""Stand-ins for convoy-bench and perf, for the tests of the verb profile."""

from __future__ import annotations

import os
from pathlib import Path

import profiled
import pytest
from conftest import ROOT

WRITTEN = ["lanes.png", "lanes.svg", "states.json", "states.png", "states.svg", "trace.json"]
STACKS = ["flame.svg", "stacks.folded"]
PROGRAM = """#!/usr/bin/python3 -IS
import json, os, shutil, sys
with open(os.environ["CALLS"], "a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)
print("a table of the program's own")
if "-o" in sys.argv:
    shutil.copytree(os.environ["STORED"], sys.argv[sys.argv.index("-o") + 1], dirs_exist_ok=True)
sys.exit(int(os.environ.get("STATUS", "0")))
"""
PERF = """#!/bin/sh
echo "$@" >> "$PERF_CALLS"
case $1 in
  record) [ -z "$PERF_SAYS" ] || { echo "$PERF_SAYS" >&2; exit 255; }
    while [ "$1" != -- ]; do shift; done; shift; "$@" ;;
  script) cat "$PERF_SCRIPT"; exit "${PERF_STATUS:-0}" ;;
esac
"""
# Says that it is there, waits for a signal, and keeps which it was.
WAITER = """#!/usr/bin/python3
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
with open(os.environ["TOLD"], "w") as told:
    told.write("waiting")
number = signal.sigwait({signal.SIGINT, signal.SIGTERM})
open("ended", "w").write(str(int(number)))
sys.exit(128 + number)
"""


@pytest.fixture
def stand(tmp_path: Path) -> dict[str, str]:
    """The environment in which program and perf are stand-ins."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("bench", PROGRAM), ("perf", PERF)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return {
        "CONVOY_BENCH": str(tools / "bench"), "CALLS": str(tmp_path / "calls"),
        "STORED": str(profiled.write(tmp_path / "stored")), "PATH": f"{tools}:{os.environ['PATH']}",
        "PERF_CALLS": str(tmp_path / "perf-calls"),
        "PERF_SCRIPT": str(ROOT / "tests" / "fixtures" / "perf-script.txt"),
    }  # fmt: skip
