"""`scripts/convoy compare`: two stored results, what differs, and what is refused."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import compare_made
import pytest
import synthetic
from compare_made import document, entry, program, repetitions, samples, write
from conftest import assert_complaint

Json = dict[str, Any]
SIX = {f"BM_Sort/{size}": 1.0 for size in (1, 2, 4, 8, 16, 32)}


@pytest.fixture(scope="module")
def made() -> Json:
    return synthetic.document(synthetic.Truth(workloads=("cpu_pi", "io_sleep"), workers=(1, 2)))


def compared(convoy: Any, path: Path, *words: object) -> tuple[Any, Json]:
    done = convoy("compare", *words, "--json", path / "out.json")
    return done, json.loads((path / "out.json").read_text("utf-8"))


def test_the_same_program_passes(convoy: Any, tmp_path: Path) -> None:
    one, two = program(tmp_path / "a.json", SIX, 1), program(tmp_path / "b.json", SIX, 2)
    done, told = compared(convoy, tmp_path, one, two)
    assert done.returncode == 0 and told["verdict"] == "SAME", done
    assert re.match(r"SAME: .*\b6 benchmarks .*± 2 %", done.stdout)
    assert re.search(r"^unpaired: .*\b0 seconds .*`scripts/convoy gate`", done.stdout, re.MULTILINE)
    assert re.search(r"^  not shown: 6 .*--all", done.stdout, re.MULTILINE)


def test_what_is_slower_is_told_first(convoy: Any, tmp_path: Path) -> None:
    ratios = SIX | {"BM_Sort/8": 1.07, "BM_Sort/2": 0.9}
    one, two = program(tmp_path / "a.json", SIX, 1), program(tmp_path / "b.json", ratios, 2)
    done, told = compared(convoy, tmp_path, one, two)
    assert done.returncode == told["exit"] == 1
    verdicts = {each["name"]: each["verdict"] for each in told["benchmarks"]}
    assert verdicts["BM_Sort/8"] == "REGRESSED" and verdicts["BM_Sort/2"] == "IMPROVED"
    assert list(verdicts.values()).count("SAME") == 4
    assert re.match(r"REGRESSED: BM_Sort/8 .*1\.069 × .*95 % 1\.065–1\.075", done.stdout)
    slower = next(each for each in told["benchmarks"] if each["name"] == "BM_Sort/8")
    assert 1.06 < slower["low"] < slower["ratio"] < slower["high"] < 1.08
    assert slower["metric"] == "cpu_time" and slower["samples"] == [10, 10]


def test_improvements_alone_pass(inside: Any, tmp_path: Path) -> None:
    one = program(tmp_path / "a.json", SIX, 1)
    two = program(tmp_path / "b.json", SIX | {"BM_Sort/1": 0.8}, 2)
    done, told = compared(inside, tmp_path, one, two)
    assert done.returncode == 0 and told["verdict"] == "IMPROVED"


def test_too_few_samples_are_inconclusive(inside: Any, tmp_path: Path) -> None:
    one = write(tmp_path / "a.json", document(repetitions("a", samples(1, count=3))))
    two = write(tmp_path / "b.json", document(repetitions("a", samples(2, 2.0, count=3))))
    done = inside("compare", one, two)
    assert done.returncode == 3 and re.search("a: 3 and 3 samples", done.stdout)
    assert inside("compare", one, two, "--allow-inconclusive").returncode == 0


def test_many_identical_benchmarks_raise_no_alarm(inside: Any, tmp_path: Path) -> None:
    many = {f"BM_Many/{number}": 1.0 for number in range(400)}
    one, two = program(tmp_path / "a.json", many, 1), program(tmp_path / "b.json", many, 2)
    _, told = compared(inside, tmp_path, one, two, "--noise", "0%")
    assert sum(each["chance"] <= 0.05 for each in told["benchmarks"]) > 5  # by themselves
    assert {each["verdict"] for each in told["benchmarks"]} <= {"SAME", "INCONCLUSIVE"}


def test_nothing_is_dropped_in_silence(inside: Any, tmp_path: Path) -> None:
    broken = entry("fails", 0.0, error_occurred=True, error_message="no such file")
    bad = entry("odd", 1.0) | {"cpu_time": math.nan}
    one = write(tmp_path / "a.json", document(
        [*repetitions("a", samples(1)), *repetitions("fails", samples(2)),
         *repetitions("gone", samples(3)), bad, entry("a_BigO", 0.0, run_type="aggregate")]))
    two = write(tmp_path / "b.json", document(
        [*repetitions("a", samples(4)), broken, *repetitions("new", samples(5)),
         entry("new/fails", 0.0, error_occurred=True), entry("nought", 0.0)]))
    done, told = compared(inside, tmp_path, one, two)
    assert [each["name"] for each in told["benchmarks"]] == ["a"]
    assert told["added"] == ["new", "new/fails", "nought"] and told["removed"] == ["gone", "odd"]
    failed = {(each["arm"], each["name"]) for each in told["failed"]}
    assert failed == {("base", "odd"), ("contender", "fails"), ("contender", "new/fails"),
                      ("contender", "nought")}  # fmt: skip
    # It ran before, and fails now.
    assert done.returncode == 1 and "fails fails only in the contender" in done.stdout
    for part in ("2 removed", "3 added", "no such file", "it has no cpu_time"):
        assert part in done.stdout


def test_the_clock_that_decides(inside: Any, tmp_path: Path) -> None:
    waits = [row | {"real_time": row["cpu_time"] * 5} for row in repetitions("w", samples(1))]
    two = repetitions("r/real_time", samples(2)) + waits
    one = write(tmp_path / "a.json", document(two))
    _, told = compared(inside, tmp_path, one, one)
    assert {each["metric"] for each in told["benchmarks"]} == {"real_time"}
    _, told = compared(inside, tmp_path, one, one, "--metric", "cpu")
    assert {each["metric"] for each in told["benchmarks"]} == {"cpu_time"}


def clocked(cpu_us: float, real_us: float, seed: int, name: str = "f", **more: Any) -> list[Json]:
    rows = repetitions(name, samples(seed), **more)
    for row in rows:
        row["cpu_time"], row["real_time"] = (
            row["cpu_time"] * cpu_us / 50, row["cpu_time"] * real_us / 50
        )  # fmt: skip
    return rows


@pytest.mark.parametrize(
    "base, contender, verdict, ratio",
    [((100, 101), (2.6, 105), "REGRESSED", 1.04),  # work moved to another thread
     ((100, 101), (100, 260), "REGRESSED", 2.57),  # it waits more
     ((100, 100), (100, 1000), "REGRESSED", 10.0),
     ((100, 102), (100, 109), "REGRESSED", 1.069),  # both compute, and one a little less
     ((100, 300), (100, 101), "IMPROVED", 0.337),
     ((100, 101), (100, 101), "SAME", 1.0)],
)  # fmt: skip
def test_the_clock_is_settled_on_both_sides(
    base: Any, contender: Any, verdict: str, ratio: float, inside: Any, tmp_path: Path
) -> None:
    one, other = (
        write(tmp_path / f"{seed}.json", document(clocked(*times, seed)))
        for seed, times in enumerate((base, contender))
    )
    _, told = compared(inside, tmp_path, one, other)
    (each,) = told["benchmarks"]
    assert (each["verdict"], told["verdict"]) == (verdict, verdict), each
    assert each["ratio"] == pytest.approx(ratio, rel=0.01)
    assert each["metric"] == ("cpu_time" if verdict == "SAME" else "real_time")


@pytest.mark.parametrize("words", [[], ["--metric", "cpu"], ["--metric", "real"]])
def test_a_time_of_nought_on_one_side(words: list[str], inside: Any, tmp_path: Path) -> None:
    zero = [{"name": "f", "real_time": 1, "cpu_time": 0, "time_unit": "ns"}] * 6
    one = write(tmp_path / "a.json", document(clocked(1, 1, 1)))
    other = write(tmp_path / "b.json", document(zero))
    for pair in ((one, other), (other, one), (other, other)):
        done, told = compared(inside, tmp_path, *pair, *words)
        assert done.returncode in (0, 1, 3) and "Traceback" not in done.stderr
        if words == ["--metric", "cpu"]:
            assert (done.returncode, told["benchmarks"]) == (3, []), done


def test_good_repetitions_count(inside: Any, tmp_path: Path) -> None:
    def half(seed: int, ratio: float) -> list[Json]:
        bad = entry("f", 0.0, 9, error_occurred=True, error_message="no luck")
        return [bad, *repetitions("f", samples(seed, ratio))]

    one, other = (
        write(tmp_path / f"{ratio}.json", document(half(at, ratio)))
        for at, ratio in enumerate((1.0, 2.0))
    )
    done, told = compared(inside, tmp_path, one, other)
    assert (done.returncode, told["verdict"]) == (1, "REGRESSED"), done
    assert "f: 1 of 11 repetitions in " in done.stdout and "no luck" in done.stdout


@pytest.mark.parametrize("how", ["error_occurred", "skipped"])
def test_nothing_compared_is_exit_3(how: str, inside: Any, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.json", document([entry("f", 100.0, **{how: True})]))
    good = write(tmp_path / "good.json", document(repetitions("f", samples(1))))
    for pair in ((bad, bad), (bad, good)):
        done, told = compared(inside, tmp_path, *pair, "--allow-inconclusive")
        assert (done.returncode, told["verdict"]) == (3, "INCONCLUSIVE"), done
        assert "Nothing was compared: f: it " in done.stdout
    done, told = compared(inside, tmp_path, good, bad)
    assert done.returncode == (1 if how == "error_occurred" else 3), done
    assert len(told["failed" if how == "error_occurred" else "skipped"]) == 1


def test_benchmarks_of_one_name_are_told_apart(inside: Any, tmp_path: Path) -> None:
    def file(name: str, *ratios: float) -> Path:
        rows: list[Json] = []
        for at, ratio in enumerate(ratios):
            more = {"family_index": at, "per_family_instance_index": 0}
            rows += repetitions("f", samples(len(name) + at, ratio), **more)
        return write(tmp_path / name, document(rows))

    one, other, three = file("a", 1, 1), file("bb", 1, 2), file("c", 1, 1, 1)
    _, told = compared(inside, tmp_path, one, other)
    assert {each["name"]: each["verdict"] for each in told["benchmarks"]} == {
        "f": "SAME", "f (2)": "REGRESSED",
    }  # fmt: skip
    done, told = compared(inside, tmp_path, one, three)
    assert (done.returncode, told["benchmarks"]) == (3, []), done
    assert "f occurs 2 × in the base and 3 × in the contender" in done.stdout


def test_old_versions_print_what_is_no_json(inside: Any, tmp_path: Path) -> None:
    rows = [row | {"counter": "NAN"} for row in repetitions("a", samples(1))]
    for row in rows:
        del row["run_type"], row["run_name"]  # before 1.5
    text = json.dumps(document(rows)).replace('"NAN"', "-nan")
    (tmp_path / "a.json").write_text(text, "utf-8")
    _, told = compared(inside, tmp_path, tmp_path / "a.json", tmp_path / "a.json")
    assert [each["samples"] for each in told["benchmarks"] if each["name"] == "a"] == [[10, 10]]


# --- Results of Convoy.


def slowed(made: Json, ratio: float) -> Json:
    made["convoy"]["rows"][0]["samples"] = [
        sample | {key: sample[key] * ratio for key in ("real_time_ns", "cpu_time_ns")}
        for sample in made["convoy"]["rows"][0]["samples"]
    ]
    return made


def test_results_of_convoy_are_compared(inside: Any, tmp_path: Path, document: Json) -> None:
    one = write(tmp_path / "a.json", document)
    two = write(tmp_path / "b.json", slowed(document, 1.3))
    done, told = compared(inside, tmp_path, one, two, "--filter", "^cpu_pi/")
    assert done.returncode == 1, done
    name = document["convoy"]["rows"][0]["name"]
    assert [e["name"] for e in told["benchmarks"] if e["verdict"] == "REGRESSED"] == [name]
    assert all(each["name"].startswith("cpu_pi/") for each in told["benchmarks"])
    assert told["base"]["fingerprint"] == document["convoy"]["fingerprint"]


@pytest.mark.parametrize(
    "group, fact", [("machine", "cpu_model"), ("compiler", "compiler"), ("build", "build_type")]
)
def test_what_differs_is_named(
    inside: Any, tmp_path: Path, document: Json, group: str, fact: str
) -> None:
    one = write(tmp_path / "a.json", document)
    document["convoy"]["fingerprint"] = "0123456789abcdef"
    document["convoy"]["facts"][fact] = "another"
    two = write(tmp_path / "b.json", document)
    done = inside("compare", one, two)
    assert_complaint(done, f"differ in {group} ({fact}: ", "and another", "--force")
    forced = inside("compare", one, two, "--force")
    assert forced.returncode in (0, 3) and "forced: they differ in" in forced.stdout


def test_the_commit_may_differ(inside: Any, tmp_path: Path, document: Json) -> None:
    one = write(tmp_path / "a.json", document)
    document["convoy"]["facts"]["git_commit"] = "f" * 40
    done = inside("compare", one, write(tmp_path / "b.json", document))
    assert done.returncode != 2 and "ffffffffffff" in done.stdout


# --- What is refused.


def test_other_machines_are_refused(inside: Any, tmp_path: Path) -> None:
    one = program(tmp_path / "a.json", SIX, 1)
    two = program(tmp_path / "b.json", SIX, 2, num_cpus=64, compiler="clang 19")
    done = inside("compare", one, two)
    assert_complaint(done, "machine (num_cpus: 2 and 64)", "compiler (compiler: unknown and")
    assert inside("compare", one, two, "--force").returncode == 0


def test_a_host_name_or_a_clock_is_no_other_machine(inside: Any, tmp_path: Path) -> None:
    one = program(tmp_path / "a.json", SIX, 1, mhz_per_cpu=800)
    two = program(tmp_path / "b.json", SIX, 2, mhz_per_cpu=3900, host_name="loud", cpu_mhz="3912")
    done, told = compared(inside, tmp_path, one, two)
    assert done.returncode == 0 and "treated as one machine" in done.stdout
    assert "host_name: quiet and loud; mhz_per_cpu: 800 and 3900" in done.stdout
    assert told["base"]["fingerprint"] == told["contender"]["fingerprint"] is not None
    nearly = program(tmp_path / "c.json", SIX, 2, mhz_per_cpu=810)
    assert "taken for" not in inside("compare", one, nearly).stdout


@pytest.mark.parametrize(
    "fact, value",
    [("num_cpus", 64), ("caches", [{"type": "Data", "level": 1, "size": 1}]), ("kernel", "6.1"),
     ("cpu_model", "another"), ("library_build_type", "release"), ("library_version", "1.9.4")],
)  # fmt: skip
def test_what_decides_speed_makes_a_fingerprint(
    inside: Any, tmp_path: Path, fact: str, value: Any
) -> None:
    one = program(tmp_path / "a.json", SIX, 1)
    two = program(tmp_path / "b.json", SIX, 2, **{fact: value})
    assert_complaint(inside("compare", one, two), f"{fact}: ", "--machine NAME", "--force")
    done, told = compared(inside, tmp_path, one, two, "--force")
    assert done.returncode == 0
    assert told["base"]["fingerprint"] != told["contender"]["fingerprint"]


def test_a_machine_that_is_named_is_one(inside: Any, tmp_path: Path) -> None:
    one = program(tmp_path / "a.json", SIX, 1)
    two = program(tmp_path / "b.json", SIX, 2, num_cpus=64, kernel="6.1")
    done, told = compared(inside, tmp_path, one, two, "--machine", "ci-large")
    assert done.returncode == 0 and told["forced"] == []
    assert told["base"]["fingerprint"] == told["contender"]["fingerprint"] == "ci-large"
    built = program(tmp_path / "c.json", SIX, 2, compiler="clang")
    assert_complaint(inside("compare", one, built, "--machine", "ci"), "compiler (compiler: ")
    assert_complaint(inside("compare", one, two, "--machine", "a b"), "--machine 'a b'", "ci-large")


def test_a_benchmark_without_time_on_the_clock_that_decides(inside: Any, tmp_path: Path) -> None:
    still = [row | {"cpu_time": 0.0} for row in repetitions("still", samples(1))]
    one = write(tmp_path / "a.json", document([*repetitions("a", samples(1)), *still]))
    two = write(tmp_path / "b.json", document(
        [*repetitions("still", samples(3)), *repetitions("a", samples(2))]))
    done, told = compared(inside, tmp_path, one, two, "--metric", "cpu")
    assert done.returncode == 0 and [each["name"] for each in told["benchmarks"]] == ["a"]
    assert "cannot compute a ratio: a cpu_time is 0 (use --metric real)" in done.stdout


def test_what_is_no_pair_of_results(inside: Any, tmp_path: Path, document: Json) -> None:
    one = program(tmp_path / "a.json", SIX, 1)
    other = program(tmp_path / "b.json", {"else": 1.0}, 1)
    assert_complaint(inside("compare", one, other), "no benchmark in common")
    assert_complaint(inside("compare", one, one, "--filter", "zzz"), "matches no benchmark")
    assert_complaint(inside("compare", one, one, "--filter", "("), "is not a regular expression")
    assert_complaint(inside("compare", one, tmp_path / "none.json"), "cannot be read")
    assert_complaint(inside("compare", one, one, "--json", "-"), "Name a file")
    gate = write(tmp_path / "gate.json", {"convoy_gate": 1})
    assert_complaint(inside("compare", one, gate), "is a gate file")
    alone = [row for row in repetitions("a", samples(1)) if row["run_type"] == "aggregate"]
    aggregates = write(tmp_path / "agg.json", compare_made.document(alone))
    assert_complaint(inside("compare", one, aggregates), "only aggregates")
    mixed = {"benchmarks": [*repetitions("b", samples(1)), *alone]}
    both = write(tmp_path / "both.json", mixed)
    _, told = compared(inside, tmp_path, both, both)
    assert told["remarks"][0].endswith("has only aggregates of them and no samples: a")
    assert_complaint(inside("compare", one, tmp_path / "out.json"), "the two files")
    track = write(tmp_path / "x.track.json", compare_made.document([]))
    assert_complaint(inside("compare", one, track), "x.json beside it")
    result = write(tmp_path / "r.json", document)
    assert_complaint(inside("compare", one, result), "differ in programs")


def test_hostile_names_stay_in_their_line(inside: Any, tmp_path: Path) -> None:
    name = "line\nend\x1b[31m <b>|`$(x)`"
    one = write(tmp_path / "a.json", document(repetitions(name, samples(1))))
    two = write(tmp_path / "b.json", document(repetitions(name, samples(2, 1.5))))
    done, _ = compared(inside, tmp_path, one, two)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout and "line\\nend\\x1b[31m <b>|`$(x)`" in done.stdout
