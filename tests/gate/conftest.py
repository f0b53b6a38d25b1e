"""What the tests of the gate's error rates share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(HERE)]
sys.dont_write_bytecode = True


@pytest.fixture(scope="session")
def built() -> Path:
    """Where the programs of the gate's tests are, if they are built."""
    folder = ROOT / "build" / "release"
    if not (folder / "convoy-known-truth").exists():
        pytest.skip("build/release/convoy-known-truth is not built: make test")
    return folder
