"""The report: one page that loads nothing, shows every text as text, and has what was measured."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import synthetic
from conftest import ROOT, assert_complaint
from convoy_cli.report import content, page
from convoy_cli.results import load
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

VOID = {"meta", "input", "br", "path", "use", "link", "img", "hr"}
EVIL = '<script>alert(1)</script>"</style>\'><img src=x onerror=alert(2)>'
LOADS = re.compile(
    r"""(?:src|href|action|data|poster|xlink:href)\s*=\s*["'](?!#)|@import|url\((?!["']?#)"""
)


class Page(HTMLParser):
    """Tags, identifiers and texts of a page; who closes what was not opened is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        self.texts.append(text)


def page_of(made: dict[str, Any], tmp_path: Path) -> str:
    result = load.load(synthetic.write(tmp_path / "x.json", made))
    found = content.sections(result, None, None, lambda words: None)
    return page.render("A title", content.opening(result), found)


def test_the_page_has_the_answer_the_charts_and_every_row(
    document: dict[str, Any], tmp_path: Path
) -> None:
    text = page_of(document, tmp_path)
    read = Page(text)
    seen = " ".join(read.texts)
    titles = re.findall(r'<h2 id="([a-z-]+)"', text)
    assert titles[:2] == ["the-answer", "what-to-use-for-which-work"]
    assert {"textbook-claims", "charts", "every-row", "facts", "how-to-do-it-again"} <= set(titles)
    for row in document["convoy"]["rows"]:
        assert row["name"] in seen
    for fact in document["convoy"]["facts"]:
        assert fact.replace("_", " ") in seen
    assert sum(tag == "svg" for tag, _ in read.tags) >= 4
    assert "--seed" in seen


def test_nothing_is_loaded_and_one_script_may_run(document: dict[str, Any], tmp_path: Path) -> None:
    text = page_of(document, tmp_path)
    svgs = re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    assert LOADS.findall(svgs) == []
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None and policy[1].startswith("default-src 'none'")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert page.digest(script) in policy[1]
    assert not [attrs for _, attrs in Page(text).tags if any(key.startswith("on") for key in attrs)]


def test_no_two_things_have_one_name(document: dict[str, Any], tmp_path: Path) -> None:
    text = page_of(document, tmp_path)
    names = [attrs["id"] for _, attrs in Page(text).tags if "id" in attrs]
    assert len(names) == len(set(names))
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    used |= {name for at in re.findall(r'aria-labelledby="([^"]+)"', text) for name in at.split()}
    assert used <= set(names)


def test_hostile_names_and_facts_show_as_text(document: dict[str, Any], tmp_path: Path) -> None:
    document["convoy"]["facts"]["cpu_model"] = EVIL
    document["convoy"]["facts"][EVIL] = EVIL
    document["convoy"]["command_line"] = ["convoy-bench", EVIL]
    for row in document["convoy"]["rows"]:
        row["gil"] = EVIL if row["gil"] == "cpython32" else row["gil"]
    text = page_of(document, tmp_path)
    read = Page(text)
    assert sum(tag == "script" for tag, _ in read.tags) == 1
    assert not [attrs for tag, attrs in read.tags if tag == "img" or "onerror" in attrs]
    assert EVIL in " ".join(read.texts)


@settings(max_examples=15, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_a_text_is_the_page_stays_whole(one: str, other: str) -> None:
    table = page.Table(one, (other,), (page.cells([one]),), True)
    made = page.render(one, [other], [page.section("Charts", [page.Text(one), table])])
    read = Page(made)
    assert [tag for tag, _ in read.tags].count("script") == 1
    for letter in "".join(read.texts):
        assert letter in "\n\t" or letter.isprintable() or letter == "\N{NO-BREAK SPACE}"


def test_right_to_left_marks_and_long_texts_are_written_out() -> None:
    made = page.render("t", ["a\u202eb", "x" * 100_000], [page.section("S", [page.Text("w")])])
    assert "\u202e" not in made and "\\u202e" in made
    assert len(made) < 60_000


@pytest.mark.parametrize("keep", [0, 1])
def test_few_rows_and_no_samples(document: dict[str, Any], tmp_path: Path, keep: int) -> None:
    convoy = document["convoy"]
    convoy["rows"] = convoy["rows"][:keep]
    document["benchmarks"] = document["benchmarks"][:keep]
    text = page_of(document, tmp_path)
    assert "compares no models" in text and "Facts" in text


def test_one_model_alone_failed_and_disturbed_rows(
    document: dict[str, Any], tmp_path: Path
) -> None:
    convoy = document["convoy"]
    convoy["rows"] = [row for row in convoy["rows"] if row["model"] == "threads"]
    convoy["failed"] = [{"name": "cpu_pi/model:threads/gil:none/place:core.close/workers:9",
                         "reason": "it hung", "pass": 2, "samples": 1}]  # fmt: skip
    for row in convoy["rows"][:3]:
        row["disturbed"] = True
    convoy["interrupted"] = True
    text = page_of(document, tmp_path)
    assert "disturbed" in text and "1 row failed" in text and "interrupted" in text


def test_ten_thousand_rows_stay_usable(tmp_path: Path) -> None:
    """The rows' table is the part that grows with them; charts have a test of their own."""
    truth = synthetic.Truth(cores=2, passes=2, workers=(1, 2))
    made = synthetic.document(truth)
    usual = made["convoy"]["rows"]
    rows = []
    for number in range(10_000):
        row = dict(usual[number % len(usual)])
        row["name"] = f"{row['name']}/n:{number}"
        rows.append(row)
    result = load.load(synthetic.write(tmp_path / "x.json", made))
    kept = tuple(content.line(load.row(row)) for row in rows)
    text = page.render("t", [], [page.section("Every row", [page.Table("r", ("a",), kept, True)])])
    assert result.rows and len(text) < 10 << 20


def test_the_verb(convoy: Any, document: dict[str, Any], tmp_path: Path) -> None:
    synthetic.write(tmp_path / "x.json", document)
    done = convoy("report", "x.json")
    assert done.returncode == 0 and done.stdout == "x.html\topen it in a browser\n"
    assert (tmp_path / "x.html").read_text("utf-8").startswith("<!doctype html>")
    again = convoy("report", "x.json", "--compare", "x.json", "-o", "two.html")
    assert again.returncode == 0
    assert "Beside the other result" in (tmp_path / "two.html").read_text("utf-8")


def test_trouble(inside: Any, document: dict[str, Any], tmp_path: Path) -> None:
    synthetic.write(tmp_path / "x.json", document)
    assert_complaint(inside("report", "none.json"), "none.json")
    assert_complaint(inside("report", "x.json", "-o", "/proc/x.html"), "/proc")
    assert_complaint(inside("report", "x.json", "--compare", "none.json"), "none.json")
    (tmp_path / "odd.json").write_text(json.dumps({"context": {}}))
    assert_complaint(inside("report", "odd.json"), "odd.json")


def test_the_committed_sample_makes_a_page(tmp_path: Path) -> None:
    result = load.load(ROOT / "results" / "sample.json")
    found = content.sections(result, None, None, lambda words: None)
    assert len(page.render("Sample", content.opening(result), found)) < 2 << 20
