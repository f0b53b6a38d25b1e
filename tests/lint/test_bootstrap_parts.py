"""Which packages each part of scripts/bootstrap needs."""

import pytest
from test_bootstrap import machine  # noqa: F401


def test_only_the_asked_parts_count(machine):
    assert machine.bootstrap("build", ABSENT="python3-matplotlib linux-perf").returncode == 0
    assert machine.apt_calls == []
    machine.bootstrap("profile", ABSENT="python3-matplotlib linux-perf libgtest-dev libfmt-dev")
    assert machine.apt_calls[-1].endswith(" python3-matplotlib linux-perf")


@pytest.mark.parametrize("part", ["test", "check"])
def test_tests_and_checks_need_what_building_and_drawing_need(machine, part):
    absent = "g++ python3-matplotlib python3-jinja2 python3-rich libgtest-dev"
    machine.bootstrap(part, ABSENT=absent)
    assert set(machine.apt_calls[-1].split()) >= set(absent.split())


def test_interpreters_are_for_fidelity_alone(machine):
    absent = "pypy3 ruby ocaml"
    assert machine.bootstrap("check", "bench", ABSENT=absent).stderr == ""
    machine.bootstrap("fidelity", ABSENT=f"{absent} ninja-build")
    assert set(machine.apt_calls[-1].split()) >= {*absent.split(), "ninja-build"}


def test_the_gate_builds_commits_and_counts_instructions(machine):
    absent = "git valgrind cmake ninja-build libfmt-dev"
    machine.bootstrap("gate", ABSENT=f"{absent} python3-matplotlib libgtest-dev")
    assert machine.apt_calls[-1].split()[-5:] == "cmake ninja-build libfmt-dev valgrind git".split()
    assert machine.bootstrap("build", "run", ABSENT="git valgrind").stderr == ""


def test_a_package_of_several_parts_is_named_once(machine):
    machine.bootstrap("lint", "test", "gate", ABSENT="git")
    assert machine.apt_calls[-1].split().count("git") == 1
