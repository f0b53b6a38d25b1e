"""A machine that refuses: no processes, no descriptors, no room, no ports, no right to write."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from runs import (
    BRIEF, MODELS, STRANGER, TROUBLED, Run, assert_complaint, bench, failures, load, measured,
    result_of,
)  # fmt: skip

ROOT_USER = os.geteuid() == 0
QUICK = ("run", "--filter", "^cpu_pi/", "--model", "single", "--gil", "none", *BRIEF)
needs_root = pytest.mark.skipif(not ROOT_USER, reason="needs root to become somebody else")


def as_stranger(home: Path, *words: object, **options: Any) -> Run:
    """In the stranger's folder, by a user whom limits and permissions bind."""
    user = STRANGER if ROOT_USER else os.geteuid()
    program = home / "convoy-bench"
    return bench(*words, cwd=home / "out", program=program, user=user, **options)


def assert_told(run: Run, *parts: str) -> None:
    """Nothing could be measured: exit 2, and a last line that helps."""
    assert run.code == 2, (run.code, run.stderr)
    for part in parts:
        assert part in run.stderr.splitlines()[-1]


def check(run: Run, path: Path, failing: set[str], *advice: str) -> None:
    """Exit 1; the failed rows are of these models, and say what to do; the others are there."""
    assert run.code == 1, (run.code, run.stderr)
    convoy = result_of(path / "x.json")
    told = failures(convoy)
    assert {name.split("model:")[1].split("/")[0] for name in told} == failing
    for reason in told.values():
        assert any(part in reason for part in advice), reason
    assert {row["model"] for row in convoy["rows"]} == set(MODELS) - failing


@needs_root
def test_too_few_processes_for_every_worker(strangers: Path) -> None:
    words = ("--filter", "^cpu_pi/", "--gil", "none", "--workers", "16", *BRIEF, "--json", "x.json")
    run = as_stranger(strangers, "run", *words, limits={resource.RLIMIT_NPROC: 8})
    check(run, strangers / "out", {"threads", "processes"}, "did not start", "ulimit -u")


@needs_root
def test_not_one_process_more(strangers: Path) -> None:
    words = ("--filter", "^cpu_pi/", "--gil", "none", *BRIEF, "--json", "x.json")
    run = as_stranger(strangers, "run", *words, limits={resource.RLIMIT_NPROC: 1})
    assert_told(run, "fork", "ulimit -u")
    assert list((strangers / "out").iterdir()) == []


def test_too_few_descriptors(strangers: Path) -> None:
    words = ("--filter", "^(cpu_pi|io_tcp_echo|io_pipe)/", "--gil", "none", "--workers", "24")
    limits = {resource.RLIMIT_NOFILE: 20}
    run = as_stranger(strangers, "run", *words, *BRIEF, "--json", "x.json", limits=limits)
    assert run.code == 1, run.stderr
    convoy = result_of(strangers / "out" / "x.json")
    assert {name.split("/")[0] for name in failures(convoy)} == {"io_tcp_echo", "io_pipe"}
    for reason in failures(convoy).values():
        assert "ulimit -" in reason
    assert measured(convoy) == {"cpu_pi", "null"}


def test_more_workers_than_memory_for_them(strangers: Path) -> None:
    words = ("--filter", "^cpu_pi/", "--gil", "none", "--model", "threads", "--workers")
    limits = {resource.RLIMIT_AS: 2 << 30}
    everything = ("run", *words, "1,1000000", *BRIEF, "--json", "x.json")
    run = as_stranger(strangers, *everything, limits=limits)
    assert run.code == 1, run.stderr
    convoy = result_of(strangers / "out" / "x.json")
    assert [reason for reason in failures(convoy).values() if "use fewer workers" in reason]
    assert {name.split("/")[4] for name in failures(convoy)} == {"workers:1000000"}
    assert {row["workers"] for row in convoy["rows"]} == {1}


def test_hardly_any_descriptors(strangers: Path) -> None:
    limits = {resource.RLIMIT_NOFILE: 4}
    run = as_stranger(strangers, *QUICK, "--json", "x.json", limits=limits)
    assert_told(run, "Too many open files", "ulimit -n")


@pytest.mark.parametrize("words", [("--json", "x.json"), ("--json=deep/x.json",)])
@needs_root
def test_a_folder_that_may_not_be_written(words: tuple[str, ...], strangers: Path) -> None:
    out = strangers / "out"
    os.chown(out, 0, 0)
    out.chmod(0o555)
    assert_complaint(as_stranger(strangers, *QUICK, *words), "cannot write", "--json FILE")
    assert list(out.iterdir()) == []


