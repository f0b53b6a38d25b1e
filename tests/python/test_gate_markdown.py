"""The page of the gate, read by a parser of Markdown: tables hold, names stay names, it fits."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import gate_made
from convoy_cli.core.terminal import plain
from convoy_cli.gate.report import github
from markdown_it import MarkdownIt

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(r"<!-- -->|</?code>|<details><summary>[\w ]+</summary>|</details>")
LIMIT = 1 << 20


@lru_cache(maxsize=1)
def parsed(page: str) -> list[Any]:
    """A page is looked at in several ways, and a long one takes seconds to read."""
    return PARSER.parse(page)


def inline(token: Any) -> str:
    """What a reader sees of it."""
    return "".join(
        child.content for child in token.children or () if child.type in ("text", "code_inline")
    )


def tables(page: str) -> list[list[list[str]]]:
    """Every table of the page: its lines, and their cells as they are read."""
    found: list[list[list[str]]] = []
    cell = False
    for token in parsed(page):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("td_open", "th_open"):
            cell = True
        elif token.type == "inline" and cell:
            found[-1][-1].append(inline(token))
            cell = False
    return found


def kinds(page: str) -> set[str]:
    """What the page is made of: blocks, and what is within lines."""
    found = set()
    for token in parsed(page):
        found.add(token.type)
        found |= {child.type for child in token.children or ()}
        for html in (token, *(token.children or ())):
            if html.type in ("html_block", "html_inline"):
                assert OURS.sub("", html.content).strip() == "", html.content
    return found


def listed(page: str) -> list[str]:
    return [line[-1] for table in tables(page) for line in table[1:]]


def rectangular(page: str) -> bool:
    return all(len(line) == len(table[0]) for table in tables(page) for line in table)


def test_the_significant_are_on_the_page_and_the_others_folded() -> None:
    page = github.text(gate_made.everything())
    above, below = tables(page)
    names = ["sort/small", "sort/large", "parse", "pipe", "short"]
    assert [line[-1] for line in above[1:]] == names
    assert [line[-1] for line in below[1:]] == ["hash"]
    assert above[0] == [
        "verdict", "ratio", "interval", "detectable", "rounds", "base → contender", "instructions",
        "benchmark",
    ]  # fmt: skip
    assert above[1][:3] == ["REGRESSED", "1.31 ×", "95 % 1.26–1.36"]
    for part in ("crashes", "odd", "brand/new", "gone/for/good", "memory, contention or layout"):
        assert part in page


def test_the_sentence_stands_below_the_heading() -> None:
    tokens = parsed(github.text(gate_made.one("REGRESSED")))
    said = [inline(token) for token in tokens if token.type == "inline"][:2]
    assert said == [
        "Regression gate: REGRESSED", "sort/large is 1.070 × slower (95 % 1.061–1.079).",
    ]  # fmt: skip


def test_names_are_read_as_they_are() -> None:
    made = gate_made.document(map(gate_made.benchmark, gate_made.HOSTILE))
    page = github.text(made)
    assert rectangular(page)
    seen = [" ".join(name.split()) for name in listed(page)]
    wanted = [" ".join(plain(name, github.NAME).split()) for name in gate_made.HOSTILE]
    assert sorted(seen) == sorted(wanted)
    assert not kinds(page) & {"link_open", "image", "em_open", "strong_open", "s_open", "fence"}


def test_no_name_makes_blocks_of_its_own() -> None:
    for name in (*gate_made.HOSTILE, "1. first", "1) first", "    code", "===", "***", "> quote"):
        made = gate_made.document(
            [gate_made.benchmark(name, "REGRESSED", 1.1)], added=[name], removed=[name],
            failed=[gate_made.failure(name, reason=name)],
            base=gate_made.program(name, name),
        )  # fmt: skip
        made["benchmarks"][0]["reason"] = name
        blocks = kinds(github.text(made))
        assert not blocks & {
            "ordered_list_open", "code_block", "blockquote_open", "hr", "fence", "link_open",
            "image", "em_open", "strong_open", "s_open", "lheading_open", "autolink",
        }, name  # fmt: skip


def test_nobody_is_mentioned() -> None:
    made = gate_made.document(
        [gate_made.benchmark("@everyone", "REGRESSED", 1.1)],
        failed=[gate_made.failure("@somebody", reason="ask @author about #12")],
    )
    for token in parsed(github.text(made)):
        coded = False
        for child in token.children or ():
            coded = child.content == "<code>" or (coded and child.content != "</code>")
            if child.type == "text" and not coded:
                assert not re.search(r"[@#]\w", child.content), child.content


def test_five_thousand_long_names_fit() -> None:
    made = gate_made.many(5000, gate_made.HOSTILE)
    page = github.text(made)
    assert len(page.encode()) <= LIMIT
    assert rectangular(page)
    told = re.search(r"^Not shown here, for lack of room: (.*)\. The file", page, re.MULTILINE)
    assert told is not None
    left_out = sum(map(int, re.findall(r"\d+", told.group(1))))
    assert len(listed(page)) + left_out == 5000
    assert len(listed(page)) > 2000
    assert page.rstrip().endswith("`")  # what comes behind the tables is there


def test_even_the_worst_of_names_leave_room_for_the_verdict() -> None:
    worst = [f"{number}`" + "<" * 5000 for number in range(300)]
    made = gate_made.document(
        [gate_made.benchmark(name, "REGRESSED", 1.1, reason="<" * 999) for name in worst],
        added=worst, removed=worst, failed=[gate_made.failure(name, reason=name) for name in worst],
        command=["scripts/convoy", "gate", "--filter", "`" + "<" * 99999],
    )  # fmt: skip
    page = github.text(made, github.LEAST_BYTES)
    assert len(page.encode()) <= github.LEAST_BYTES
    assert "Not shown here, for lack of room:" in page and "280 more failed" in page
    assert rectangular(page)


def test_nothing_measured_is_a_page_too() -> None:
    page = github.text(gate_made.document())
    assert tables(page) == [] and "Nothing was compared." in page
