#!/usr/bin/python3
"""Writes generated parts of the documentation: scripts/generate_docs.py [--check | --peers FILE]

- docs/reference/result-file.md from results/schema.json, and gate-file.md from gate.schema.json
- docs/reference/workloads.md, the tables of docs/reference/counters.md and what seats count in
  results/schema.json from `convoy-bench list --json`
- the table of figures in docs/reference/command-line.md from scripts/convoy_cli/charts/figures
- the summary in README.md and the charts in docs/images from results/sample.json
- the chart of the locks in docs/images from results/sample.locks.json
- the crossover map in docs/images from results/sample.crossover.json

With --peers, the tables of other libraries in docs/explanation/performance.md and their chart, from
what `make bench-peers` measured, and nothing else.

What has no source yet (no program built, no sample) is left as it is and named on stderr.
Exit: 0 written, or with --check up to date; 1 with --check and out of date; 2 usage.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import counter_pages  # noqa: E402
from convoy_cli.answer import beside  # noqa: E402
from convoy_cli.charts import drawing  # noqa: E402
from convoy_cli.core.errors import MissingData  # noqa: E402
from convoy_cli.results import jobs, load as result_files  # noqa: E402
from convoy_cli.results.rows import Result  # noqa: E402
from schema_pages import ROOT, WRITTEN, gate_file, result_file, table  # noqa: E402

PROGRAM = ROOT / "build" / "release" / "convoy-bench"
SAMPLE = ROOT / "results" / "sample.json"
LOCKS = ROOT / "results" / "sample.locks.json"
PERFORMANCE = ROOT / "docs" / "explanation" / "performance.md"
OTHERS = "<!-- runtimes, by scripts/generate_docs.py --peers results/peers.json -->"
CROSSOVER = ROOT / "results" / "sample.crossover.json"
MARK = "<!-- summary of results/sample.json -->"
VERBS = ROOT / "docs" / "reference" / "command-line.md"
FIGURES = "<!-- figures of scripts/convoy_cli/charts/figures, by `make docs` -->"
FAMILIES = {
    "cpu": "Compute",
    "mem": "Memory",
    "io": "Wait for input and output",
    "mixed": "Compute and wait",
    "spawn": "Start workers",
    "gil": "Experiments with interpreter locks",
    "null": "The harness itself",
}
COMBINED = {
    "sum": "the sum", "mean": "the mean", "max": "the most", "min": "the least",
    "per_operation": "the sum, per operation", "per_second": "the sum, per second",
    "matrix": "the least, of each pair of workers",
}  # fmt: skip

Json = dict[str, Any]


def target_line(entry: Json) -> str:
    """Which server it talks to, and how to have one."""
    target = entry["target"]
    verb = "needs" if target["needed"] else "also takes"
    return (
        f"It {verb} a server of yours: `--target {entry['name']}=ADDRESS`. "
        f"`{target['start']}` starts a {target['server']} and prints its address."
    )


def entries(listed: list[Json], level: str) -> Iterator[str]:
    """A heading, the description, the parameters and the figures of each workload or lock."""
    for entry in listed:
        yield from ["", f"{level} {entry['name']}", "", entry["description"] + "."]
        if entry.get("target"):
            yield from ["", target_line(entry)]
        if entry.get("parameters"):
            lines = [
                [f"`{p['name']}`", f"`{p['default']}`", p["range"], p["description"]]
                for p in entry["parameters"]
            ]
            yield from ["", *table(["parameter", "default", "range", "meaning"], lines)]
        if entry.get("figures"):
            lines = [
                [f"`{f['name']}`", f["unit"], COMBINED[f["combine"]], f["description"]]
                for f in entry["figures"]
            ]
            yield from ["", *table(["it reports", "unit", "of all values", "meaning"], lines)]


def listed_by_program() -> Json:
    return json.loads(subprocess.check_output([str(PROGRAM), "list", "--json"], text=True))


def workloads(listed: Json) -> str:
    """docs/reference/workloads.md"""
    names = [len(listed[key]) for key in ("workloads", "models", "gils")]
    lines = [
        "# Workloads, models, locks and suites", WRITTEN, "",
        f"{names[0]} workloads, {names[1]} models and {names[2]} interpreter locks, as "
        "`scripts/convoy list` shows them. A workload's parameter is set by "
        "`--param workload.parameter=value`, a lock's within its name, as in "
        "`--gil cpython32:interval=1ms`. How names are made of them is in "
        "[name-grammar.md](name-grammar.md).",
    ]  # fmt: skip
    known = [*FAMILIES, *sorted({w["family"] for w in listed["workloads"]} - set(FAMILIES))]
    for family in known:
        found = [w for w in listed["workloads"] if w["family"] == family]
        if found:
            lines += ["", f"## Family {family}: {FAMILIES.get(family, family).lower()}"]
            lines += entries(found, "###")
    for title, key in (("Models", "models"), ("Suites", "suites")):
        rows = [[f"`{each['name']}`", each["description"] + "."] for each in listed[key]]
        lines += ["", f"## {title}", "", *table(["name", "what it is"], rows)]
    lines += ["", "## Interpreter locks", *entries(listed["gils"], "###")]
    return "\n".join(lines) + "\n"


def readme() -> str:
    """README.md with the summary of the sample behind its mark."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    door = [sys.executable, str(ROOT / "scripts" / "convoy"), "summary", str(SAMPLE)]
    environment = os.environ | {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    told = subprocess.check_output(door, env=environment, encoding="utf-8")
    block = f"{MARK}\n```text\n{told.rstrip()}\n```"
    return re.sub(re.escape(MARK) + r"\n```text\n.*?\n```", lambda _: block, text, flags=re.S)


def beside_others(file: Path) -> str:
    """docs/explanation/performance.md with the tables of other libraries behind their mark."""
    measured = result_files.load(file)
    lines = [beside.machine(measured), ""]
    for job in jobs.jobs(measured):
        lines += [f"**{job.name}**", "", *table(beside.HEADER, beside.cells(job)), ""]
    made = "\n".join([OTHERS, *lines])
    text = PERFORMANCE.read_text(encoding="utf-8")
    return re.sub(
        re.escape(OTHERS) + r"\n.*?(?=<!-- end of runtimes -->)", lambda _: made, text, flags=re.S
    )


def needs(figure: Any) -> str:
    """What a chart says that it needs when it is given nothing."""
    about: Json = {"context": {"num_cpus": 1}, "convoy": {"facts": {}, "rows": []}}
    nothing = Result(Path("nothing.json"), (), (), about)
    try:
        figure.draw(None, nothing)
    except MissingData as missing:
        return str(missing).removeprefix("it needs ")
    return "any result"


def command_line() -> str:
    """docs/reference/command-line.md with a line for each figure behind its mark."""
    rows = [
        [f"`{name}`", figure.TITLE, needs(figure)] for name, figure in drawing.discover().items()
    ]
    lines = "\n".join(table(["figure", "question", "what it needs"], rows))
    made = f"{FIGURES}\n{lines}\n\n"
    text = VERBS.read_text(encoding="utf-8")
    return re.sub(re.escape(FIGURES) + r"\n.*?\n\n", lambda _: made, text, flags=re.S)


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated file whose source is there, with its text; each before what is made of it."""
    if PROGRAM.exists():
        listed = listed_by_program()
        yield counter_pages.SCHEMA, counter_pages.schema(listed["seat_counters"])
        yield counter_pages.PAGE, counter_pages.page(listed["counters"])
        yield ROOT / "docs" / "reference" / "workloads.md", workloads(listed)
    else:
        print("convoy: workloads and counters need the program: make build", file=sys.stderr)
    yield ROOT / "docs" / "reference" / "result-file.md", result_file()
    yield ROOT / "docs" / "reference" / "gate-file.md", gate_file()
    yield VERBS, command_line()
    if SAMPLE.exists():
        yield ROOT / "README.md", readme()
    else:
        print("convoy: README.md and docs/images need results/sample.json", file=sys.stderr)


def draw(result: Path, *which: str) -> None:
    """The result's charts, or those named, into docs/images."""
    plot = [sys.executable, str(ROOT / "scripts" / "convoy"), "plot", str(result), *which]
    images = ROOT / "docs" / "images"
    subprocess.check_call([*plot, "--format", "svg", "-o", str(images)], stdout=sys.stderr)


def draw_crossover(map_file: Path) -> None:
    """The map under CPython's lock, into docs/images."""
    with tempfile.TemporaryDirectory() as folder:
        advise = [sys.executable, str(ROOT / "scripts" / "convoy"), "advise", "--gil", "cpython32"]
        subprocess.check_call([*advise, "--map", str(map_file), "-o", folder], stdout=sys.stderr)
        shutil.copy(Path(folder) / "crossover.svg", ROOT / "docs" / "images")


def main(arguments: list[str]) -> int:
    if len(arguments) == 2 and arguments[0] == "--peers":
        # What `make bench-peers` writes is too large to be kept.
        file = Path(arguments[1])
        PERFORMANCE.write_text(beside_others(file), encoding="utf-8")
        draw(file, "--figure", "runtimes")
        return 0
    if arguments not in ([], ["--check"]):
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    stale = False
    for path, text in pages():
        if path.read_text("utf-8") == text:
            continue
        stale = True
        print(path.relative_to(ROOT))
        if not arguments:
            path.write_text(text, encoding="utf-8")
    if SAMPLE.exists() and not arguments:
        draw(SAMPLE)
    if LOCKS.exists() and not arguments:
        draw(LOCKS, "--figure", "lock_lateness")
    if CROSSOVER.exists() and PROGRAM.exists() and not arguments:
        draw_crossover(CROSSOVER)
    return 1 if stale and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
