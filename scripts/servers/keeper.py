"""Starts a real server on a free loopback port, in a private folder, and stops it again.

A process of its own, the keeper, owns the server. It ends the server and removes the folder when it
is told to, and when the server ends by itself. Where the keeper is killed, its guard does both.
Where `start` is killed before it has said the address, the keeper ends: so nothing is left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, NoReturn, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from convoy_cli.core.guard import Guard  # noqa: E402
from convoy_cli.core.processes import Process, ProcessFailed, last_words, output  # noqa: E402

HOST = "127.0.0.1"
READY_S, STOPPING_S, GRACE_S = 30.0, 15.0, 5.0
TRIES = 3  # ports that somebody else may take between our look and the server's
LAST_LINES = 5
OK, FAILED, USAGE, SKIPPED = 0, 1, 2, 77
NOBODY = "nobody"


class Failed(Exception):
    """The server did not start; the message says why, with its last lines."""


@dataclass(frozen=True)
class Place:
    """Where one server runs: its folder, its port, and the user that it runs as."""

    folder: Path
    port: int
    user: Optional[pwd.struct_passwd]  # None: ourselves

    @property
    def data(self) -> Path:
        return self.folder / "data"


@dataclass(frozen=True)
class Server:
    """What a server is: how it is found, prepared, run in the foreground, and known to be ready.

    `prepare` gives commands that are run as the server's user before it; `ready` says whether it
    answers. With `own_memory` it has shared memory of its own, where we may give it: that goes with
    its last process, also where it is killed.
    """

    name: str
    package: str
    find: Callable[[], Optional[str]]
    command: Callable[[str, Place], list[str]]
    ready: Callable[[Place], bool]
    prepare: Callable[[str, Place], list[list[str]]] = lambda program, place: []
    own_memory: bool = False


def on_path(name: str, *folders: str) -> Callable[[], Optional[str]]:
    """Finds a program on the PATH, or in folders that ordinary users do not search."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *folders])
    return lambda: shutil.which(name, path=path)


def talks(place: Place, question: bytes, answer: bytes) -> bool:
    """Whether what listens there answers so."""
    with contextlib.suppress(OSError):
        with socket.create_connection((HOST, place.port), timeout=1) as connection:
            connection.sendall(question)
            return connection.recv(64).startswith(answer)
    return False


# -------------------------------------------------------------------------------------------------
# The folder of a server that runs: who holds its lock keeps the server.


