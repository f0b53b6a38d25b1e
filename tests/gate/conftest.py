"""What the tests of the gate's error rates share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from built import BUILD

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(HERE)]
sys.dont_write_bytecode = True


@pytest.fixture(scope="session")
def built() -> Path:
    """Where the programs of the gate's tests are, if they are built."""
    if not (BUILD / "convoy-known-truth").exists():
        pytest.skip(f"{BUILD}/convoy-known-truth is not built: make test")
    return BUILD
