"""Where the programs are that tests run: build/release, or the folder whose tests these are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CONVOY_TEST_BUILD") or ROOT / "build" / "release").absolute()
BENCH = BUILD / "convoy-bench"
