"""The gate's file: its schema and our validator agree with each other, and `check` knows it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Callable

import gate_made
import pytest
from conftest import assert_complaint
from convoy_cli.core.errors import UsageError
from convoy_cli.results import checks, load, verdicts

jsonschema = pytest.importorskip("jsonschema")
Damage = Callable[[dict[str, Any]], Any]


def broken(folder: Path, made: dict[str, Any]) -> dict[str, list[str]]:
    found = checks.check_file(gate_made.write(folder / "gate.json", made))
    return {check.name: check.breaches for check in found if check.breaches}


def first(made: dict[str, Any]) -> Any:
    return made["benchmarks"][0]


GOOD = {
    "everything": gate_made.everything(),
    "nothing yet": gate_made.document(interrupted=True),
    "interrupted": gate_made.document([gate_made.benchmark("a")], interrupted=True),
    "inconclusive": gate_made.one("INCONCLUSIVE"),
    "inconclusive allowed": gate_made.one("INCONCLUSIVE") | {"exit": 0},
    "environment": gate_made.one("ENVIRONMENT"),
    "a name as they come": gate_made.document(map(gate_made.benchmark, gate_made.HOSTILE)),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_files_pass(name: str, tmp_path: Path) -> None:
    assert broken(tmp_path, GOOD[name]) == {}
    assert verdicts.load(tmp_path / "gate.json") == GOOD[name]


@pytest.mark.parametrize("time", [5e-324, 1e308])
def test_times_that_no_ratio_holds_are_a_breach(time: float, tmp_path: Path) -> None:
    made = gate_made.everything()
    for sample in first(made)["samples"]:
        sample["contender"].update(cpu_ns=time, real_ns=time)
        sample["base"].update(cpu_ns=1e308 if time < 1 else 5e-324)
    assert "of the samples" in broken(tmp_path, made)["ratios"][0]


def test_a_gate_that_was_emptied_is_found(tmp_path: Path) -> None:
    assert "no benchmark" in broken(tmp_path, gate_made.document())["measured"][0]


SHAPES: dict[str, Damage] = {
    "verdict": lambda d: d.update(verdict="FINE"),
    "exit": lambda d: d.update(exit=7),
    "surprise": lambda d: d.update(surprise=1),
    "rules.looks": lambda d: d["rules"].update(looks=[]),
    "base.sha256": lambda d: d["base"].update(sha256="xyz"),
    "pinned": lambda d: d.update(pinned="all"),
    "machine.caches": lambda d: d["machine"].update(caches={}),
    "benchmarks.0.ratio": lambda d: first(d).update(ratio=0),
    "benchmarks.0.iterations": lambda d: first(d).update(iterations=[1]),
    "benchmarks.0.metric": lambda d: first(d).update(metric="wall"),
    "benchmarks.0.samples.0.order": lambda d: first(d)["samples"][0].update(order="bcb"),
    "benchmarks.0.samples.0.base.cpu_ns": lambda d: first(d)["samples"][0]["base"].update(
        cpu_ns=-1
    ),
    "failed.0": lambda d: d["failed"].__setitem__(0, {"name": "x"}),
}


@pytest.mark.parametrize("field", SHAPES)
def test_what_does_not_fit_the_schema_is_named(field: str, tmp_path: Path) -> None:
    made = gate_made.everything()
    SHAPES[field](made)
    assert not jsonschema.Draft202012Validator(load.schema(verdicts.SCHEMA)).is_valid(made)
    found = broken(tmp_path, made)
    assert [*found] == ["schema"]
    where, _, what = found["schema"][0].partition(": ")
    assert field.startswith(where) or field in what
    with pytest.raises(UsageError, match="breaks its schema"):
        verdicts.load(tmp_path / "gate.json")


CLAIMS: dict[str, tuple[str, Damage]] = {
    "twice": ("names", lambda d: d["added"].append(first(d)["name"])),
    "milder": ("verdict", lambda d: d.update(verdict="SAME", exit=0)),
    "passed": ("verdict", lambda d: d.update(exit=0)),
    "fewer": ("rounds", lambda d: first(d)["samples"].pop()),
    "quieter": ("rounds", lambda d: first(d)["samples"][0].update(contaminated=True)),
    "searched": ("rounds", lambda d: first(d).update(searched_rounds=99)),
    "flattered": ("ratios", lambda d: first(d).update(ratio=1.06)),
    "shifted": ("ratios", lambda d: first(d).update(low=1.08)),
    "control": ("ratios", lambda d: first(d)["control"].update(ratio=1.004)),
}


@pytest.mark.parametrize("damage", CLAIMS)
def test_what_contradicts_itself_is_found(damage: str, tmp_path: Path) -> None:
    name, change = CLAIMS[damage]
    made = copy.deepcopy(gate_made.everything())
    change(made)
    assert name in broken(tmp_path, made)


def test_a_benchmark_that_fails_on_both_sides_is_no_regression(tmp_path: Path) -> None:
    both = [gate_made.failure("x"), gate_made.failure("x", "base")]
    made = gate_made.document([gate_made.benchmark("a")], failed=both)
    assert (made["verdict"], made["exit"]) == ("SAME", 0)
    assert broken(tmp_path, made) == {}
    alone = gate_made.document([gate_made.benchmark("a")], failed=both[:1])
    assert (alone["verdict"], alone["exit"]) == ("REGRESSED", 1)


def test_the_verb_checks_it(convoy: Any, tmp_path: Path) -> None:
    gate_made.write(tmp_path / "good.json", gate_made.everything())
    good = convoy("check", "good.json")
    assert good.returncode == 0 and "results/gate.schema.json" in good.stdout
    text = (tmp_path / "good.json").read_text()
    (tmp_path / "bad.json").write_text(text.replace('"seconds": 83.5', '"seconds": NaN'))
    bad = convoy("check", "bad.json")
    assert bad.returncode == 1 and "NaN" in bad.stdout


@pytest.mark.parametrize(
    "change, words",
    [({"convoy_gate": 2}, "newer Convoy"), ({"convoy_gate": None}, "breaks its schema")],
)
def test_other_versions_are_refused(change: Any, words: str, tmp_path: Path) -> None:
    path = gate_made.write(tmp_path / "x.json", gate_made.document() | change)
    with pytest.raises(UsageError, match=words):
        verdicts.load(path)


def test_other_files_are_refused(made: Any, convoy: Any, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps(made))
    with pytest.raises(UsageError, match="not a gate file"):
        verdicts.load(tmp_path / "result.json")
    gate_made.write(tmp_path / "new.json", gate_made.document(convoy_gate=9))
    assert_complaint(convoy("check", "new.json"), "version 9", "git pull")
