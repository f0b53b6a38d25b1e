"""A verb that is killed by SIGKILL ends the program that it has started, at whichever call."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from pathlib import Path

import profiled
import pytest
from conftest import CONVOY, LIMIT_S, clean_environment
from fidelity_stand import is_gone

# Stands in for convoy-bench: tells its number through a pipe and does not end, but where it is to
# leave a stored profile first.
PROGRAM = """#!/usr/bin/python3 -IS
import json, os, shutil, signal, sys
if sys.argv[1] == "list":
    gil = {"name": "cpython32", "excludes": True, "interval_ns": 5000000, "lateness": None,
           "parameters": [{"name": "interval", "default": "5ms"}]}
    print(json.dumps({"gils": [gil], "workloads": []}))
    sys.exit(0)
if os.environ.get("STORED") and "-o" in sys.argv:
    shutil.copytree(os.environ["STORED"], sys.argv[sys.argv.index("-o") + 1], dirs_exist_ok=True)
    sys.exit(0)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
with open(os.environ["TOLD"], "w") as told:
    told.write(str(os.getpid()))
while True:
    signal.pause()
"""
PERF = """#!/bin/sh
while [ "$1" != -- ]; do shift; done; shift; "$@"
"""
PROFILE = ("profile", "cpu_pi", "-o", "made")
CALLS = {
    "sweep": (("sweep", "--json", "s.json"), False),
    "profile": (PROFILE, False),
    "profile under perf": (PROFILE, True),
}


def await_number(told: Path, verb: "subprocess.Popen[str]") -> int:
    """What the program writes there, unless the verb ends before it has."""
    pipe = os.open(told, os.O_RDONLY | os.O_NONBLOCK)
    ended = os.pidfd_open(verb.pid)
    try:
        ready = select.select([pipe, ended], [], [], LIMIT_S)[0]
        assert pipe in ready, f"the verb started no program: {verb.communicate()}"
        return int(os.read(pipe, 32))
    finally:
        os.close(pipe)
        os.close(ended)


@pytest.mark.parametrize("words, stored", CALLS.values(), ids=CALLS)
def test_the_program_ends_with_its_verb(
    words: tuple[str, ...], stored: bool, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for name, text in (("bench", PROGRAM), ("perf", PERF)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    told = tmp_path / "told"
    os.mkfifo(told)
    environment = clean_environment() | {
        "CONVOY_BENCH": str(tools / "bench"), "TOLD": str(told), "TMPDIR": str(temporary),
        "PATH": f"{tools}:{os.environ['PATH']}",
    }  # fmt: skip
    if stored:
        environment["STORED"] = str(profiled.write(tmp_path / "stored"))
    verb = subprocess.Popen(
        [str(CONVOY), *words], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    try:
        program = await_number(told, verb)
        verb.kill()
        assert verb.wait(LIMIT_S) == -signal.SIGKILL
        assert is_gone(program)
    finally:
        verb.kill()
        verb.communicate(timeout=LIMIT_S)
