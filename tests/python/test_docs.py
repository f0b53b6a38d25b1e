"""The documentation: generated parts are fresh, links lead somewhere, commands and code work."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from built import BENCH
from convoy_cli import cli, verbs
from pages import PAGES, ROOT, anchors, commands, fences, links, page_name

import counter_pages
import generate_docs

OPTION = re.compile(r"--?[a-zA-Z][\w-]*")
VARIABLES = {"SUITE", "FILTER", "OUT", "CHARTS", "BASE", "CONTENDER", "GATE_OPTIONS"}

every_page = pytest.mark.parametrize("page", PAGES, ids=page_name)


# --- Generated parts.


def test_the_page_on_result_files_follows_the_schema() -> None:
    page = ROOT / "docs" / "reference" / "result-file.md"
    assert page.read_text("utf-8") == generate_docs.result_file(), "stale: make docs"


def test_the_page_on_the_gates_file_follows_its_schema() -> None:
    page = ROOT / "docs" / "reference" / "gate-file.md"
    assert page.read_text("utf-8") == generate_docs.gate_file(), "stale: make docs"


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    if not BENCH.exists():
        pytest.skip(f"{BENCH} is not built: make build")
    told: dict[str, Any] = json.loads(subprocess.check_output([str(BENCH), "list", "--json"]))
    return told


def test_the_page_on_workloads_follows_the_program(listed: dict[str, Any]) -> None:
    page = ROOT / "docs" / "reference" / "workloads.md"
    assert page.read_text("utf-8") == generate_docs.workloads(listed), "stale: make docs"


def test_the_page_on_counters_follows_the_program(listed: dict[str, Any]) -> None:
    told = counter_pages.page(listed["counters"])
    assert counter_pages.PAGE.read_text("utf-8") == told, "stale: make docs"
    rows = set(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE))
    assert rows == {counter["name"] for counter in listed["counters"]}


def test_the_schema_follows_the_program(listed: dict[str, Any]) -> None:
    told = counter_pages.schema(listed["seat_counters"])
    assert counter_pages.SCHEMA.read_text("utf-8") == told, "stale: make docs"


def test_the_table_of_figures_follows_the_folder() -> None:
    text = generate_docs.VERBS.read_text("utf-8")
    assert text.count(f"{generate_docs.FIGURES}\n| figure |") == 1
    assert text == generate_docs.command_line(), "stale: make docs"


def test_the_summary_in_the_readme_is_that_of_the_sample() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.count(f"{generate_docs.MARK}\n```text\n") == 1
    if not generate_docs.SAMPLE.exists():
        pytest.skip("there is no results/sample.json")
    assert text == generate_docs.readme(), "stale: make docs"


def test_bars_in_cells_do_not_end_them() -> None:
    assert generate_docs.table(["a"], [["x|y"]])[-1] == r"| x\|y |"


def test_the_page_on_workloads_tells_what_they_report() -> None:
    figure = {"name": "a_ns", "unit": "ns", "combine": "mean", "description": "Time of a"}
    entry = {"name": "w", "description": "Work", "parameters": [], "figures": [figure]}
    told = list(generate_docs.entries([entry], "###"))
    assert told[-1] == "| `a_ns` | ns | the mean | Time of a |"


# --- Links.


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if target.parent == ROOT / "docs" / "images" and not generate_docs.SAMPLE.exists():
            continue  # drawn from the sample
        assert target.exists(), f"{link} leads nowhere"
        assert ROOT in (target, *target.parents), f"{link} leads out of the tree"
        if anchor:
            assert anchor in anchors(target), f"{link}: no such heading"


def test_every_page_is_linked() -> None:
    linked = {
        (page.parent / link.partition("#")[0]).resolve() for page in PAGES for link in links(page)
    }
    assert [page_name(page) for page in PAGES[1:] if page not in linked] == []


# --- Commands.


@functools.lru_cache(maxsize=None)
def options_of(verb: str) -> frozenset[str]:
    """What a verb takes: for those of convoy-bench, what that program lists in its help."""
    if verb not in verbs.PASSED_ON:
        return frozenset(OPTION.findall(cli.parser_of(cli.load(verb)).format_help()))
    if not BENCH.exists():
        pytest.skip(f"{BENCH} is not built: make build")
    told = subprocess.check_output([str(BENCH), verb, "--help"], encoding="utf-8")
    listed = " ".join(re.findall(r"^  (-\S+)", told, re.MULTILINE))
    return frozenset(OPTION.findall(listed)) | {"--build"}


def targets() -> set[str]:
    text = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def check_front_door(words: list[str]) -> None:
    said = " ".join(words)
    assert words[0] == "scripts/convoy", f"{said}: the front door is scripts/convoy"
    verb, *rest = words[1:] or ["--help"]
    if verb in ("--help", "help", "VERB"):
        return
    assert verb in cli.discover(), f"{said}: no such verb"
    known = options_of(verb)
    for word in rest:
        option = word.partition("=")[0]
        if OPTION.fullmatch(option) and not option.startswith("--benchmark_"):
            assert option in known, f"{said}: {verb} has no {option}"


@every_page
def test_commands_exist(page: Path) -> None:
    for words in commands(page):
        if words[0] == "make":
            for word in words[1:]:
                name, equals, _ = word.partition("=")
                known = VARIABLES if equals else targets()
                assert name in known, f"{' '.join(words)}: make knows no {name}"
        else:
            check_front_door(words)


def test_commands_are_found_at_all() -> None:
    found = [words for page in PAGES for words in commands(page)]
    assert len([words for words in found if words[0] == "make"]) > 5
    assert len([words for words in found if words[0] == "scripts/convoy"]) > 20


def test_every_verb_and_its_exit_codes_are_described() -> None:
    page = ROOT / "docs" / "reference" / "command-line.md"
    headings = anchors(page)
    for verb in cli.discover():
        assert any(re.fullmatch(rf"{verb}(-.*)?", heading) for heading in headings), verb
        for option in options_of(verb) - {"-h", "--help", "--build", "-v", "--verbose"}:
            if option.startswith("--"):
                assert f"`{option}" in page.read_text("utf-8"), f"{verb} {option}"


# --- Code.


SNIPPETS = [
    (page, text)
    for page in PAGES
    for language, text in fences(page)
    if language == "cpp" and text.startswith("// file: ")
]


@pytest.mark.parametrize("page, text", SNIPPETS, ids=lambda part: getattr(part, "name", ""))
def test_code_compiles(page: Path, text: str, tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("g++ is missing")
    name = text.partition("\n")[0].removeprefix("// file: ")
    assert not (ROOT / name).exists(), f"{name} is in the tree: show another example"
    source = tmp_path / Path(name).name
    source.write_text(text, encoding="utf-8")
    flags = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}"]
    done = subprocess.run(
        ["g++", *flags, str(source)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