def home(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"convoy-{name}-{os.getuid()}"


def locked(folder: Path) -> Optional[int]:
    """The folder's lock; None where a keeper has it. The folder is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


# -------------------------------------------------------------------------------------------------
# The keeper.


class Told(Exception):
    """SIGTERM, or `start` was killed."""


def keep(server: Server, program: str, folder: Path, answer: int, hold: int) -> None:
    """Runs the server until it ends or we are told; says its address, or why not, to `answer`."""

    def told(number: int, frame: Any) -> NoReturn:
        raise Told

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    guard = Guard(folder=folder)
    try:
        (folder / "keeper").write_text(f"{os.getpid()}\n")
        with ready(server, program, folder, guard) as (process, place):
            address = f"{HOST}:{place.port}"
            (folder / "address").write_text(f"{address}\n")
            os.write(answer, b"+" + address.encode())
            os.close(answer)
            if os.read(hold, 1) != b"k":  # nobody is there any more who would know the address
                return
            process.wait()
    except Told:
        pass
    except (Failed, ProcessFailed, OSError) as problem:
        with contextlib.suppress(OSError):
            os.write(answer, b"-" + str(problem).encode()[:4000])
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        shutil.rmtree(folder, ignore_errors=True)
        guard.close()


@contextlib.contextmanager
def ready(
    server: Server, program: str, folder: Path, guard: Guard
) -> Iterator[tuple[Process, Place]]:
    """The server once it answers; Failed with its last lines where it does not."""
    user = pwd.getpwnam(NOBODY) if os.getuid() == 0 else None
    apart = memory_apart() if user is not None and server.own_memory else []
    unprivileged = [] if user is None else [
        "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"
    ]  # fmt: skip
    reason = ""
    for _ in range(TRIES):
        place = Place(folder, free_port(), user)
        fresh_data(place)
        environment = guard.environment({**os.environ, "HOME": str(place.data)})
        for command in server.prepare(program, place):
            output([*apart, *unprivileged, *command], READY_S, environment=environment)
        with open(folder / "log", "wb") as log:
            running = Process(
                [*apart, *unprivileged, *server.command(program, place)], guard=guard,
                grace_s=GRACE_S, stdout=log, stderr=log, env=environment,
            )  # fmt: skip
            with running as process:
                reason = waited(server, place, process)
                if not reason:
                    yield process, place
                    return
        reason += ended_with(folder / "log")
    raise Failed(reason)


def memory_apart() -> list[str]:
    """Words before a command that give it shared memory of its own; none where that is forbidden.

    That of System V is of a namespace, and that of POSIX is files.
    """
    words = ["unshare", "--ipc", "--mount", "sh", "-c"]
    mounted = "mount -t tmpfs tmpfs /dev/shm && exec "
    try:
        output([*words, f"{mounted} true"], READY_S)
    except ProcessFailed:
        return []
    return [*words, f'{mounted} "$@"', "sh"]


def fresh_data(place: Place) -> None:
    shutil.rmtree(place.data, ignore_errors=True)
    place.data.mkdir(mode=0o700)
    if place.user is not None:
        os.chmod(place.folder, 0o755)
        os.chown(place.data, place.user.pw_uid, place.user.pw_gid)


def waited(server: Server, place: Place, process: Process) -> str:
    """Empty once it answers, or why it does not."""
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if server.ready(place):
            return ""
        if process.has_ended(0.02):
            return "it ended before it answered"
    return f"it did not answer within {READY_S:.0f} s"


def ended_with(log: Path) -> str:
    try:
        said = last_words(log.read_bytes(), LAST_LINES)
    except OSError:
        return ""
    return f": {said}" if said else ""


# -------------------------------------------------------------------------------------------------
# The command line.


def start(server: Server) -> int:
    program = server.find()
    if program is None:
        say(f"{server.name} is not installed. Type `sudo apt-get install {server.package}`.")
        return SKIPPED
    folder = home(server.name)
    lock = locked(folder)
    if lock is None:
        print(read(folder / "address") or "it is just being started")
        return OK
    shutil.rmtree(folder, ignore_errors=True)  # of a keeper that was killed together with its guard
    os.close(lock)
    lock = locked(folder)
    if lock is None:
        say(f"{server.name} is being started by somebody else. Try again in a moment.")
        return FAILED
    answer, say_it = os.pipe()
    hold, held = os.pipe()
    if os.fork() == 0:
        apart(server, program, folder, lock, say_it, hold, (answer, held))
    for handle in (say_it, hold, lock):
        os.close(handle)
    said = b""
    while part := os.read(answer, 4096):
        said += part
    if said.startswith(b"+"):
        print(said[1:].decode(), flush=True)
        os.write(held, b"k")
        return OK
    say(f"{server.name} did not start: {said[1:].decode('utf-8', 'replace') or 'no reason given'}")
    return FAILED


def apart(
    server: Server, program: str, folder: Path, lock: int, say_it: int, hold: int,
    ours: Sequence[int],
) -> NoReturn:  # fmt: skip
    """In the child: away from whoever called us, so that their end is not the server's."""
    code = FAILED
    try:
        os.setsid()
        for handle in ours:
            os.close(handle)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        keep(server, program, folder, say_it, hold)
        code = OK
    finally:
        os.close(lock)
        os._exit(code)


def stop(server: Server) -> int:
    folder = home(server.name)
    if not folder.exists():
        return OK
    lock = locked(folder)
    if lock is None:
        keeper = read(folder / "keeper")
        if keeper.isdecimal():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(keeper), signal.SIGTERM)
        end = time.monotonic() + STOPPING_S
        while folder.exists() and time.monotonic() < end:
            time.sleep(0.02)
        if folder.exists():
            say(f"{server.name} still runs, kept by process {keeper or '?'}. Type `stop` again.")
            return FAILED
        return OK
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
    return OK


def say(text: str) -> None:
    print(f"convoy: {text}", file=sys.stderr)


def main(server: Server) -> int:
    parser = argparse.ArgumentParser(
        description=f"Starts {server.name} on a free loopback port and prints its address, or "
        "stops it. Nothing of it is left: its data is in a private folder below the temporary "
        "files. As root it runs as nobody. Exit: 0 done, 1 failed, 2 called wrongly, 77 not "
        "installed.",
    )
    parser.add_argument("what", choices=("start", "stop"))
    return start(server) if parser.parse_args().what == "start" else stop(server)
