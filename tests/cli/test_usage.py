"""What cannot be done as asked: one message that helps, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import BENCH, CONVOY, assert_complaint, bench, load

WRONG = {
    "model": (("--model", "thread"), "unknown model 'thread'", "did you mean threads", "--model"),
    "gil": (("--gil", "cpython3"), "unknown gil 'cpython3'", "cpython32"),
    "gil parameter": (("--gil", "cpython32:pause=1ms"), "no parameter 'pause'", "interval"),
    "gil value": (("--gil", "cpython32:interval=soon"), "'soon'", "5ms"),
    "place": (("--place", "socket9"), "unknown place", "core"),
    "policy": (("--policy", "cosy"), "unknown policy", "close"),
    "within": (("--within", "package:77"), "package:77"),
    "kind": (("--kind", "fast"), "fast", "perf"),
    "overload": (("--policy", "close", "--overload", "cram"), "cram", "wrap"),
    "CPU": (("--place", "0:99999"), "99999"),
    "suite": (("--suite", "slow"), "unknown suite 'slow'", "smoke"),
    "peer": (("--peer", "there"), "unknown peer place", "same"),
    "engine": (("--engine", "kqueue"), "kqueue", "epoll"),
    "workload": (("--param", "cpu_pie.n=1000"), "unknown workload", "did you mean cpu_pi?"),
    "parameter": (("--param", "cpu_pi.m=1000"), "no parameter 'm'", "one of n"),
    "value": (("--param", "cpu_pi.n=many"), "cpu_pi.n", "'many'", "digits"),
    "range": (("--param", "cpu_pi.n=1"), "out of range", "from 100"),
    "unit": (("--param", "io_sleep.wait=5"), "io_sleep.wait", "5ms"),
    "setting": (("--param", "cpu_pi"), "--param workload.name=value"),
    "filter": (("--filter", "cpu_pie"), "no benchmark matches", "list"),
    "expression": (("--filter", "cpu_(pi"), "is not a regular expression", "escape"),
    "no workers": (("--workers", "0"), "--workers 0", "from 1"),
    "fewer workers": (("--workers", "-1"), "--workers"),
    "part of a worker": (("--workers", "1.5"), "--workers", "whole number"),
    "too many workers": (("--workers", "1000001"), "--workers", "from 1 to 1000000"),
    "far too many": (("--workers", "99999999999"), "--workers", "write a number"),
    "no room": (("--policy", "close", "--overload", "error", "--model", "threads", "--workers",
                 "99999"), "99999 seats", "--overload wrap", "fewer workers"),
    "carriers": (("--carriers", "0"), "--carriers 0", "from 1"),
    "interpreters": (("--interpreters", "0"), "--interpreters 0", "from 1"),
    "more interpreters than workers": (
        ("--filter", "^mixed/", "--model", "threads", "--workers", "2", "--interpreters", "3"),
        "--interpreters 3", "at most --workers"),
    "suspended in another process": (
        ("--filter", "^sync_mutex/", "--model", "coroutines", "--interpreters", "2", "--workers",
         "4"), "--interpreters 2", "stay in one"),
    "small stack": (("--fiber-stack", "8KiB"), "--fiber-stack 8KiB", "from 16KiB to 64MiB"),
    "crooked stack": (("--fiber-stack", "20000"), "--fiber-stack 20000", "a multiple of"),
    "no stack": (("--fiber-stack", "large"), "'large' is not a size"),
    "passes": (("--passes", "0"), "--passes", "from 1"),
    "precision": (("--precision", "200%"), "--precision 200%", "2%"),
    "budget": (("--budget", "60"), "--budget", "2s"),
    "no budget": (("--budget", "0s"), "--budget 0s", "above zero"),
    "no round": (("--min-round", "-5ms"), "--min-round -5ms", "above zero"),
    "no work": (("--no-overhead", "--operations", "0"), "--operations 0", "from 1"),
    "two lengths": (("--no-overhead", "--operations", "9", "--min-round", "5ms"),
                    "--min-round excludes --operations"),
    "no length": (("--operations", "9"), "--operations", "--no-overhead"),
    "no limit": (("--round-limit", "0s"), "--round-limit 0s", "above zero"),
    "negative seed": (("--seed", "-1"), "--seed -1", "from 0"),
    "endless expression": (("--filter", "(.*)" * 9 + "!"), "no benchmark matches", "list"),
    "exploding expression": (("--filter", "((a{0,99}){0,99}){0,99}"), "is not a regular expression",
                             "repeat less often"),
    "look-ahead": (("--filter", "cpu_(?=pi)"), "look-aheads", "repeat --filter"),
    "reference": (("--filter", r"(a)\1"), "back references are not supported", "escape"),
    "deep expression": (("--filter", "(" * 20000), "2000 characters", "shorter"),
    "seed": (("--seed", "lucky"), "--seed", "digits"),
    "round": (("--min-round", "long"), "--min-round", "5ms"),
    "option": (("--colour",), "--colour", "--help"),
    "word": (("slowly",), "slowly", "--help"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_run_that_is_impossible(kind: str, folder: Path) -> None:
    words, *parts = WRONG[kind]
    assert_complaint(bench("run", *words, "--json", "x.json", cwd=folder), *parts)
    assert list(folder.iterdir()) == []


def test_the_front_door_says_the_same(folder: Path) -> None:
    run = bench("run", "--model", "thread", cwd=folder, program=CONVOY, CONVOY_BENCH=str(BENCH))
    assert_complaint(run, "did you mean threads")


@pytest.mark.parametrize("words", [("--modell", "x"), ("--benchmark_colour=yes",),
                                   ("--benchmark_min_time=0x",), ("--benchmark_min_time=x",),
                                   ("--benchmark_min_time=1.5x",),
                                   ("--workers", "0"), ("--seed",), ("measure",)])  # fmt: skip
def test_a_plain_program_that_is_called_wrongly(words: tuple[str, ...], folder: Path) -> None:
    assert_complaint(bench(*words, cwd=folder))


def test_a_plain_filter_that_matches_nothing(folder: Path) -> None:
    run = bench("--benchmark_filter=^nothing$", cwd=folder)
    assert (run.code, run.stdout) == (2, "")
    assert "--benchmark_list_tests" in run.stderr


TOPOLOGY = '<?xml version="1.0"?>\n<!DOCTYPE topology SYSTEM "hwloc2.dtd">\n<topology'
BROKEN = {
    "missing": (None, "No such file", "lstopo"),
    "empty": ("", "lstopo"),
    "cut short": (TOPOLOGY + ' version="2.0">\n <object type="Machine"', "is truncated", "lstopo"),
    "hwloc 3": (TOPOLOGY + ' version="3.0">\n</topology>', "hwloc 3.0", "--export-xml-flags v2"),
    "no objects": (TOPOLOGY + ' version="2.0">\n</topology>', "x.xml", "lstopo"),
    "foreign": ("<html><body>hello</body></html>", "is not a hwloc topology", "lstopo"),
    "not XML": ("hello\n", "is not a hwloc topology", "lstopo"),
}


@pytest.mark.parametrize("verb", ["plan", "topology"])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_topology_that_cannot_be_read(kind: str, verb: str, folder: Path) -> None:
    text, *parts = BROKEN[kind]
    if text is not None:
        (folder / "x.xml").write_text(text)
    assert_complaint(bench(verb, "--topology", "x.xml", cwd=folder), "x.xml", *parts)


def test_a_plan_is_of_one_crew(folder: Path) -> None:
    assert_complaint(bench("plan", "--workers", "1,2", cwd=folder), "--workers 1,2", "one number")


@pytest.mark.parametrize("verb", ["plan", "topology"])
@pytest.mark.parametrize("text", ["", "pu:100000000"])
def test_a_description_of_nothing_or_of_too_much(verb: str, text: str, folder: Path) -> None:
    assert_complaint(bench(verb, "--topology", text, cwd=folder), f'"{text}" is ', "such as")


# What a terminal or a CI server would obey, wherever a user's words are repeated.
HOSTILE = "\x1b[2J\u202e\u009b\r\n::error::x"
REPEATED = {
    "filter": ("run", "--filter", HOSTILE), "names": ("list", "--names", "--filter", HOSTILE),
    "model": ("run", "--model", HOSTILE), "param": ("run", "--param", HOSTILE),
    "param value": ("run", "--param", f"cpu_pi.n={HOSTILE}"), "place": ("plan", "--place", HOSTILE),
    "within": ("plan", "--within", HOSTILE), "topology": ("plan", "--topology", HOSTILE),
    "topology file": ("topology", "--topology", f"{HOSTILE}.xml"), "flag": ("run", f"--{HOSTILE}"),
    "word": (HOSTILE,), "json": ("run", "--suite", "smoke", "--json", f"/dev/null/{HOSTILE}"),
    "folder": ("profile", "--filter", "^cpu_pi/", "-o", f"/dev/null/{HOSTILE}"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REPEATED)
def test_nothing_from_outside_reaches_the_terminal_raw(kind: str, folder: Path) -> None:
    run = bench(*REPEATED[kind], cwd=folder)
    assert run.code == 2
    for line in (run.stdout + run.stderr).split("\n"):
        assert line.isprintable() and not line.lstrip().startswith("::"), line


def test_the_environment_is_told_in_letters_that_show(folder: Path) -> None:
    run = bench("plan", cwd=folder, HWLOC_XMLFILE=HOSTILE)
    assert run.code == 0 and "HWLOC_XMLFILE=\\x1b[2J" in run.stderr
    for line in (run.stdout + run.stderr).split("\n"):
        assert line.isprintable() and not line.lstrip().startswith("::"), line


def test_a_description_that_is_none(folder: Path) -> None:
    run = bench("plan", "--topology", "pack:two core:4", cwd=folder)
    assert_complaint(run, "pack:two", "write")


def test_another_machine_in_the_environment_is_told_and_ignored(folder: Path) -> None:
    described = {"HWLOC_SYNTHETIC": "pack:64 core:2 pu:2"}
    plain = bench("plan", "--json", cwd=folder)
    run = bench("plan", "--json", cwd=folder, **described)
    assert run.code == 0
    assert run.stdout == plain.stdout
    assert load(run.stdout)["this_system"] is True
    assert "HWLOC_SYNTHETIC" in run.stderr
    drawn = bench("topology", cwd=folder, **described)
    assert drawn.stdout == bench("topology", cwd=folder).stdout
    assert "HWLOC_SYNTHETIC" in drawn.stderr
