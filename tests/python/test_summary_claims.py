"""What a summary claims is true, seldom by chance, and can be held against another run's claims."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import synthetic
from conftest import ROOT
from convoy_cli.answer.certainty import contradictions
from convoy_cli.answer.summary import Answer, answer, document
from convoy_cli.results import load
from synthetic import Truth

Json = dict[str, Any]
MODELS = ("single", "threads", "processes", "coroutines")
CONTRADICT = ROOT / "tests" / "claims" / "contradict.py"


def answered(made: Json) -> Answer:
    return answer(load.result(Path("x.json"), made))


def claims(made: Json) -> Json:
    return document(answered(made))


def noisy(made: Json, source: random.Random, times: dict[str, float], shape: str) -> Json:
    """The document with other samples: `times` by model, and noise of a shape."""

    def noise() -> float:
        if shape == "bimodal":
            return source.choice((1.0, 1.6)) * source.uniform(0.97, 1.03)
        return source.lognormvariate(0, 0.02 if shape == "narrow" else 0.2)

    drift = [source.lognormvariate(0, 0.05) for _ in range(64)]
    for row in made["convoy"]["rows"]:
        for sample in row["samples"]:
            sample["real_time_ns"] = times.get(row["model"], 1e5) * drift[sample["pass"]] * noise()
    return made


def computing(passes: int, workloads: tuple[str, ...] = ("cpu_pi", "cpu_nqueens")) -> Json:
    truth = Truth(workloads=workloads, models=MODELS, workers=(2,), passes=passes)
    made = synthetic.document(truth)
    made["convoy"]["rows"] += synthetic.document(
        Truth(workloads=workloads, models=("single",), gils=("none",), workers=(1,), passes=passes)
    )["convoy"]["rows"]
    return made


@pytest.mark.parametrize("passes", [6, 8, 12])
@pytest.mark.parametrize("shape", ["wide", "bimodal"])
def test_where_nothing_differs_hardly_anything_is_claimed(passes: int, shape: str) -> None:
    made, source = computing(passes), random.Random(passes)
    false = 0
    for _ in range(120):
        found = claims(noisy(made, source, {}, shape))
        winner = any(c["resolved"] and len(c["winner"]) < len(MODELS) for c in found["use"])
        false += winner or any(c["change"] for c in found["lock_costs"])
    assert false <= 0.05 * 120


def test_true_winners_are_found_and_false_ones_are_not() -> None:
    made, source = computing(8), random.Random(2)
    times = {"single": 1e5, "coroutines": 1e5, "threads": 5e4, "processes": 5e4}
    found = 0
    for _ in range(40):
        for claim in claims(noisy(made, source, times, "narrow"))["use"]:
            assert set(claim["winner"]) & {"threads", "processes"}, claim["sentence"]
            assert not {"single", "coroutines"} & set(claim["winner"]) or not claim["resolved"]
            assert claim["interval"][0] <= claim["ratio"] <= claim["interval"][1]
            found += claim["resolved"]
    assert found == 80


def test_six_passes_are_enough_for_what_is_plain() -> None:
    """Few differ, so that the sign test of six passes alone could claim none of them."""
    made, source = computing(6), random.Random(4)
    times = {"single": 1e5, "coroutines": 1e5, "threads": 1e5, "processes": 5e4}
    found = claims(noisy(made, source, times, "narrow"))
    assert all(claim["winner"] == ["processes"] for claim in found["use"])
    assert all(claim["resolved"] for claim in found["use"])


def test_intervals_cover_the_truth() -> None:
    made, source = computing(8, ("cpu_pi",)), random.Random(6)
    times = {"single": 1e5, "coroutines": 1e5, "threads": 6e4, "processes": 5e4}
    hits = 0
    for _ in range(150):
        (claim, _) = claims(noisy(made, source, times, "wide"))["use"]
        low, high = claim["interval"]
        truth = 2.0 if claim["sentence"].find("processes, ") >= 0 else 1e5 / 6e4
        hits += low <= truth <= high
    assert hits >= 0.9 * 150


def test_claims_are_of_all_locks_and_read_as_data(inside: Any, tmp_path: Path) -> None:
    gils = ("none", "cpython32", "cpython_ft")
    truth = Truth(workloads=("cpu_pi", "io_sleep"), gils=gils, workers=(1, 2))
    synthetic.write(tmp_path / "x.json", synthetic.document(truth))
    done = inside("summary", "x.json", "--json")
    told = json.loads(done.stdout)
    assert [(each["kind"], each["lock"]) for each in told["use"]] == [
        (kind, gil) for kind in ("cpu", "io") for gil in gils
    ]
    for each in told["use"]:
        assert each["winner"] and each["resolved"] and each["workloads"]
    assert {each["lock"] for each in told["lock_costs"]} == set(gils) - {"none"}
    words = " ".join(inside("summary", "x.json").stdout.split())
    for each in told["use"]:
        assert each["sentence"] in words
    assert "not shown here" not in inside("summary", "x.json", "--all").stdout


# --- Two runs.


@pytest.fixture(scope="module")
def quiet() -> Json:
    return synthetic.document(Truth(workloads=("cpu_pi", "io_sleep"), models=MODELS))


def slowed(made: Json, factor: float, **wanted: object) -> Json:
    made = copy.deepcopy(made)
    for row in made["convoy"]["rows"]:
        if all(row[key] == value for key, value in wanted.items()):
            for sample in row["samples"]:
                sample["real_time_ns"] *= factor
    return made


def test_a_run_does_not_contradict_itself(quiet: Json) -> None:
    again = synthetic.document(
        Truth(workloads=("cpu_pi", "io_sleep"), models=MODELS, seed=9, noise=0.04)
    )
    assert contradictions(claims(quiet), claims(quiet)) == []
    assert contradictions(claims(quiet), claims(again)) == []


def test_another_winner_is_a_contradiction(quiet: Json) -> None:
    other = slowed(quiet, 3.0, workload="cpu_pi", model="processes", gil="cpython32")
    (said,) = contradictions(claims(quiet), claims(other))
    assert said.startswith("CPU-bound under cpython32: stay single")
    assert "But: CPU-bound under cpython32: processes, 1.97 × single" in said


def test_a_lock_that_gains_is_a_contradiction(quiet: Json) -> None:
    other = slowed(quiet, 2.5, workload="cpu_pi", model="threads", gil="none")
    (said,) = contradictions(claims(quiet), claims(other))
    assert "threads gain 23 %" in said and "threads lose 51 % of their speed" in said


@pytest.mark.parametrize("how", ["row", "samples"])
def test_what_is_disturbed_contradicts_nothing(quiet: Json, how: str) -> None:
    other = slowed(quiet, 3.0, workload="cpu_pi")
    other = slowed(other, 2.5, workload="cpu_pi", model="threads", gil="none")
    for row in other["convoy"]["rows"]:
        row["disturbed"] = how == "row"
        for sample in row["samples"]:
            sample["disturbed"] = [] if how == "row" else ["run_delay"]
    found = claims(other)
    assert contradictions(claims(quiet), found) == []
    assert all(each["disturbed"] and not each["resolved"] for each in found["use"])
    assert all(each["winner"] == [] for each in found["use"])
    assert all(each["change"] is None for each in found["lock_costs"])


def test_the_program_lists_them(quiet: Json, tmp_path: Path) -> None:
    other = slowed(quiet, 3.0, workload="cpu_pi", model="processes", gil="cpython32")
    paths = [tmp_path / "quiet.json", tmp_path / "other.json"]
    for path, made in zip(paths, (quiet, other)):
        synthetic.write(path, made)

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(CONTRADICT), *map(str, words)]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)

    same, unlike, missing = call(paths[0], paths[0]), call(*paths), call(paths[0])
    assert (same.returncode, same.stdout) == (0, "")
    assert unlike.returncode == 1 and "CPU-bound under cpython32" in unlike.stdout
    assert missing.returncode == 2 and "QUIET.json" in missing.stderr
    assert call(paths[0], tmp_path / "none.json").returncode == 2
