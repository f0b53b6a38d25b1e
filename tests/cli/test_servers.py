"""Real servers, each where it is installed: every model gets the right answers, nothing is left."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from runs import BRIEF, MODELS, ROOT, bench, failures, load, measured, result_of

LIMIT_S = 120.0
NOT_INSTALLED = 77
Start = Callable[[str], str]


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """Starts a server, or says its address again; skips the test where it is not installed."""
    folder = Path("/tmp") / f"convoy-test-servers-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir(mode=0o755)  # others go through it, as `nobody` has to
    used: set[str] = set()

    def call(name: str, what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "scripts/servers" / name, what], env={**os.environ, "TMPDIR": str(folder)},
            capture_output=True, text=True, timeout=LIMIT_S, check=False,
        )  # fmt: skip

    def started(name: str) -> str:
        used.add(name)
        done = call(name, "start")
        if done.returncode == NOT_INSTALLED:
            pytest.skip(done.stderr.strip())
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    try:
        yield started
    finally:
        for name in used:
            call(name, "stop")
        shutil.rmtree(folder, ignore_errors=True)


def require(workload: str, folder: Path) -> None:
    known = load(bench("list", "--json", cwd=folder).stdout)["workloads"]
    if workload not in {entry["name"] for entry in known}:
        pytest.skip(f"{workload} is not built: its library is not installed")


def keys_of_redis(address: str) -> bytes:
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=LIMIT_S) as connection:
        connection.sendall(b"DBSIZE\r\n")
        return connection.recv(64)


WORK = {
    "io_redis": ("redis", (("--param", "io_redis.op=get,put"),
                           ("--param", "io_redis.op=put", "--param", "io_redis.bytes=100KiB"))),
    "io_postgres": ("postgres", ((), ("--param", "io_postgres.rows=1"))),
    "io_http_get": ("nginx", ((),)),
}  # fmt: skip


@pytest.mark.parametrize("engine", ["epoll", "auto"])
@pytest.mark.parametrize("workload", WORK)
def test_every_model_gets_the_same_answers(
    workload: str, engine: str, start: Start, folder: Path
) -> None:
    require(workload, folder)
    server, ways = WORK[workload]
    address = start(server)
    for words in ways:
        run = bench("run", "--filter", f"^{workload}/", "--target", f"{workload}={address}",
                    "--gil", "none,cpython32", "--workers", "1,5", "--carriers", "1,2",
                    "--engine", engine, *words, *BRIEF, "--json", "x.json", cwd=folder)  # fmt: skip
        assert run.code == 0, run.stderr
        convoy = result_of(folder / "x.json")
        assert {row["model"] for row in convoy["rows"]} == set(MODELS)
        assert measured(convoy) >= {workload}
    if server == "redis":
        assert keys_of_redis(address) == b":0\r\n"


@pytest.mark.parametrize("workload, other, reason", [
    ("io_redis", "postgres", "recv"), ("io_redis", "nginx", "is not Redis'"),
    ("io_postgres", "redis", "PostgreSQL"), ("io_postgres", "nginx", "PostgreSQL"),
    ("io_http_get", "redis", "recv from"), ("io_http_get", "postgres", "recv from"),
])  # fmt: skip
def test_another_server_costs_the_row(
    workload: str, other: str, reason: str, start: Start, folder: Path
) -> None:
    require(workload, folder)
    words = ("--target", f"{workload}={start(other)}", "--model", "threads", "--gil", "none")
    run = bench("run", "--filter", f"^{workload}/", *words, "--workers", "2", *BRIEF, "--json",
                "x.json", cwd=folder)  # fmt: skip
    assert run.code == 1, run.stderr
    (told,) = failures(result_of(folder / "x.json")).values()
    assert reason in told and f"scripts/servers/{WORK[workload][0]} start" in told


@pytest.mark.parametrize("workload", WORK)
def test_nobody_listens(workload: str, folder: Path) -> None:
    require(workload, folder)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        target = f"{workload}=127.0.0.1:{bound.getsockname()[1]}"
        run = bench("run", "--filter", f"^{workload}/", "--target", target, "--model", "threads",
                    "--gil", "none", "--workers", "1", *BRIEF, "--json", "x.json",
                    cwd=folder)  # fmt: skip
    assert run.code == 1
    (told,) = failures(result_of(folder / "x.json")).values()
    assert "Connection refused" in told and f"--target {workload}=ADDRESS" in told
