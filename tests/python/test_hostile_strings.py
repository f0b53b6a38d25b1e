"""Two hundred hostile strings as names and facts: nothing runs, and every output stays whole."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import compare_made
import hostile
import pytest
import synthetic
import test_hostile
import varied
from convoy_cli.answer.summary import summarise
from convoy_cli.charts import drawing
from convoy_cli.claims import chart as claims_chart, report as claims_report
from convoy_cli.compare import judge, report
from convoy_cli.core import errors, terminal
from convoy_cli.gate.report import forest, formats, github, table
from convoy_cli.report import content, page
from convoy_cli.results import checks, load, stored
from convoy_cli.verbs import check
from reported import Page, claims_file
from test_hostile import assert_clean, shown, terminals

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

FIGURES = [name for name, one in drawing.discover().items() if not hasattr(one, "ONLY_OF")]
FIGURES += ["lock_scaling", "lock_latency"]
EACH_BATCH = pytest.mark.parametrize("batch", hostile.BATCHES, ids=range(len(hostile.BATCHES)))


def test_there_are_two_hundred() -> None:
    assert len(set(hostile.STRINGS)) == len(hostile.STRINGS) >= 200


def result_of(batch: Sequence[str]) -> dict[str, Any]:
    """Each string is a workload; a lock, a parameter, a place, facts, failures have some, too."""
    names = tuple(each for each in batch if each) or ("x",)
    truth = synthetic.Truth(workloads=(*names, "cpu_pi", "io_sleep"), models=("single", "threads"),
                            gils=("none", names[0]), workers=(1, 2), passes=6,
                            places=(names[-1],))  # fmt: skip
    made = synthetic.document(truth)
    convoy = made["convoy"]
    workloads = list(truth.workloads)
    for row in convoy["rows"]:
        word = batch[workloads.index(row["workload"]) % len(batch)]
        row["parameters"] = {word: word, "n": 10}
        row["pinned"], row["pinned_reason"] = False, word
        row["notes"] = [word]
    convoy["facts"] |= {word or "empty": word for word in batch} | {"cpu_model": batch[-1]}
    convoy["failed"] = [{"name": f"x/{word}", "reason": word, "pass": 1, "samples": 0}
                        for word in batch]  # fmt: skip
    convoy["command_line"], convoy["fingerprint"] = ["run", *batch], batch[0]
    return made


@EACH_BATCH
def test_summary_and_check(batch: tuple[str, ...]) -> None:
    result = load.result(Path("x.json"), result_of(batch))
    for everything in (False, True):
        assert_clean(shown(summarise(result, everything).lines(), terminal.heading))
    with terminals() as streams:
        check.show(checks.check_result(result), quiet=False)
    assert_clean(streams())


@EACH_BATCH
def test_compare(batch: tuple[str, ...]) -> None:
    rows = [row for at, name in enumerate(batch)
            for row in compare_made.repetitions(f"n{name}", compare_made.samples(at))]  # fmt: skip
    sides = [
        stored.of_google(Path("x"), compare_made.document(rows, cpu_model=batch[0], date=batch[-1]))
        for _ in "ab"
    ]
    made = judge.document(*sides, errors.NameFilter(""), forced=batch)
    assert_clean(shown(report.lines(made, everything=True)))
    json.dumps(made, allow_nan=False)


@EACH_BATCH
def test_gate_in_every_format(batch: tuple[str, ...]) -> None:
    made = test_hostile.gate_of([f"n{name}" for name in batch], batch[0])
    assert_clean(shown(table.lines(made, everything=True)))
    assert_clean(github.text(made))
    assert_clean("\n".join(github.lines(made)), commands=True)
    assert_clean(formats.openmetrics(made))
    for xml in (formats.junit(made), forest.render(made)["svg"].decode()):
        ElementTree.fromstring(xml)
        assert_clean(xml)


@EACH_BATCH
def test_history(batch: tuple[str, ...]) -> None:
    test_hostile.test_a_history.hypothesis.inner_test([f"n{name}" for name in batch], batch[0])


@pytest.mark.parametrize("name", FIGURES)
def test_charts(name: str) -> None:
    """Each figure with a batch of its own, and with the one that has most markup."""
    at = 1 + FIGURES.index(name) % (len(hostile.BATCHES) - 1)
    for batch in (hostile.BATCHES[0][:8], hostile.BATCHES[at]):
        made = drawing.drawn(drawing.discover()[name],
                             load.result(Path("x.json"), result_of(batch)), ("svg",))  # fmt: skip
        assert_whole(made.files["svg"].decode())
        assert made.finding == terminal.plain(made.finding)


def test_letters_that_no_file_holds_end_no_chart() -> None:
    batch = ("\ud800", "a\0b", "a\nb", "$\\frac{", "日" * 300)
    result = load.result(Path("x.json"), result_of(batch))
    for figure in ("scaling", "gil_cost", "lock_latency"):
        made = drawing.render(drawing.discover()[figure], result)
        assert made["png"].startswith(b"\x89PNG") and b"\\ud800" in made["svg"]


def assert_whole(svg: str) -> None:
    tree = ElementTree.fromstring(svg)
    tags = {each.tag.rpartition("}")[2] for each in tree.iter()}
    assert not tags & {"script", "foreignObject", "a", "iframe", "image"}
    assert not [key for each in tree.iter() for key in each.keys() if key.startswith("on")]
    assert_clean(svg)


def claims_of(strings: Sequence[str]) -> dict[str, Any]:
    made = claims_file()
    first = made["claims"][0]
    made["claims"] = [
        first | {"sentence": word, "topic": word or "x", "remark": word, "answers": [
            answer | {"reason": word, "findings": [
                finding | {"what": word, "reason": word} for finding in answer["findings"]
            ]} for answer in first["answers"]
        ]} for word in strings
    ]  # fmt: skip
    return made


@EACH_BATCH
def test_claims(batch: tuple[str, ...]) -> None:
    made = claims_of(batch)
    assert_clean(shown(claims_report.lines(made)))
    figure: Any = claims_chart
    claims: Any = made
    assert_whole(drawing.render(figure, claims, ("svg",))["svg"].decode())


def hostile_page() -> str:
    """All strings at once: as facts and claims, and some of each kind in rows and charts."""
    some = [batch[at % len(batch)] for at, batch in enumerate(hostile.BATCHES)]
    made = result_of(some)
    made["convoy"]["facts"] |= {word or "empty": word for word in hostile.STRINGS}
    rows = varied.rows_of(made)
    for number, word in enumerate(hostile.STRINGS):
        again = json.loads(json.dumps(rows[number % len(rows)]))
        again["name"] = f"{word}/{number}"
        rows.append(again | {"gil": word, "parameters": {"number": number}})
    result = load.result(Path("x.json"), made)
    found = content.sections(result, None, None, lambda words: None, claims_of(hostile.STRINGS))
    return page.render("A title", content.opening(result), found)


def test_the_report() -> None:
    text = hostile_page()
    read = Page(text)
    tags = [tag for tag, _ in read.tags]
    assert tags.count("script") == 1 and tags.count("style") == 1 + text.count("<style type=")
    assert not {"iframe", "img", "object", "embed", "base", "link", "form"} & set(tags)
    assert tags.count("meta") == 5
    assert not [attrs for _, attrs in read.tags if any(key.startswith("on") for key in attrs)]
    assert not [attrs for _, attrs in read.tags for key in ("href", "xlink:href")
                if not (attrs.get(key) or "#").startswith("#")]  # fmt: skip
    assert_clean(text.replace("\N{NO-BREAK SPACE}", " "), commands=True)
    seen = " ".join(read.texts)
    # Escaped once, and shown as it is: also what templates and formats would have replaced.
    for word in ("{{7*7}}", "{0.__class__}", "%(x)s", "&lt;script&gt;", "<!-- ", "=1+1"):
        assert word in seen
    for svg in re.findall(r"<svg.*?</svg>", text, re.S):
        ElementTree.fromstring(re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>", "", svg))
