"""Running convoy-bench in tests: limits, other users, what is left behind, what was written."""

from __future__ import annotations

import functools
import json
import os
import resource
import select
import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn, Optional

import built
import pytest

ROOT = Path(__file__).resolve().parents[2]
CONVOY = ROOT / "scripts" / "convoy"
BENCH = Path(os.environ.get("CONVOY_BENCH") or built.BENCH).absolute()
TROUBLED = BENCH.with_name("convoy-bench-troubled")
BRIEF = ("--passes", "1", "--min-round", "1ms")
# A round holds 20 intervals at least, so a short one makes short rounds.
SHORT_LOCK = "cpython32:interval=100us"
# The longer ones are for machines so busy that a shorter one catches rounds that do end.
ROUND_LIMITS = ("250ms", "5s", "25s")
PATIENCE = 300.0  # for what takes a second at most, unless the machine is very busy


RUNS: list[Run] = []  # of the test under way


class Run:
    """One run of a program: every process of it, whoever its parent is now, carries a mark."""

    def __init__(self, *words: object, cwd: Path, program: Path = TROUBLED,
                 limits: Optional[dict[int, int]] = None, user: int = os.geteuid(),
                 **environment: str) -> None:  # fmt: skip
        self.mark = f"CONVOY_TEST_RUN={uuid.uuid4()}"
        name, value = self.mark.split("=")
        dropped = ("CONVOY_", "HWLOC_", "BENCHMARK_")
        kept = {key: text for key, text in os.environ.items() if not key.startswith(dropped)}

        def prepare() -> None:
            for limit, amount in {resource.RLIMIT_CORE: 0, **(limits or {})}.items():
                resource.setrlimit(limit, (amount, amount))
            if user != os.geteuid():
                os.setgroups([])
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)

        self.process = subprocess.Popen(
            [str(program), *map(str, words)],
            cwd=cwd,
            env=kept | {"TERM": "dumb", name: value} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            preexec_fn=prepare,
        )
        self.stdout = self.stderr = ""
        self.told = b""  # of stderr, read before the end
        RUNS.append(self)

    def finish(self, internal_errors: bool = False) -> Run:
        """Waits for the end; then nothing of the run may be left."""
        self.stdout, rest = self.process.communicate(timeout=PATIENCE)
        self.stderr = self.told.decode("utf-8", "replace") + rest
        wait_for(lambda: not self.processes(), "the last process of the run to be gone")
        for text in ("terminate called", "Traceback", "core dumped"):
            assert text not in self.stderr, self.stderr
        for text in ("internal check", "fault of Convoy"):
            assert internal_errors or text not in self.stderr, self.stderr
        return self

    def told_lines(self) -> Iterator[str]:
        """The lines of stderr, each when it has come; the last is followed by the run's end."""
        assert self.process.stderr is not None
        stream, deadline, line = self.process.stderr.fileno(), time.monotonic() + PATIENCE, b""
        while select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            part = os.read(stream, 65536)
            if not part:
                return
            self.told += part
            *lines, line = (line + part).split(b"\n")
            yield from (whole.decode("utf-8", "replace") for whole in lines)
        fail(f"waited {PATIENCE} s in vain for a line, after {self.told!r}")

    def kill(self) -> None:
        """For runs whose test failed before their end."""
        for pid in [self.process.pid, *self.marked(pids())]:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        self.process.wait()

    @property
    def code(self) -> int:
        return self.process.returncode

    def processes(self) -> list[int]:
        """Those in the run's session; once it is empty, those that have left it."""
        session = [pid for pid in pids() if session_of(pid) == self.process.pid]
        return self.marked(session) or self.marked(pids())

    def marked(self, among: Iterable[int]) -> list[int]:
        return [pid for pid in among if self.mark in read(f"/proc/{pid}/environ").split("\0")]

    def workers(self, name: str) -> list[int]:
        """Processes with a thread of this name."""
        return [pid for pid in self.processes() if name in threads(pid)]

    def await_workers(self, name: str) -> list[int]:
        """Waits until workers of that name are at work."""
        def running() -> bool:
            if self.process.poll() is not None:
                fail(f"the run ended early: {self.process.communicate()}")
            return bool(self.workers(name))

        wait_for(running, f"a worker named {name}")
        return self.workers(name)

    def children(self) -> list[int]:
        pid = self.process.pid
        return sorted(map(int, read(f"/proc/{pid}/task/{pid}/children").split()))


def fail(message: str) -> NoReturn:
    raise AssertionError(message)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            fail(f"waited {PATIENCE} s in vain for {what}")
        os.sched_yield()
        time.sleep(0.002)  # leaves the CPU to what is waited for


def read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:  # it has just ended, or is somebody else's
        return ""


def pids() -> Iterable[int]:
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def threads(pid: int) -> list[str]:
    try:
        names = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [read(f"/proc/{pid}/task/{name}/comm").strip() for name in names]


def session_of(pid: int) -> int:
    """Much quicker to ask than what the process's environment is."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def parent(pid: int) -> int:
    return int(read(f"/proc/{pid}/stat").rpartition(")")[2].split()[1])


def bench(*words: object, **options: Any) -> Run:
    return Run(*words, **options).finish()


def bench_what_hangs(attempt: Callable[[str], Run], result: Path) -> Run:
    """The run with the first --round-limit that catches bad_hang alone; at worst with the last."""
    for limit in ROUND_LIMITS:
        run = attempt(limit)
        told = failures(result_of(result)) if result.exists() else {}
        caught = [entry for entry in told.items() if "--round-limit" in entry[1]]
        if all(
            name.startswith("bad_hang/") and not reason.startswith("preparing")
            for name, reason in caught
        ):
            break
    return run


def refuse_constant(text: str) -> NoReturn:
    fail(f"{text} in a result")


def load(text: str) -> Any:
    return json.loads(text, parse_constant=refuse_constant)


@functools.cache
def validator(schema: str) -> Any:
    """One for all results: it takes longer to check a schema than a result."""
    jsonschema = pytest.importorskip("jsonschema")
    document = json.loads((ROOT / "results" / schema).read_text("utf-8"))
    kind = jsonschema.validators.validator_for(document)
    kind.check_schema(document)
    return kind(document)


def result_of(path: Path) -> dict[str, Any]:
    """The result file: valid, alone but for its track, and without a draft beside it."""
    names = {entry.name for entry in path.parent.iterdir()}
    assert not [name for name in names if name.startswith(".")], names
    whole = load(path.read_text("utf-8"))
    validator("schema.json").validate(whole)
    track = load(path.with_name(path.stem + ".track.json").read_text("utf-8"))
    validator("track.schema.json").validate(track)
    return dict(whole["convoy"])


def failures(convoy: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["reason"] for entry in convoy["failed"]}


def measured(convoy: dict[str, Any]) -> set[str]:
    return {row["workload"] for row in convoy["rows"]}


def assert_complaint(run: Run, *parts: str) -> None:
    """One line on stderr that says what, why and what to type next; nothing on stdout; exit 2."""
    assert run.code == 2, (run.code, run.stderr)
    assert run.stdout == ""
    assert run.stderr.startswith("convoy-bench: ")
    assert run.stderr.count("\n") == 1, run.stderr
    for part in parts:
        assert part in run.stderr


def names_of_models() -> list[str]:
    """Every model of the program, so that a new one is tested too."""
    if not BENCH.exists():
        return []
    listed = subprocess.run([str(BENCH), "list", "--json"], capture_output=True, check=True)
    return [model["name"] for model in json.loads(listed.stdout)["models"]]


MODELS = names_of_models()
