"""Runs that are confined: by another user's limits and rights, or in a namespace of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from runs import BRIEF, STRANGER, TROUBLED, Run, bench

ROOT_USER = os.geteuid() == 0
QUICK = ("run", "--filter", "^cpu_pi/", "--model", "single", "--gil", "none", *BRIEF)
needs_root = pytest.mark.skipif(not ROOT_USER, reason="needs root to become somebody else")


def as_stranger(home: Path, *words: object, **options: Any) -> Run:
    """In the stranger's folder, by a user whom limits and permissions bind."""
    user = STRANGER if ROOT_USER else os.geteuid()
    program = home / "convoy-bench"
    return bench(*words, cwd=home / "out", program=program, user=user, **options)


def unshared(kind: str, script: str, folder: Path, *words: object) -> Run:
    """In a namespace of its own: `script` runs as sh's, with the program as "$@"."""
    user = () if ROOT_USER else ("--map-root-user",)
    before = ("--fork", "--kill-child", kind, *user, "sh", "-euc")
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare here")
    if subprocess.run(["unshare", *before, "true"], capture_output=True, check=False).returncode:
        pytest.skip("namespaces are not to be had here")
    everything = (*before, script, "sh", TROUBLED, *words)
    return bench(*everything, cwd=folder, program=Path("unshare"))
