"""`scripts/convoy history add`: files of the gate and results become lines."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import compare_made
import gate_made
import pytest
import synthetic
from conftest import ROOT, assert_complaint
from history_made import PINNED, commit, gate, read

Json = dict[str, Any]
PARENT = "b" * 40


@pytest.fixture(scope="module")
def made() -> Json:
    return synthetic.document(synthetic.Truth(workloads=("cpu_pi",), workers=(1, 2)))


def gate_of(path: Path, *ratios: float, base: str = PINNED, of: str | None = commit(1)) -> Path:
    made = gate_made.document(
        gate_made.benchmark(f"BM/{number}", "SAME", value, samples=[])
        for number, value in enumerate(ratios)
    )
    return gate(path, made, base, of)


def test_a_gate_becomes_a_line_a_benchmark(convoy: Any, tmp_path: Path) -> None:
    done = convoy("history", "add", gate_of(tmp_path / "g.json", 1.07, 0.9, base=PARENT))
    assert done.returncode == 0, done
    assert done.stdout == f"results/history.jsonl: 2 benchmarks of {commit(1)} added\n"
    first, second = read(tmp_path / "results" / "history.jsonl")
    assert first["commit"] == commit(1) and first["benchmark"] == "BM/0"
    assert first["fingerprint"] == "feedface" and first["paired"] is True
    assert first["reference"] is None and first["instructions"] is None
    told = first["parent"]
    assert told["base"] == PARENT and told["samples"] == 32 and told["verdict"] == "SAME"
    assert told["log_ratio"] == pytest.approx(math.log(1.07))
    assert told["low"] < told["log_ratio"] < told["high"]
    assert second["parent"]["log_ratio"] == pytest.approx(math.log(0.9))


def test_parent_and_reference_share_a_line(inside: Any, tmp_path: Path) -> None:
    parent = gate_of(tmp_path / "p.json", 1.01, base=PARENT)
    pinned = gate_of(tmp_path / "r.json", 1.2, 1.3)
    path = tmp_path / "h.jsonl"
    done = inside("history", "add", parent, "--reference", pinned, "--file", path)
    assert done.returncode == 0, done
    both, alone = read(path)
    assert both["parent"]["base"] == PARENT and both["reference"]["base"] == PINNED
    assert both["reference"]["log_ratio"] == pytest.approx(math.log(1.2))
    assert alone["benchmark"] == "BM/1" and alone["parent"] is None


def test_instructions_and_programs_without_a_commit(inside: Any, tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    found = gate(tmp_path / "g.json", gate_made.everything())
    assert_complaint(inside("history", "add", found, "--file", path), "add --commit SHA")
    assert_complaint(
        inside("history", "add", found, "--file", path, "--commit", "HEAD"), "is not a commit"
    )
    assert not path.exists()
    done = inside("history", "add", "--reference", found, "--file", path, "--commit", commit(5))
    assert done.returncode == 0, done
    lines = {one["benchmark"]: one for one in read(path)}
    assert lines["sort/large"]["instructions"] == 5e6
    assert lines["short"]["reference"]["low"] is None
    assert lines["parse"]["reference"]["base"] == "sha256:0123456789abcdef"
    for part in ("failed: crashes, odd", "not in the reference: brand/new", "gone/for/good"):
        assert part in done.stderr


def test_results_are_added_beside_a_reference(inside: Any, tmp_path: Path) -> None:
    one = compare_made.program(tmp_path / "a.json", {"BM/0": 1.0}, 1)
    two = compare_made.program(tmp_path / "b.json", {"BM/0": 1.1}, 2)
    loud = compare_made.program(tmp_path / "c.json", {"BM/0": 1.0}, 3, num_cpus=64)
    path = tmp_path / "h.jsonl"
    words = ("history", "add", two, "--file", path, "--commit", commit(1))
    assert_complaint(inside(*words), "add --reference R.json or --parent P.json")
    assert_complaint(inside(*words, "--reference", loud), "machine (num_cpus: 64 and 2)")
    done = inside(*words, "--reference", one)
    assert done.returncode == 0, done
    (told,) = read(path)
    assert told["paired"] is False and told["reference"]["samples"] == 10
    assert told["reference"]["log_ratio"] == pytest.approx(math.log(1.1), abs=0.01)
    assert told["reference"]["base"] == "file:a.json"


def test_results_of_convoy_say_their_commit(inside: Any, tmp_path: Path, document: Json) -> None:
    document["convoy"]["facts"]["git_commit"] = PINNED
    one = compare_made.write(tmp_path / "a.json", document)
    document["convoy"]["facts"]["git_commit"] = commit(3)
    two = compare_made.write(tmp_path / "b.json", document)
    path = tmp_path / "h.jsonl"
    done = inside("history", "add", two, "--parent", one, "--file", path)
    assert done.returncode == 0, done
    lines = read(path)
    assert len(lines) == len(document["convoy"]["rows"])
    assert {told["commit"] for told in lines} == {commit(3)}
    assert {told["parent"]["base"] for told in lines} == {PINNED}
    assert {told["fingerprint"] for told in lines} == {document["convoy"]["fingerprint"]}


def test_what_cannot_be_added(inside: Any, tmp_path: Path) -> None:
    found = gate_of(tmp_path / "g.json", 1.0)
    other = gate_of(tmp_path / "o.json", 1.0, of=commit(2))
    assert_complaint(inside("history", "add"), "what to add?")
    assert_complaint(inside("history", "add", found, "--reference", other), "different commits")
    assert_complaint(inside("history", "add", found, "--parent", other), "omit --parent")
    made = gate_made.document([gate_made.benchmark("a")])
    made["machine"]["fingerprint"] = "another"
    away = gate(tmp_path / "away.json", made, PINNED, commit(1))
    assert_complaint(inside("history", "add", found, "--reference", away), "different machines")
    empty = gate(tmp_path / "empty.json", gate_made.document(), PINNED, commit(1))
    assert_complaint(inside("history", "add", empty), "no measurements")
    assert_complaint(inside("history", "add", tmp_path / "none.json"), "cannot be read")


def test_hostile_names_stay_in_their_line(inside: Any, tmp_path: Path) -> None:
    made = gate_made.document(
        gate_made.benchmark(name, samples=[]) for name in gate_made.HOSTILE
    )
    path = tmp_path / "h.jsonl"
    found = gate(tmp_path / "g.json", made, PINNED, commit(1))
    assert inside("history", "add", "--reference", found, "--file", path).returncode == 0
    assert len(read(path)) == len(gate_made.HOSTILE)
    shown = inside("history", "show", "--file", path).stdout
    assert "\x1b" not in shown and "\u202e" not in shown


def test_the_page_names_every_field() -> None:
    page = (ROOT / "docs" / "reference" / "history-file.md").read_text("utf-8")
    schema = json.loads((ROOT / "results" / "history.schema.json").read_text("utf-8"))
    for field in (*schema["properties"], *schema["$defs"]["ratio"]["properties"]):
        assert f"| `{field}` |" in page


# --- Machines.


def pair(tmp_path: Path, name: str, **machine: Any) -> tuple[Path, Path]:
    """The result of a commit, and one of the reference on the same machine."""
    return (
        compare_made.program(tmp_path / f"{name}-1.json", {"BM": 1.1}, 2, **machine),
        compare_made.program(tmp_path / f"{name}-0.json", {"BM": 1.0}, 1, **machine),
    )


def added(inside: Any, tmp_path: Path, number: int, files: tuple[Path, Path], *words: str) -> Any:
    words = ("--file", str(tmp_path / "h.jsonl"), "--commit", commit(number), *words)
    return inside("history", "add", files[0], "--reference", files[1], *words)


def test_each_machine_has_its_own_series(inside: Any, tmp_path: Path) -> None:
    machines: list[Json] = [
        {"num_cpus": 4}, {"num_cpus": 64}, {"num_cpus": 4, "host_name": "other"},
        {"num_cpus": 4, "mhz_per_cpu": 800},
    ]  # fmt: skip
    for number, machine in enumerate(machines):
        assert added(inside, tmp_path, number, pair(tmp_path, "r", **machine)).returncode == 0
    small, large, *same = (line["fingerprint"] for line in read(tmp_path / "h.jsonl"))
    assert small != large and same == [small, small] and "unknown" not in (small, large)
    shown = inside("history", "show", "--file", tmp_path / "h.jsonl")
    assert shown.stdout.count("BM\n") == 2
    alone = inside("history", "show", "--file", tmp_path / "h.jsonl", "--machine", large[:6])
    assert alone.stdout.count("BM\n") == 1 and alone.stdout.startswith("1 commit, ")
    none = inside("history", "check", "--file", tmp_path / "h.jsonl", "--machine", "zz")
    assert_complaint(none, "is not a machine", small, large)


def test_a_machine_can_be_named(inside: Any, tmp_path: Path) -> None:
    one, two = pair(tmp_path, "a", num_cpus=4), pair(tmp_path, "b", num_cpus=64)
    for number, files in enumerate((one, two, (one[0], two[1]))):
        done = added(inside, tmp_path, number, files, "--machine", "ci-large")
        assert done.returncode == 0, done
    assert {line["fingerprint"] for line in read(tmp_path / "h.jsonl")} == {"ci-large"}
    shown = inside("history", "show", "--file", tmp_path / "h.jsonl", "--machine", "ci-large")
    assert "  ci-large  BM\n" in shown.stdout
    assert_complaint(added(inside, tmp_path, 4, one, "--machine", "é"), "write a name of letters")


def test_a_gate_of_a_named_machine(inside: Any, tmp_path: Path) -> None:
    made = gate_made.document([gate_made.benchmark("a")])
    made["machine"]["fingerprint"] = "another"
    away = gate(tmp_path / "away.json", made, PINNED, commit(1))
    found = gate_of(tmp_path / "g.json", 1.0, base=PARENT)
    words = ("history", "add", found, "--reference", away, "--file", tmp_path / "h.jsonl")
    assert_complaint(inside(*words), "different machines", "--machine NAME")
    assert inside(*words, "--machine", "ci").returncode == 0
    assert {line["fingerprint"] for line in read(tmp_path / "h.jsonl")} == {"ci"}


def test_somebody_may_know_better(inside: Any, tmp_path: Path) -> None:
    one, two = pair(tmp_path, "a", num_cpus=4), pair(tmp_path, "b", num_cpus=64)
    mixed = one[0], two[1]
    assert_complaint(added(inside, tmp_path, 1, mixed), "machine (num_cpus: 64 and 4)", "--force")
    done = added(inside, tmp_path, 1, mixed, "--force")
    assert done.returncode == 0 and "forced: " in done.stderr
    assert added(inside, tmp_path, 2, one).returncode == 0
    first, second = (line["fingerprint"] for line in read(tmp_path / "h.jsonl"))
    assert first == second  # the machine of the commit
    assert_complaint(inside("history", "show", "--force"), "`history show` takes no force")


def test_a_file_that_says_nothing_of_its_machine(inside: Any, tmp_path: Path) -> None:
    files = pair(tmp_path, "a")
    for path in files:
        made = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({"benchmarks": made["benchmarks"]}), encoding="utf-8")
    done = added(inside, tmp_path, 1, files)
    assert done.returncode == 0 and "name the machine with --machine NAME" in done.stderr