def test_names_that_cannot_be_written(folder: Path) -> None:
    (folder / "file").write_text("kept")
    for name in (".", "file/x.json", "x" * 300 + ".json"):
        assert_complaint(bench(*QUICK, "--json", name, cwd=folder), "cannot write", "file")
    assert [entry.name for entry in folder.iterdir()] == ["file"]
    assert (folder / "file").read_text() == "kept"


def rescued(run: Run) -> dict[str, Any]:
    """The result that was kept elsewhere, which is removed."""
    assert run.code == 2, (run.code, run.stderr)
    assert "the result is kept in " in run.stderr
    elsewhere = Path(run.stderr.split("the result is kept in ")[1].split(" instead")[0])
    try:
        return dict(load(elsewhere.read_text("utf-8"))["convoy"])
    finally:
        elsewhere.unlink()
        elsewhere.with_suffix(".track.json").unlink()


def test_a_device_is_written_to_and_never_replaced(folder: Path) -> None:
    before = os.stat("/dev/full")
    run = bench(*QUICK, "--json", "/dev/full", cwd=folder)
    assert measured(rescued(run)) == {"cpu_pi", "null"}
    assert "No space left" in run.stderr
    assert "free some space" in run.stderr
    assert os.stat("/dev/full").st_rdev == before.st_rdev
    assert bench(*QUICK, "--json", "/dev/null", cwd=folder).code == 0
    assert os.stat("/dev/null").st_rdev == os.makedev(1, 3)


def test_a_link_is_followed(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "y.json").write_text("")
    (folder / "x.json").symlink_to("real/y.json")
    assert bench(*QUICK, "--json", "x.json", cwd=folder).code == 0
    assert (folder / "x.json").is_symlink()
    assert load((folder / "real" / "y.json").read_text("utf-8"))["convoy"]["rows"]


def test_a_file_may_not_grow(strangers: Path) -> None:
    # No limit binds what goes to a pipe, so the result comes out there at last.
    run = as_stranger(strangers, *QUICK, "--json", "x.json", limits={resource.RLIMIT_FSIZE: 2048})
    assert run.code == 2, (run.code, run.stderr)
    assert "File too large" in run.stderr
    assert "goes to stdout" in run.stderr
    assert load(run.stdout)["convoy"]["rows"]
    assert list((strangers / "out").iterdir()) == []


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


def test_a_full_disk(folder: Path) -> None:
    script = 'mount -t tmpfs -o size=4k none .; cd "$PWD"; "$@" && exit; code=$?; ls -A; exit $code'
    run = unshared("--mount", script, folder, *QUICK, "--json", "x.json")
    assert measured(rescued(run)) == {"cpu_pi", "null"}
    assert "No space left on device" in run.stderr
    assert run.stdout == "", "a part of a file is left"


TCP = ("run", "--filter", "^io_tcp_echo/", "--gil", "none", "--model", "threads", *BRIEF)
RANGE = "ip link set lo up; echo %s > /proc/sys/net/ipv4/ip_local_port_range; "
TAKE = (
    "import socket, subprocess, sys\n"
    "taken = [socket.create_server(('127.0.0.1', 40000 + i)) for i in range({})]\n"
    "sys.exit(subprocess.call(sys.argv[1:]))"
)


def test_ports_that_are_taken_are_left_alone(folder: Path) -> None:
    script = RANGE % "40000 40099" + f'exec /usr/bin/python3 -c "{TAKE.format(60)}" "$@"'
    run = unshared("--net", script, folder, *TCP, "--workers", "4", "--json", "x.json")
    assert run.code == 0, run.stderr
    assert measured(result_of(folder / "x.json")) == {"io_tcp_echo", "null"}


def test_no_port_at_all(folder: Path) -> None:
    script = RANGE % "40000 40003" + f'exec /usr/bin/python3 -c "{TAKE.format(4)}" "$@"'
    run = unshared("--net", script, folder, *TCP, "--json", "x.json")
    assert run.code == 1, run.stderr
    convoy = result_of(folder / "x.json")
    assert measured(convoy) == {"null"}
    for reason in failures(convoy).values():
        assert "bind" in reason and "free ports" in reason


def test_no_socket_is_left_behind(folder: Path) -> None:
    words = ("--filter", "^(io_(tcp|udp|unix)_echo|bad_hang)/", "--gil", "none", "--workers", "2")
    script = 'ip link set lo up; "$@" || code=$?; cat /proc/net/tcp /proc/net/udp /proc/net/unix; '
    script += "exit $code"
    limit = ("--round-limit", "1s", "--json", "x.json")
    run = unshared("--net", script, folder, "run", *words, *BRIEF, *limit)
    assert run.code == 1, run.stderr
    left = [line.split() for line in run.stdout.splitlines() if not line.lstrip().startswith("sl")]
    closing = "06"  # TIME-WAIT: the kernel's alone
    assert [line for line in left if line[0] != "Num" and line[3] != closing] == []
