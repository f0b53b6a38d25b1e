"""A machine that refuses: no processes, no descriptors, no memory, no ports."""

from __future__ import annotations

import resource
from pathlib import Path

from confined import QUICK, as_stranger, needs_root, unshared
from runs import BRIEF, MODELS, Run, bench_what_hangs, failures, measured, result_of


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
def test_how_far_a_model_goes_is_no_failure(strangers: Path) -> None:
    words = ("--filter", "^fanout_sleep/", "--gil", "none", "--workers", "1,16")
    words += ("--model", "threads,processes,coroutines", "--json", "x.json")
    run = as_stranger(strangers, "run", *words, *BRIEF, limits={resource.RLIMIT_NPROC: 12})
    assert run.code == 0, run.stderr
    assert "did not finish: 16 threads at the same time" in run.stderr
    convoy = result_of(strangers / "out" / "x.json")
    assert convoy["failed"] == []
    stopped = {each["model"]: each["reason"] for each in convoy["did_not_finish"]}
    assert set(stopped) == {"threads", "processes"}
    assert all("ulimit -u is 12" in reason for reason in stopped.values())
    assert {(row["model"], row["workers"]) for row in convoy["rows"]} == {
        ("threads", 1), ("processes", 1), ("coroutines", 1), ("coroutines", 16),
    }  # fmt: skip


@needs_root
def test_not_one_process_more(strangers: Path) -> None:
    words = ("--filter", "^cpu_pi/", "--gil", "none", *BRIEF, "--json", "x.json")
    run = as_stranger(strangers, "run", *words, limits={resource.RLIMIT_NPROC: 1})
    assert_told(run, "fork", "ulimit -u")
    assert list((strangers / "out").iterdir()) == []


def test_too_few_descriptors(strangers: Path) -> None:
    words = ("--filter", "^(cpu_pi|io_tcp_echo|io_pipe)/", "--gil", "none", "--workers", "24")
    words += ("--model", "threads,processes,coroutines")
    limits = {resource.RLIMIT_NOFILE: 20}
    run = as_stranger(strangers, "run", *words, *BRIEF, "--json", "x.json", limits=limits)
    assert run.code == 1, run.stderr
    convoy = result_of(strangers / "out" / "x.json")
    assert {name.split("/")[0] for name in failures(convoy)} == {"io_tcp_echo", "io_pipe"}
    for reason in failures(convoy).values():
        assert "ulimit -" in reason
    assert measured(convoy) == {"cpu_pi", "null"}


def test_more_workers_than_memory_for_them(strangers: Path) -> None:
    words = ("--filter", "^cpu_pi/", "--gil", "none", "--model", "threads", *BRIEF)
    # Quick operations, since `single` does those of every worker first, for its answer.
    crews = ("--workers", "1,200000", "--param", "cpu_pi.n=100")
    limits = {resource.RLIMIT_AS: 1 << 30}
    run = as_stranger(strangers, "run", *words, *crews, "--json", "x.json", limits=limits)
    assert run.code == 1, run.stderr
    convoy = result_of(strangers / "out" / "x.json")
    assert [reason for reason in failures(convoy).values() if "use fewer workers" in reason]
    assert {name.split("/")[4] for name in failures(convoy)} == {"workers:200000"}
    assert {row["workers"] for row in convoy["rows"]} == {1}


def test_hardly_any_descriptors(strangers: Path) -> None:
    limits = {resource.RLIMIT_NOFILE: 4}
    run = as_stranger(strangers, *QUICK, "--json", "x.json", limits=limits)
    assert_told(run, "Too many open files", "ulimit -n")


TCP = ("run", "--filter", "^io_tcp_echo/", "--gil", "none", "--model", "threads", *BRIEF)
UP = "ip link set lo up"
RANGE = UP + "; echo %s > /proc/sys/net/ipv4/ip_local_port_range"
TAKE = (
    "import socket, subprocess, sys\n"
    "taken = [socket.create_server(('127.0.0.1', 40000 + i)) for i in range({})]\n"
    "sys.exit(subprocess.call(sys.argv[1:]))"
)
# Sockets of who has just ended may still say goodbye; TIME-WAIT (06) is the kernel's alone.
LEFT = (
    "import subprocess, sys, time\n"
    "code = subprocess.call(sys.argv[1:])\n"
    "deadline = time.monotonic() + 60\n"
    "while time.monotonic() < deadline:\n"
    "    lines = [line for kind in ('tcp', 'udp', 'unix') for line in open('/proc/net/' + kind)]\n"
    "    left = [line for line in lines if line.split()[0] not in ('sl', 'Num')]\n"
    "    left = [line for line in left if line.split()[3] != '06']\n"
    "    if not left: break\n"
    "    time.sleep(0.01)\n"
    "print(*left, sep='', end='')\n"
    "sys.exit(code)"
)


def test_ports_that_are_taken_are_left_alone(folder: Path) -> None:
    script = f'exec /usr/bin/python3 -c "{TAKE.format(60)}" "$@"'
    words = (*TCP, "--workers", "4", "--json", "x.json")
    run = unshared("--net", RANGE % "40000 40099", script, folder, *words)
    assert run.code == 0, run.stderr
    assert measured(result_of(folder / "x.json")) == {"io_tcp_echo"}


def test_no_port_at_all(folder: Path) -> None:
    script = f'exec /usr/bin/python3 -c "{TAKE.format(4)}" "$@"'
    run = unshared("--net", RANGE % "40000 40003", script, folder, *TCP, "--json", "x.json")
    assert run.code == 1, run.stderr
    convoy = result_of(folder / "x.json")
    assert measured(convoy) == set()
    for reason in failures(convoy).values():
        assert "bind" in reason and "free ports" in reason


def test_no_socket_is_left_behind(folder: Path) -> None:
    words = ("--filter", "^(io_(tcp|udp|unix)_echo|bad_hang)/", "--gil", "none", "--workers", "2")
    everything = ("run", *words, *BRIEF, "--json", "x.json", "--round-limit")
    script = f'exec /usr/bin/python3 -c "{LEFT}" "$@"'
    run = bench_what_hangs(
        lambda limit: unshared("--net", UP, script, folder, *everything, limit), folder / "x.json"
    )
    assert run.code == 1, run.stderr
    assert {name.split("/")[0] for name in failures(result_of(folder / "x.json"))} == {"bad_hang"}
    assert run.stdout == "", "a socket is left"
