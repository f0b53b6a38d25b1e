"""What the Python tests share: a made-up result, and the front door as a program."""

from __future__ import annotations

import contextlib
import copy
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(HERE)]
sys.dont_write_bytecode = True

import caches  # noqa: E402
import synthetic  # noqa: E402
from convoy_cli import cli  # noqa: E402
from convoy_cli.charts import drawing  # noqa: E402

CONVOY = ROOT / "scripts" / "convoy"
FAKE_BENCH = ROOT / "tests" / "fixtures" / "fake-convoy-bench"
os.environ["MPLCONFIGDIR"] = caches.VARIABLES["MPLCONFIGDIR"]  # where charts are drawn in here

LIMIT_S = 600  # of one call, on a machine that does something else besides


@pytest.fixture(scope="session", autouse=True)
def filled_caches() -> None:
    caches.fill()


@pytest.fixture(scope="session")
def made() -> dict[str, Any]:
    """A result of a machine with 4 cores: not to be changed; `document` is for that."""
    return synthetic.document(synthetic.Truth(cores=4, workers=(1, 2, 4, 8)))


@pytest.fixture
def document(made: dict[str, Any]) -> dict[str, Any]:
    """The same, to be damaged."""
    return copy.deepcopy(made)


@pytest.fixture
def one_cpu() -> Iterator[int]:
    """Binds this process, and what it starts, to one CPU; how many the machine has."""
    cpus, before = os.cpu_count() or 1, os.sched_getaffinity(0)
    if cpus < 2:
        pytest.skip("the machine has one CPU")
    os.sched_setaffinity(0, {min(before)})
    yield cpus
    os.sched_setaffinity(0, before)


@pytest.fixture
def convoy(tmp_path: Path) -> Any:
    """Calls scripts/convoy in an empty folder, with a locale that knows UTF-8."""

    def call(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(CONVOY), *map(str, words)],
            cwd=tmp_path,
            env=clean_environment() | environment,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            check=False,
        )

    return call


HANDLED = (signal.SIGPIPE, signal.SIGTERM, signal.SIGHUP)  # by cli.main, for its whole process


@pytest.fixture
def inside(tmp_path: Path) -> Any:
    """The same within this process: for verbs that start no program, and in much less time."""

    def call(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        said = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
        handlers = {number: signal.getsignal(number) for number in HANDLED}
        with (
            mock.patch.dict(os.environ, clean_environment() | environment, clear=True),
            contextlib.chdir(tmp_path),
            contextlib.redirect_stdout(said[0]),
            contextlib.redirect_stderr(said[1]),
        ):
            try:
                code = cli.main(list(map(str, words)))
            except SystemExit as ended:
                code = ended.code or 0  # type: ignore[assignment]
            finally:
                for number, handler in handlers.items():
                    signal.signal(number, handler)
        out, error = (stream.buffer.getvalue().decode() for stream in said)  # type: ignore
        return subprocess.CompletedProcess([str(CONVOY), *map(str, words)], code, out, error)

    return call


@pytest.fixture
def blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts that nobody looks at are not drawn: those made by `inside` are empty files."""
    monkeypatch.setattr(drawing, "render", lambda *_: dict.fromkeys(drawing.FORMATS, b""))


# Of the caller's environment, what would change what a program says, or where it looks.
DROPPED = ("BENCHMARK_", "CONVOY_", "GITHUB_", "LC_", "MAKE", "MFLAGS", "NO_COLOR", "PYTHON")


def clean_environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(DROPPED)}
    own = {"LC_ALL": "C.UTF-8", "TERM": "xterm", "COLUMNS": "80", "CONVOY_BENCH": str(FAKE_BENCH)}
    return kept | own | caches.VARIABLES


def assert_complaint(
    done: subprocess.CompletedProcess[str], *parts: str, code: int = 2
) -> None:
    """One message on stderr that a person can act on, nothing on stdout, and the exit code."""
    assert done.returncode == code, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("convoy: ")
    assert done.stderr.count("\n") == 1, done.stderr
    for part in parts:
        assert part in done.stderr


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true",
        help="rewrite tests/fixtures/golden instead of comparing with it",
    )  # fmt: skip
