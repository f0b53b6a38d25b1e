"""Whatever a name, a file or a program says, no output holds what a terminal or a server obeys."""

from __future__ import annotations

import contextlib
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import compare_made
import gate_made
import history_made
import pytest
import synthetic
from conftest import ROOT
from convoy_cli import cli
from convoy_cli.answer.summary import summarise
from convoy_cli.charts import drawing
from convoy_cli.compare import judge, report
from convoy_cli.core import errors, terminal
from convoy_cli.core.errors import UsageError
from convoy_cli.gate.report import forest, formats, github, table
from convoy_cli.history import judge as tracks, judge as findings, report as history
from convoy_cli.profile import session
from convoy_cli.results import checks, load, stored
from convoy_cli.stats.family import Verdict
from convoy_cli.verbs import check
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Json = dict[str, Any]
PIECES = (
    "::error title=x::y", "##[error]z", "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\r", "\n", "\0",
    "\t", "\u202e", "\u2066", "\u200f", "\ufeff", "\u2028", "\U000e0041", "\ud800", "\ufffe", "|",
    "`", "<script>", "]]>", "&lt;", "\\", "*", "_", "@you", "#1", "$x$", "  ", "- ", "1. ",
    "BM_a/8", "Grüße", "日本", "🙂", '"', "'", "%0A", "{}", "\x7f", "\x85", "[l](http://x.y)", "!",
)  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.characters()), max_size=8).map("".join)
NAMES = st.lists(HOSTILE.filter(bool), min_size=1, max_size=4, unique_by=terminal.plain)
FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None,
               suppress_health_check=list(HealthCheck))  # fmt: skip
FEWER = settings(FEW, max_examples=8)
# The worst of all at once, for outputs that take long to make.
WORST = "".join(PIECES)


def assert_clean(text: str, commands: bool = False) -> None:
    for letter in text:
        if letter not in "\n\N{NO-BREAK SPACE}":  # our own
            assert letter.isprintable(), (letter, text)
            assert unicodedata.category(letter) not in ("Cc", "Cf"), (letter, text)
    for line in text.split("\n"):
        assert commands or not line.lstrip().startswith("::"), line


def shown(lines: Iterable[str], way: Callable[..., None] = terminal.data) -> str:
    """What reaches a terminal that knows all letters."""
    with terminals() as streams:
        for line in lines:
            way(line)
    assert way is terminal.command or "##[" not in streams()
    return streams()


@contextlib.contextmanager
def terminals() -> Iterator[Callable[[], str]]:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8", errors="strict", newline="")
    stream.isatty = lambda: False  # type: ignore[method-assign]
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        with mock.patch.object(terminal, "speaks_utf8", lambda stream: True):
            yield lambda: (stream.flush(), raw.getvalue().decode())[1]


def gate_of(names: list[str], word: str) -> Json:
    """A document that says `word` wherever somebody else may have written it."""
    verdicts = ("REGRESSED", "INCONCLUSIVE", "SAME", "ENVIRONMENT", "IMPROVED")
    listed = [
        gate_made.benchmark(name, verdicts[i % 5], 1.1, reason=word, samples=[])
        for i, name in enumerate(names)
    ]
    made = gate_made.document(
        listed, added=[word], removed=[word],
        failed=[gate_made.failure(f"fails {word}", arm, word) for arm in ("base", "contender")],
        base=gate_made.program(word, word), contender=gate_made.program(word, word),
        command=["scripts/convoy", "gate", "--base", word, "--json", word],
    )  # fmt: skip
    made["base"]["library_version"] = made["contender"]["commit"] = word
    made["machine"] |= {"cpu": word, "kernel": word, "fingerprint": word}
    return made


@FEW
@given(NAMES, HOSTILE)
def test_the_gate_on_a_terminal(names: list[str], word: str) -> None:
    for interrupted in (False, True):
        made = gate_of(names, word) | {"interrupted": interrupted}
        text = shown(table.lines(made, everything=True))
        assert_clean(text)
        rows = [line for line in text.split("\n") if re.match(r"  [A-Z]+ +[\d.]+ ×", line)]
        assert len(rows) == len(names)


