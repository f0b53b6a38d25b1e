"""The report: one page that loads nothing, shows every text as text, and has what was measured."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
import synthetic
import varied
from conftest import ROOT, assert_complaint
from convoy_cli.charts import drawing
from convoy_cli.core import files
from convoy_cli.report import content, page
from convoy_cli.results import load, variants
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reported import Page, claims_file

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

EVIL = '<script>alert(1)</script>"</style>\'><img src=x onerror=alert(2)>'
LOADS = re.compile(
    r"""(?:src|href|action|data|poster|xlink:href)\s*=\s*["'](?!#)|@import|url\((?!["']?#)"""
)


def page_of(made: dict[str, Any], tmp_path: Path) -> str:
    result = load.load(synthetic.write(tmp_path / "x.json", made))
    found = content.sections(result, None, None, lambda words: None)
    return page.render("A title", content.opening(result), found)


def charts_of(result: Any) -> list[page.Chart]:
    with content.drawn_aside(result) as drawn:
        found = list(content.charts(drawn, result, lambda words: None))
    return [each for each in found if isinstance(each, page.Chart)]


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


def test_charts_have_their_finding_their_question_and_a_table_of_their_numbers(
    document: dict[str, Any], tmp_path: Path
) -> None:
    result = load.load(synthetic.write(tmp_path / "x.json", document))
    charts = {each.name: each for each in charts_of(result)}
    text = page_of(document, tmp_path)
    for name, chart in charts.items():
        figure = drawing.discover()[name]
        assert figure.TITLE in (chart.title, chart.question)
        assert f"<h3>{html.escape(chart.title, quote=False)}</h3>" in text
        if chart.question:
            assert f"<p>{chart.question}</p>" in text
    table = charts["scaling"].table
    assert table is not None and table.header[:3] == ("what", "value", "95 % interval")
    cells = {row[0].text: row for row in table.rows}
    _, value, interval, *_ = cells["cpu_pi, 2 processes"]
    assert value.text.startswith("1.9") and value.key == pytest.approx(1.97, abs=0.03)
    assert re.fullmatch(r"1\.9\d–[12]\.\d\d ×", interval.text)
    shown = " ".join(Page(text).texts)
    assert all(cell.text in shown for row in table.rows for cell in row)


def test_a_heading_stands_above_the_picture_and_not_in_it_again(
    document: dict[str, Any], tmp_path: Path
) -> None:
    result = load.load(synthetic.write(tmp_path / "x.json", document))
    shown = Page(page_of(document, tmp_path)).texts
    for chart in charts_of(result):
        alone = drawing.drawn(drawing.discover()[chart.name], result, ("svg",))
        lines = (chart.title, chart.question, *chart.below)
        words = [drawing.wrap(line, 40)[0] for line in lines if line]
        there, here = (" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))
                       for svg in (alone.files["svg"].decode(), chart.svg))  # fmt: skip
        assert html.escape(words[0], quote=False) in there
        assert not [word for word in words if html.escape(word, quote=False) in here]
        for line in chart.below:
            assert shown.count(line) == 1
        tall, low = (float(re.findall(r'height="([\d.]+)pt"', svg)[0])
                     for svg in (alone.files["svg"].decode(), chart.svg))  # fmt: skip
        assert low < tall


def test_disturbed_numbers_are_marked_in_the_table(
    document: dict[str, Any], tmp_path: Path
) -> None:
    varied.disturb(document["convoy"]["rows"])
    result = load.load(synthetic.write(tmp_path / "x.json", document))
    chart = next(each for each in charts_of(result) if each.name == "scaling")
    assert chart.table is not None and chart.question == ""
    assert chart.table.header[-1] == "remark"
    assert all(row[-1].text == "disturbed" for row in chart.table.rows)


def test_claims_beside_the_result_are_a_section(
    inside: Any, document: dict[str, Any], tmp_path: Path
) -> None:
    synthetic.write(tmp_path / "x.json", document)
    (tmp_path / "claims.json").write_text(json.dumps(claims_file()))
    assert inside("report", "x.json").returncode == 0
    seen = " ".join(Page((tmp_path / "x.html").read_text("utf-8")).texts)
    assert "Verdicts on textbook claims" in seen and "Models and interpreters disagree" in seen
    assert "fork over thread: 7.20 × (7.10–7.40)" in seen
    assert "Of 1 textbook claim 1 hold here, and 0 do not" in seen
    (tmp_path / "other.json").write_text(json.dumps(claims_file("Another sentence")))
    assert inside("report", "x.json", "--claims", "other.json").returncode == 0
    assert "Another sentence" in (tmp_path / "x.html").read_text("utf-8")


