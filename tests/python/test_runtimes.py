"""What is said of other libraries and interpreters at the same job."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import runtimes_made
from convoy_cli.answer.beside import beside
from convoy_cli.answer.summary import summarise
from convoy_cli.charts import drawing
from convoy_cli.crossover import report, runtimes
from convoy_cli.results import checks, jobs, load
from convoy_cli.results.rows import Result


def result_of(made: runtimes_made.Json) -> Result:
    return load.result(Path("made.json"), made)


@pytest.fixture
def two() -> Result:
    return result_of(runtimes_made.document({"asio": 1.2, "go": 3.0}))


def test_runtimes_are_no_models(two: Result) -> None:
    assert {row.model for row in two.runtimes} == {"asio", "go"}
    assert {row.model for row in two.rows}.isdisjoint({"asio", "go"})
    assert [row.runtime_version for row in two.runtimes] == ["Asio 1.2", "Go 1.2"]


def test_a_job_has_convoys_rows_and_those_of_runtimes(two: Result) -> None:
    (job,) = jobs.jobs(two)
    assert job.name == "io_sleep, 2 workers"
    assert job.reference is not None and job.reference.model == "coroutines"
    assert [row.model for row in job.runtimes] == ["asio", "go"]
    ratio = job.times_as_long(job.runtimes[1], job.reference)
    assert ratio.value == pytest.approx(3.0)


def test_the_summary_says_how_many_times_as_long(two: Result) -> None:
    (said,) = beside(two)
    assert "asio 1.20 (1.20–1.20), go 3.00 (3.00–3.00)" in said
    lines = "\n".join(summarise(two).lines())
    assert "Beside other libraries and interpreters" in lines
    assert "use go" not in lines.lower()


def test_too_few_samples_and_disturbed_rows_claim_nothing() -> None:
    (said,) = beside(result_of(runtimes_made.document({"go": 3.0}, passes=3)))
    assert "go too few samples to compare" in said
    made = runtimes_made.document({"go": 3.0})
    made["convoy"]["rows"][-1]["disturbed"] = True
    (said,) = beside(result_of(made))
    assert "go disturbed" in said


def test_a_job_that_convoy_did_not_do_is_left_out_of_the_words() -> None:
    made = runtimes_made.document({"go": 3.0})
    made["convoy"]["rows"] = [row for row in made["convoy"]["rows"] if row["model"] == "go"]
    result = result_of(made)
    assert beside(result) == []
    assert "go" in drawing.render(drawing.discover()["runtimes"], result, ("svg",))["svg"].decode()


def test_crowds_of_sleepers_are_compared_by_cpu_time() -> None:
    made = runtimes_made.document({"go": 3.0})
    for row in made["convoy"]["rows"]:
        row["family"] = "fanout"
    (job,) = jobs.jobs(result_of(made))
    assert job.time == jobs.CPU


def test_check_reads_the_names_of_runtimes(two: Result) -> None:
    assert not any(check.breaches for check in checks.check_result(two) if check.name == "names")
    made = runtimes_made.document({"go": 3.0})
    made["convoy"]["rows"][-1]["model"] = "asio"
    found = checks.check_result(result_of(made))
    assert any("go" in breach for check in found for breach in check.breaches)


def test_the_chart_tells_convoys_models_from_others(two: Result) -> None:
    seen = drawing.render(drawing.discover()["runtimes"], two, ("svg",))["svg"].decode()
    assert "Convoy: coroutines" in seen and "asio" in seen
    assert "1.20 × (1.20–1.20)" in seen


def test_trees_that_wait_for_nothing_are_compared_by_time() -> None:
    made = runtimes_made.document({"go": 3.0})
    for row in made["convoy"]["rows"]:
        row |= {"family": "fanout", "parameters": {"depth": 3}}
    (job,) = jobs.jobs(result_of(made))
    assert job.time == jobs.WALL


def test_a_job_names_its_place_where_there_are_several() -> None:
    made = runtimes_made.document({"go": 3.0})
    for row in copy.deepcopy(made["convoy"]["rows"]):
        place = "core.list:0"
        row |= {"place": place, "name": row["name"].replace("core.close", place)}
        made["convoy"]["rows"].append(row)
    names = [job.name for job in jobs.jobs(result_of(made))]
    assert names == [
        "io_sleep, 2 workers, place=core.close", "io_sleep, 2 workers, place=core.list:0",
    ]  # fmt: skip


# -------------------------------------------------------------------------------------------------
# The programs, and the one in the documentation.

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks" / "runtimes"
BUILT = ROOT / "build" / "release" / "runtimes"
JOBS = {  # small numbers
    "fanout_sleep": ("workers=4", "wait=1000"),
    "switch_pingpong": ("workers=4", "via=0"),
    "skynet": ("workers=4", "how=0", "depth=2"),
    "pool_submit": ("workers=4", "how=0", "task=1000", "ahead=3"),
}
ROUNDS = "round 3\ngo\nround 2\ngo\n"
ANSWERS = ["made", "ready", "done 12", "ready", "done 8"]


class Program(NamedTuple):
    """Ends with 0 and says nothing to standard error, or the test fails; where what it needs is
    missing, the test is skipped."""

    command: tuple[str, ...]

    def said(self, *words: str, hears: str = "") -> list[str]:
        done = self.run(*words, hears=hears)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    def run(self, *words: str, hears: str = "") -> subprocess.CompletedProcess[str]:
        environment = {"PYTHONPATH": str(FOLDER / "shared"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [*self.command, *words], input=hears, env=environment, text=True, capture_output=True,
            timeout=60,
        )  # fmt: skip
        for missing in ("ModuleNotFoundError", "io_uring cannot be used here"):
            if missing in done.stderr:
                pytest.skip(done.stderr.splitlines()[-1])
        return done

    def jobs(self) -> list[str]:
        lines = self.said("describe")
        assert [line.partition(" ")[0] for line in lines[:2]] == ["version", "about"]
        assert all(line.startswith("workload ") for line in lines[2:])
        return [line.split()[1] for line in lines[2:]]


def in_the_documentation(folder: Path) -> Path:
    text = (ROOT / "docs" / "how-to" / "add-a-runtime.md").read_text(encoding="utf-8")
    snippet = text.partition("```python\n")[2].partition("```")[0]
    name = snippet.partition("\n")[0].removeprefix("# file: ")
    path = folder / Path(name).name
    path.write_text(snippet, encoding="utf-8")
    return path


def program(name: str, folder: Path) -> Program:
    """Of those that are compiled, the one that `make runtimes` built."""
    source = next(iter(FOLDER.glob(f"{name}.*")), None)
    if source is None or source.suffix == ".py":
        script = FOLDER / f"{name}.py" if source else in_the_documentation(folder)
        return Program((sys.executable, "-P", str(script)))
    if not (BUILT / name).exists():
        pytest.skip(f"`make runtimes` has not built {name}")
    return Program((str(BUILT / name),))


@pytest.mark.parametrize(
    "name", ["documented", *sorted(path.stem for path in FOLDER.iterdir() if path.is_file())]
)
def test_a_program_does_its_jobs_by_the_protocol(name: str, tmp_path: Path) -> None:
    runtime = program(name, tmp_path)
    for job in runtime.jobs():
        if job in JOBS:
            assert (job, runtime.said("run", job, *JOBS[job], hears=ROUNDS)) == (job, ANSWERS)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.iterdir() if path.is_file()))
def test_who_has_no_partner_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    runtime = program(name, tmp_path)
    if "switch_pingpong" not in runtime.jobs():
        pytest.skip(f"{name} does not hand anything over")
    done = runtime.run("run", "switch_pingpong", "workers=3", "via=0", hears=ROUNDS)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["it needs pairs: use an even number of workers"]


# -------------------------------------------------------------------------------------------------
# What `advise --runtime` says of them.


def test_advice_names_what_the_case_does_elsewhere(two: Result) -> None:
    (job,) = jobs.jobs(two)
    told = [runtimes.told(job, row) for row in job.runtimes]
    assert [each["label"] for each in told] == ["asio (Asio 1.2)", "go (Go 1.2)"]
    assert told[1]["ratio"] == pytest.approx(1 / 3)
    failed = {"label": "gevent", "reason": "it failed: no such module"}
    lines = [*report.runtimes([*told, failed])]
    assert any("go (Go 1.2)" in line and "0.33 (0.33–0.33)" in line for line in lines)
    assert lines[-1] == "gevent: it failed: no such module"
