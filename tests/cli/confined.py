"""Runs that are confined: by another user's limits and rights, or in a namespace of their own."""

from __future__ import annotations

import functools
import os
import pwd
import random
import resource
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from runs import BRIEF, TROUBLED, Run, bench, pids, wait_for

ROOT_USER = os.geteuid() == 0
QUICK = ("run", "--filter", "^cpu_pi/", "--model", "single", "--gil", "none", *BRIEF)
needs_root = pytest.mark.skipif(not ROOT_USER, reason="needs root to become somebody else")


CLAIMS: list[socket.socket] = []  # bound while this process lives


def owners() -> set[int]:
    """The users that run something."""
    found = set()
    for pid in pids():
        try:
            found.add(os.stat(f"/proc/{pid}").st_uid)
        except FileNotFoundError:
            pass
    return found


def has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def claim(uid: int) -> bool:
    """For this process alone among all that run these tests."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0convoy-test-user-{uid}")
    except OSError:
        name.close()
        return False
    CLAIMS.append(name)
    return True


@functools.cache
def stranger() -> int:
    """A user who runs nothing, for limits count all processes of a user; without root, this one."""
    if not ROOT_USER:
        return os.geteuid()
    busy = owners()
    # In any order: what runs in other containers counts, too, and is not seen.
    for uid in random.sample(range(60_000, 65_000), 1_000):
        if uid not in busy and not has_name(uid) and claim(uid):
            return uid
    pytest.skip("every user from 60000 to 64999 is taken")


def as_stranger(home: Path, *words: object, **options: Any) -> Run:
    """In the stranger's folder, by a user whom limits and permissions bind."""
    if resource.RLIMIT_NPROC in options.get("limits", {}):
        wait_for(lambda: stranger() not in owners(), "the stranger's last process to be gone")
    program = home / "convoy-bench"
    return bench(*words, cwd=home / "out", program=program, user=stranger(), **options)


def unshared(kind: str, preparation: str, script: str, folder: Path, *words: object) -> Run:
    """In a namespace of its own, after `preparation`: `script` runs as sh's, the program as "$@".

    Skips the test where a namespace, or what is prepared in it, is not to be had.
    """
    user = () if ROOT_USER else ("--map-root-user",)
    before = ("--fork", "--kill-child", kind, *user, "sh", "-euc")
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare here")
    tried = subprocess.run(
        ["unshare", *before, preparation], cwd=folder, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    if tried.returncode:
        pytest.skip(f"no namespace as it is needed: {tried.stderr.strip()}")
    everything = (*before, f"{preparation}; {script}", "sh", TROUBLED, *words)
    return bench(*everything, cwd=folder, program=Path("unshare"))