@pytest.mark.parametrize("damage", [
    lambda made: made.update(claims_version=2), lambda made: made.update(claims=None),
    lambda made: made["claims"][0].pop("sentence"),
    lambda made: made["claims"][0]["answers"][0].update(verdict="maybe"),
    lambda made: made["claims"][0]["answers"][0].update(source="nobody"),
    lambda made: made["claims"][0]["answers"][0]["findings"][0].update(interval=[1]),
    lambda made: made["claims"][0]["answers"][0]["findings"][0].update(value="7"),
])  # fmt: skip
def test_a_file_that_holds_no_claims_is_refused_and_passed_over_beside_a_result(
    inside: Any, document: dict[str, Any], tmp_path: Path, damage: Any
) -> None:
    synthetic.write(tmp_path / "x.json", document)
    made = claims_file()
    damage(made)
    (tmp_path / "claims.json").write_text(json.dumps(made))
    assert_complaint(inside("report", "x.json", "--claims", "claims.json"), "claims.json")
    done = inside("report", "x.json")
    assert done.returncode == 0 and "not in the report: " in done.stderr


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result of more than ten thousand rows of every kind, each with samples like real ones."""
    made = synthetic.document(synthetic.many(10_000))
    kinds = (varied.races, varied.spawns, varied.handoffs, varied.queues, varied.bursts,
             varied.pools, varied.fifo_queues, varied.matrix)  # fmt: skip
    made["convoy"]["rows"] += [row for kind in kinds for row in kind()]
    return synthetic.write(tmp_path_factory.mktemp("large") / "x.json", made)


def test_ten_thousand_rows_make_a_page_of_ten_megabytes_at_most(
    large: Path, inside: Any, tmp_path: Path
) -> None:
    """Charts are of bounded size; the rows' table is the part that grows."""
    pages = []
    for name in ("one.html", "two.html"):
        assert inside("report", str(large), "-q", "-o", name).returncode == 0
        pages.append((tmp_path / name).read_text("utf-8"))
    text, again = pages
    assert text == again and len(text.encode()) <= 10 << 20
    assert text.count('<td class="name">') >= 10_000
    assert "plot x.json --filter" in text
    panels = re.findall(r'<g id="(\w+)-axes_\d+">', text)
    assert 0 < max(panels.count(name) for name in set(panels)) <= 3 * variants.MOST_WORKLOADS


def test_charts_are_the_same_however_many_processes_draw_them(
    document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = load.load(synthetic.write(tmp_path / "x.json", document))
    alone = charts_of(result)
    monkeypatch.setattr(content, "MANY_ROWS", 0)
    monkeypatch.setattr(content, "spare_cpus", lambda: 2)
    assert charts_of(result) == alone


def test_the_verb(convoy: Any, document: dict[str, Any], tmp_path: Path) -> None:
    synthetic.write(tmp_path / "x.json", document)
    done = convoy("report", "x.json")
    assert done.returncode == 0 and done.stdout == "x.html\topen it in a browser\n"
    assert (tmp_path / "x.html").read_text("utf-8").startswith("<!doctype html>")
    again = convoy("report", "x.json", "--compare", "x.json", "-o", "two.html")
    assert again.returncode == 0
    assert "Beside the other result" in (tmp_path / "two.html").read_text("utf-8")


def test_each_file_is_read_once(
    inside: Any, document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("x.json", "y.json"):
        synthetic.write(tmp_path / name, document)
    read: list[str] = []
    real = files.read

    def counted(path: Path) -> bytes:
        read.append(path.name)
        return real(path)

    monkeypatch.setattr(files, "read", counted)
    assert inside("report", "x.json", "--compare", "y.json").returncode == 0
    assert sorted(read) == ["x.json", "y.json"]


@pytest.mark.parametrize("disturbed, told", [
    (0, "No sample was disturbed"), (1, "Fewer than 0.1 % of the samples were disturbed"),
    (500, "25 % of the samples were disturbed"),
])  # fmt: skip
def test_few_disturbed_samples_are_not_said_to_be_none(
    document: dict[str, Any], tmp_path: Path, disturbed: int, told: str
) -> None:
    document["convoy"]["disturbance"] = {"samples": 2000, "disturbed": disturbed,
                                         "by": {"run_delay": disturbed}, "foreign_share": None,
                                         "steal_share": None}  # fmt: skip
    result = load.load(synthetic.write(tmp_path / "x.json", document))
    assert any(line.startswith(told) for line in content.opening(result))


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
