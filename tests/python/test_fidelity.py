"""scripts/convoy fidelity as a program: stand-ins for interpreters and for convoy-bench."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import CONVOY, LIMIT_S, clean_environment
from convoy_cli import cli
from convoy_cli.core import processes
from convoy_cli.fidelity import charts as charting, interpreters
from fidelity_stand import Clock, Stand, is_gone, listed, pids_in

pytest.importorskip("matplotlib")


@pytest.fixture
def stand(tmp_path: Path, inside: Any, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Called within this process, and without charts, which take most of the time."""
    monkeypatch.setattr(charting, "FIGURES", ())
    return Stand(tmp_path, inside)


def test_both_sides_are_measured_by_turns_and_told(tmp_path: Path, convoy: Any) -> None:
    stand = Stand(tmp_path, convoy)
    done = stand.call()
    assert (done.returncode, done.stdout.count("OFF")) == (0, 0), done
    assert done.stdout.startswith(f"CPython 3.11.2 ({stand.interpreter}) beside cpython32\n")
    assert "lateness beside 2 spinners, mean" in done.stdout and "2270 / 2270" in done.stdout
    assert re.search(r"^10 within .*, 0 off\.$", done.stdout, re.MULTILINE)
    document = stand.document()
    runs = document["interpreters"][0]["runs"]
    assert len({run["setting"] for run in runs}) == 17 and len(runs) == 17 * 5
    first = [run["first"] for run in runs if run["setting"] == "throughput"]
    assert first == ["real", "native", "real", "native", "real"]
    assert all(run["real"] and run["native"]["rows"] for run in runs)
    assert len(runs[0]["real"]["lateness_ns"]) == 454
    charts = sorted(path.name for path in (stand.folder / "results/fidelity").glob("*.svg"))
    assert charts == ["lateness.svg", "ratios.svg", "sweep.svg"]
    again = stand.convoy("fidelity", "--from", "results/fidelity/fidelity.json", "-o", "again")
    told = done.stdout.partition("results/fidelity")[0]
    assert again.returncode == 0
    assert again.stdout.startswith(told) and "again/ratios.png" in again.stdout


def test_convoy_bench_gets_the_same_settings_and_no_binding(stand: Stand) -> None:
    stand.call("--probes", "reacquire,race,sweep", "--repeats", "1", "--seed", "7")
    calls = [" ".join(call) for call in stand.calls()]
    assert all("--policy none --passes 1 --seed 7" in call for call in calls)
    assert all("--model threads" in call and "--no-overhead" in call for call in calls)
    assert "gil_reacquire.spinners=4" in calls[3] and "--gil cpython32 " in calls[3]
    assert "gil_race.checkpoints=back_edge" in calls[4] and "interval=10000ns" in calls[4]
    assert "--gil cpython32:interval=500000ns" in calls[6]
    assert len(calls) == 4 + 2 + 5


def test_both_ends_of_an_idle_conversation_share_a_cpu_on_both_sides(stand: Stand) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    stand.call("--probes", "echo", "--repeats", "2")
    runs = stand.document()["interpreters"][0]["runs"]
    cpus = [run["real"]["cpus"] for run in runs]
    one, other = allowed[0], allowed[1 % len(allowed)]
    assert cpus == [f"[{one}]", *[str(allowed)] * 2, f"[{other}]", *[str(allowed)] * 2]
    assert [call[-1] for call in stand.calls()] == cpus
    assert [run.get("cpus") for run in runs] == [[one], None, None, [other], None, None]
    assert sorted(os.sched_getaffinity(0)) == allowed


def test_a_part_of_the_machine_is_told(stand: Stand, one_cpu: int) -> None:
    words = "--probes", "reacquire", "--repeats", "1"
    told = f"\nMeasured on 1 of the machine's {one_cpu} CPUs, all that are allowed"
    assert told in stand.call(*words).stdout
    document = stand.document()
    assert document["machine"]["cpus_allowed"] == 1
    document["machine"]["cpus_allowed"] = one_cpu
    (stand.folder / "whole.json").write_text(json.dumps(document))
    whole = stand.convoy("fidelity", "--from", "whole.json", "-o", "again")
    assert whole.stdout and told not in whole.stdout


def test_a_policy_that_is_off_is_exit_1(stand: Stand) -> None:
    done = stand.call("--probes", "reacquire", SLOWER="1.6")
    assert done.returncode == 1
    assert "OFF" in done.stdout and "3 off" in done.stdout