@FEW
@given(NAMES, HOSTILE)
def test_the_gate_in_files(names: list[str], word: str) -> None:
    made = gate_of(names, word)
    page = github.text(made)
    assert_clean(page)
    rows = [line for line in page.split("\n") if re.match(r"\| [A-Z]{4}", line)]
    assert len(rows) == len(names)
    xml = formats.junit(made)
    assert_clean(xml)
    cases = [case.get("name") for case in ElementTree.fromstring(xml).iter("testcase")]
    assert not Counter(map(terminal.plain, names)) - Counter(cases)
    assert_clean(formats.openmetrics(made))
    lines = github.lines(made)
    assert all(re.match(r"::(error|warning|notice) title=", line) for line in lines)
    assert_clean("\n".join(lines), commands=True)
    assert shown(lines, terminal.command).splitlines() == lines
    # JSON keeps exact names, also those that no output may show.
    assert [each["name"] for each in json.loads(json.dumps(made))["benchmarks"]] == names


@FEWER
@given(NAMES, HOSTILE)
def test_the_gate_as_a_chart(names: list[str], word: str) -> None:
    svg = forest.render(gate_of(names, word))["svg"].decode()
    ElementTree.fromstring(svg)
    assert_clean(svg)


@FEW
@given(NAMES, HOSTILE)
def test_two_stored_results(names: list[str], word: str) -> None:
    rows = [row for i, name in enumerate(names)
            for row in compare_made.repetitions(name, compare_made.samples(i))]  # fmt: skip
    rows += [compare_made.entry(f"!{word}", 1.0, error_occurred=True, error_message=word)]
    sides = [
        stored.of_google(Path(f"{where}{word}"), compare_made.document(
            rows, date=word, cpu_model=f"{where}{word}", library_version=word))
        for where in "ab"
    ]  # fmt: skip
    every = errors.NameFilter("")
    made = judge.document(sides[0], sides[1], every, forced=(f"machine ({word})",))
    text = shown(report.lines(made, everything=True))
    assert_clean(text)
    verdicts = "|".join(Verdict)
    rows_shown = [line for line in text.split("\n") if re.match(rf"  ({verdicts}) +[\d.]+ ×", line)]
    assert len(rows_shown) == len(names)


@FEW
@given(NAMES, HOSTILE)
def test_a_history(names: list[str], word: str) -> None:
    values = history_made.stepped(6, 12, factor=1.5)
    lines = [line for name in names
             for line in history_made.beside_reference(values, name, base=word or "x")]  # fmt: skip
    for line in lines:
        line["fingerprint"] = word
    known = tracks.history(lines)
    found = findings.findings(known, 0.01)
    text = shown([*history.show(known, found, True), *history.check(known, found, 12)])
    assert_clean(text)


def hostile_result(word: str) -> Json:
    made = synthetic.document(synthetic.Truth(workloads=("cpu_pi", "mixed"), passes=6))
    convoy = made["convoy"]
    for row in convoy["rows"]:
        row["parameters"] = row["parameters"] | {"kind": word}
        row["name"] += f"/kind:{word}"
        row["pinned"], row["pinned_reason"] = False, word
    convoy["facts"] |= {"cpu_model": word, "kernel": word, "hypervisor": word, "governor": word}
    convoy["failed"] = [{"name": f"cpu_pi/kind:{word}", "reason": word, "pass": 1, "samples": 0}]
    convoy["command_line"], convoy["fingerprint"] = ["run", word], word
    return made


@pytest.mark.parametrize("word", [WORST, "::error::x", "\n::error::x"], ids=["worst", "a", "b"])
def test_the_answer_of_a_result(word: str) -> None:
    result = load.result(Path(f"{word.replace(chr(0), '')}.json"), hostile_result(word))
    for everything in (False, True):
        assert_clean(shown(summarise(result, everything).lines(), terminal.heading))
    with terminals() as streams:
        check.show(checks.check_result(result), quiet=False)
    assert_clean(streams())


