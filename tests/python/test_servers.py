"""scripts/servers: whatever is killed, when the server is gone nothing of it is left."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVERS = ROOT / "scripts" / "servers"
LIMIT_S = 60.0
# A server that answers after a while, or says why not.
PROGRAM = """
import socket, sys, time
port, how = int(sys.argv[1]), sys.argv[2]
if how == "fails":
    sys.exit("no such option: nonsense")
time.sleep(float(how))
listening = socket.create_server(("127.0.0.1", port))
while True:
    connection, _ = listening.accept()
    connection.recv(64)
    connection.sendall(b"PONG")
    connection.close()
"""
SCRIPT = """#!{python}
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, {servers!r})
import keeper
program = {program!r}
sys.exit(keeper.main(keeper.Server(
    "echo", "echo-server", lambda: program or None,
    lambda program, place: [sys.executable, program, str(place.port), {how!r}],
    lambda place: keeper.talks(place, b"PING", b"PONG"),
)))
"""


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Below /tmp, where nobody may go as well."""
    folder = Path("/tmp") / f"convoy-test-servers-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def made(temporary: Path) -> Callable[..., Path]:
    """A script such as those of scripts/servers, for a server of our own."""

    def make(how: str = "0", program: str = PROGRAM) -> Path:
        source = temporary / "server.py"
        source.write_text(program)
        source.chmod(0o644)
        script = temporary / "echo"
        script.write_text(SCRIPT.format(
            python=sys.executable, servers=str(SERVERS), how=how,
            program=str(source) if program else "",
        ))  # fmt: skip
        script.chmod(0o755)
        return script

    return make


def call(script: Path, what: str, temporary: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(script), what], env={**os.environ, "TMPDIR": str(temporary)}, capture_output=True,
        text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip


def folder_of(script: Path, temporary: Path) -> Path:
    return temporary / f"convoy-{script.name}-{os.getuid()}"


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def running(word: str) -> list[int]:
    """Processes, not counting the dead, that have this word in their command."""
    found = []
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdecimal() and word.encode() in (each / "cmdline").read_bytes():
                found.append(int(each.name))
        except OSError:
            continue
    return found


def gone(script: Path, temporary: Path) -> bool:
    left = [pid for pid in running(str(temporary)) if pid != os.getpid()]
    return not folder_of(script, temporary).exists() and not left


def answers(address: str) -> bool:
    host, _, port = address.strip().partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"PING")
        return connection.recv(8) == b"PONG"


def test_a_server_is_started_once_and_stopped(made: Callable[..., Path], temporary: Path) -> None:
    script = made()
    first = call(script, "start", temporary)
    assert first.returncode == 0 and answers(first.stdout), first
    assert call(script, "start", temporary).stdout == first.stdout
    assert call(script, "stop", temporary).returncode == 0
    assert gone(script, temporary)
    assert call(script, "stop", temporary).returncode == 0


@pytest.mark.parametrize("who", ["keeper", "server"])
def test_who_is_killed_leaves_nothing(
    who: str, made: Callable[..., Path], temporary: Path
) -> None:
    script = made()
    assert call(script, "start", temporary).returncode == 0
    keeper = int((folder_of(script, temporary) / "keeper").read_text())
    (server,) = running(str(temporary / "server.py"))
    os.kill({"keeper": keeper, "server": server}[who], signal.SIGKILL)
    until(lambda: gone(script, temporary))


def test_start_killed_in_the_middle_leaves_nothing(
    made: Callable[..., Path], temporary: Path
) -> None:
    script = made(how="0.5")
    with subprocess.Popen(
        [str(script), "start"], env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
    ) as starting:  # fmt: skip
        until(lambda: bool(running(str(temporary / "server.py"))))
        starting.kill()
    until(lambda: gone(script, temporary))


def test_a_server_that_will_not_start_says_its_last_words(
    made: Callable[..., Path], temporary: Path
) -> None:
    script = made(how="fails")
    ended = call(script, "start", temporary)
    assert ended.returncode == 1
    assert "no such option: nonsense" in ended.stderr
    until(lambda: gone(script, temporary))


def test_one_that_is_not_installed_is_skipped(made: Callable[..., Path], temporary: Path) -> None:
    ended = call(made(program=""), "start", temporary)
    assert ended.returncode == 77 and "apt-get install echo-server" in ended.stderr


def test_what_a_dead_keeper_left_is_swept(made: Callable[..., Path], temporary: Path) -> None:
    script = made()
    folder = folder_of(script, temporary)
    folder.mkdir(parents=True)
    (folder / "address").write_text("127.0.0.1:1\n")
    started = call(script, "start", temporary)
    assert answers(started.stdout)
    assert call(script, "stop", temporary).returncode == 0
    folder.mkdir(parents=True)
    assert call(script, "stop", temporary).returncode == 0
    assert gone(script, temporary)


@pytest.mark.parametrize("name", ["nginx", "redis", "postgres"])
def test_real_servers_come_and_go(name: str, temporary: Path) -> None:
    script = SERVERS / name
    started = call(script, "start", temporary)
    if started.returncode == 77:
        pytest.skip(started.stderr.strip())
    assert started.returncode == 0, started
    host, _, port = started.stdout.strip().partition(":")
    socket.create_connection((host, int(port)), timeout=5).close()
    keeper = int((folder_of(script, temporary) / "keeper").read_text())
    os.kill(keeper, signal.SIGKILL)
    until(lambda: not folder_of(script, temporary).exists())
    with pytest.raises(OSError):
        until(lambda: socket.create_connection((host, int(port)), timeout=5).close() is not None)