def test_what_proves_nothing_is_exit_3(stand: Stand) -> None:
    done = stand.call("--quick", "--probes", "reacquire")
    assert done.returncode == 3
    assert re.search(r"^0 within .*, 0 off, 3 not judged ", done.stdout, re.MULTILINE)
    done = stand.call("--probes", "reacquire", LISTED=listed("cpython32"))
    assert done.returncode == 3
    assert "has no native counterpart: this convoy-bench has no lock cpython32" in done.stderr
    assert "no native counterpart: this convoy-bench has no lock cpython32" in done.stdout


def test_an_unfit_machine_is_exit_4(stand: Stand) -> None:
    done = stand.call("--probes", "reacquire", DOCTOR="unfit", SLOWER="2")
    assert done.returncode == 4
    assert "the machine is unfit" in done.stderr and "it is busy: wait" in done.stderr
    assert "OFF" not in done.stdout


@pytest.mark.parametrize(
    "trouble, reason",
    [
        ("crash", "killed by SIGABRT"), ("fail", "MemoryError: no room"),
        ("rubbish", "printed 'Welcome!'"), ("wrong", "not the requested one"),
        ("nan", "not the requested one"), ("hang", "timed out after"),
    ],
)  # fmt: skip
def test_a_probe_that_fails_is_told_and_the_others_go_on(
    trouble: str, reason: str, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "time", Clock(stand.folder / "pids"))
    more = ["--probes", "throughput,race", "--repeats", "2", "--timeout", "30min"]
    done = stand.call(*more, TROUBLE=f"{trouble} throughput")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count(reason) == 1, "told once, and not tried again"
    line = next(line for line in done.stdout.splitlines() if "FAILED throughput: it" in line)
    assert reason in line
    assert "updates lost in a million, c += 1" in done.stdout
    pids = pids_in(stand.folder / "pids")
    assert len(pids) == (2 if trouble == "hang" else 0) and all(map(is_gone, pids))


def test_a_failed_row_is_told(stand: Stand) -> None:
    done = stand.call("--probes", "reacquire,throughput", "--repeats", "2", BROKEN="gil_countdown")
    assert done.returncode == 1
    assert "FAILED throughput, natively: it hangs" in done.stdout


@pytest.mark.parametrize("trouble", ["crash", "fail", "rubbish", "wrong", "list", "hang"])
def test_an_interpreter_that_does_not_answer_is_exit_1(
    trouble: str, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "time", Clock(stand.folder / "pids"))
    done = stand.call("--timeout", "30min", TROUBLE=trouble)
    assert done.returncode == 1
    assert "does not answer" in done.stderr and "Traceback" not in done.stderr
    assert f"{stand.interpreter} " in done.stdout and "FAILED about: " in done.stdout


def test_a_list_says_what_is_found_and_measures_nothing(stand: Stand) -> None:
    done = stand.call("--list")
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].startswith("CPython 3.11.2  on, every 5 ms  cpython32")
    assert sorted(os.listdir(stand.folder)) == ["bench", "python-fake"]
    done = stand.call("--list", LISTED=listed("cpython32"))
    assert "cpython32 (not in this convoy-bench)" in done.stdout


def test_nothing_found_is_exit_77(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in stand.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(stand.folder)
    monkeypatch.setattr(interpreters, "SEARCHED", ("no-such-python",))
    verb = cli.discover()["fidelity"]
    assert verb.run(cli.parser_of(verb).parse_args([])) == 77
    assert "make fidelity" in capsys.readouterr().err


def test_json_goes_to_stdout_alone(stand: Stand) -> None:
    done = stand.call("--probes", "race", "--repeats", "1", "--json", "-")
    assert json.loads(done.stdout)["fidelity_version"] == 1
    assert "beside cpython32" in done.stderr
    assert not (stand.folder / "results/fidelity/fidelity.json").exists()


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_was_measured_before_an_interrupt_is_kept(
    number: int, code: int, stand: Stand
) -> None:
    ready = stand.folder / "ready"
    os.mkfifo(ready)
    environment = clean_environment() | stand.environment | {"TROUBLE": "hang throughput"}
    process = subprocess.Popen(
        [str(CONVOY), *stand.words("--probes", "reacquire,throughput", "--timeout", "60min")],
        env=environment, cwd=stand.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    try:
        waited = os.open(ready, os.O_RDONLY | os.O_NONBLOCK)
        assert select.select([waited], [], [], LIMIT_S)[0], "the interpreter never hung"
        os.close(waited)
        process.send_signal(number)
        out, error = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
    assert process.returncode == code, error
    assert "Traceback" not in error
    assert "lateness beside 1 spinner" in out
    document = stand.document()
    assert document["interrupted"]
    assert [run["setting"] for run in document["interpreters"][0]["runs"]][-1] == "throughput"
    pids = pids_in(stand.folder / "pids")
    assert len(pids) == 2 and all(map(is_gone, pids))