@pytest.mark.parametrize("figure", ["scaling", "heatmap", "gil_cost"])
def test_a_result_as_charts(figure: str) -> None:
    result = load.result(Path("x.json"), hostile_result(WORST.replace("$x$", "")))
    svg = drawing.render(drawing.discover()[figure], result, ("svg",))["svg"].decode()
    ElementTree.fromstring(svg)
    assert_clean(svg)


@FEW
@given(NAMES, HOSTILE)
def test_a_flame_graph(names: list[str], word: str) -> None:
    svg = session.render(Counter({tuple(names): 5, (word,): 3}), word)
    ElementTree.fromstring(svg)
    assert_clean(svg)


@FEW
@given(HOSTILE)
def test_errors_and_progress(word: str) -> None:
    def fail(words: object) -> int:
        raise UsageError(word)

    for error in (UsageError(word), OSError(2, word, word), RuntimeError(word)):
        with mock.patch.object(cli, "dispatch", side_effect=error), terminals() as streams:
            cli.main(["-v", "check"])
            cli.main(["check"])
        assert_clean(streams())
    with terminals() as streams:
        terminal.status(word)
        terminal.aside(word)
    assert_clean(streams().replace("\r\x1b[K", "", 1))


@pytest.mark.parametrize(
    "words",
    [["{}"], ["compare", "{}", "{}"], ["check", "{}"], ["summary", "{}"], ["plot", "{}"],
     ["history", "show", "--file", "{}"], ["history", "check", "--filter", "({}"],
     ["gate", "--base", "{}"], ["gate", "--{}"], ["gate", "--noise", "{}"],
     ["gate", "--base-ref", "{}", "--contender-ref", "{}", "--build", "{}", "--program", "{}"],
     ["history", "add", "{}"], ["sweep", "{}"], ["profile", "{}"], ["fidelity", "--from", "{}"]],
    ids=" ".join,
)  # fmt: skip
def test_words_of_the_command_line(words: list[str], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    hostile = WORST.replace("\0", "").replace("\ud800", "\udcff")  # as arguments can be
    with terminals() as streams:
        code = cli.main([word.replace("{}", hostile) for word in words])
    assert code == 2
    assert_clean(streams())


def test_only_the_terminal_writes_to_the_terminal() -> None:
    """One place that cleans suffices as long as there is no way around it."""
    ways = re.compile(r"\bprint\(|sys\.std(out|err)\.(write|buffer)|print_exc")
    package = ROOT / "scripts" / "convoy_cli"
    found = [
        f"{path}: {line.strip()}"
        for path in package.rglob("*.py")
        if path.name != "terminal.py" and "probes" not in path.parts
        for line in path.read_text("utf-8").splitlines()
        if ways.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text, read",
    [("32 rounds, load 0.25", "32 rounds, load 0.25"), ("a_b is 1.07 × slower!", None),
     ("1. first", r"1\. first"), ("1) first", r"1\) first"), ("- item", r"\- item"),
     ("what? \"that\" {x}", None), ("BM<int> & more", "BM&lt;int> & more"), ("&lt;", "&amp;lt;"),
     ("@you and #1", "@<!-- -->you and #<!-- -->1"), ("*a* _b_", r"\*a\* \_b\_")],
)  # fmt: skip
def test_markdown_escapes_what_would_be_markup_alone(text: str, read: str | None) -> None:
    assert github.prose(text, 400) == (text if read is None else read)


@pytest.mark.parametrize(
    "name, read",
    [("BM_Map<std::string, int>/8", "`BM_Map<std::string, int>/8`"), ("a_b", "`a_b`"),
     ("a|b", "<code>a&#124;b</code>"), ("a`b", "<code>a&#96;b</code>"), ("", "<code></code>")],
)  # fmt: skip
def test_markdown_sets_names_between_backticks(name: str, read: str) -> None:
    assert github.code(name) == read
