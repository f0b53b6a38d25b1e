"""The chart of the gate: the same bytes each time, readable, and honest about what is left out."""

from __future__ import annotations

import hashlib
import math
import os
import random
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from functools import cache
from typing import Any

import gate_made
import pytest
from convoy_cli.charts import drawing
from convoy_cli.core.errors import MissingData
from convoy_cli.gate.report import forest
from readable import assert_readable

pytest.importorskip("matplotlib")
SVG = "{http://www.w3.org/2000/svg}"


def scattered() -> dict[str, Any]:
    """Hostile names, with ratios far beyond the axis on both sides."""
    dice = random.Random(3)
    verdicts = ("SAME", "REGRESSED", "INCONCLUSIVE", "IMPROVED")
    return gate_made.document(
        gate_made.benchmark(name, verdicts[i % 4], math.exp(dice.gauss(0, 1.2)), 0.3)
        for i, name in enumerate(gate_made.HOSTILE)
    )


def unproven() -> dict[str, Any]:
    control = {"ratio": 1.2, "low": 1.1, "high": 1.3}
    return gate_made.document(
        [gate_made.benchmark("a", "ENVIRONMENT", control=control), gate_made.benchmark("b")]
    )


DOCUMENTS = {
    "everything": gate_made.everything(),
    "one": gate_made.one("SAME"),
    "unproven": unproven(),
    "scattered": scattered(),
    "many": gate_made.many(500),
    "hardly any noise": gate_made.document(
        gate_made.benchmark(f"counted/{rounds}", ratio=ratio, half=1e-6, rounds=rounds)
        for rounds, ratio in ((6, 1.0), (128, 0.9951), (10_000, 1.00002))
    ),
}


@cache
def rendered(name: str) -> dict[str, bytes]:
    return forest.render(DOCUMENTS[name])


def description(name: str) -> str:
    found = ElementTree.fromstring(rendered(name)["svg"]).find(f"{SVG}desc")
    assert found is not None and found.text is not None
    return found.text


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_can_be_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = assert_readable(forest, DOCUMENTS[name], monkeypatch)
    assert "contender ÷ base" in texts and "1" in texts


def test_the_bytes_depend_on_the_document_alone() -> None:
    code = (
        "import hashlib, gate_made; from convoy_cli.gate.report import forest;"
        "made = forest.render(gate_made.everything());"
        "print([hashlib.sha256(made[k]).hexdigest() for k in ('svg', 'png')])"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "5"}
    told = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    made = rendered("everything")
    assert told.strip() == str([hashlib.sha256(made[k]).hexdigest() for k in ("svg", "png")])
    assert made["png"].startswith(b"\x89PNG")
    assert b"<dc:date>" not in made["svg"]


def test_its_words_are_the_verdict_and_every_line() -> None:
    words = description("everything")
    assert "sort/small is 1.31 × slower (95 % 1.26–1.36), and 1 more of 6 regressed" in words
    for part in ("sort/large is 1.07 × slower", "pipe is undecided", "hash is the same"):
        assert part in words


def test_the_significant_and_the_widest_are_drawn_and_the_others_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    same = [gate_made.benchmark(f"same{i}", half=0.001 * (i + 1)) for i in range(60)]
    made = gate_made.document([*same, gate_made.benchmark("worse", "REGRESSED", 1.1)])
    texts = assert_readable(forest, made, monkeypatch)
    assert "worse" in texts and "same59" in texts and "same0" not in texts
    drawn = [text for text in texts if text.startswith("same")]
    assert len(drawn) == forest.MOST_LINES - 1
    assert "21 more are not drawn: 21 the same." in " ".join(texts)


def test_names_cannot_leave_the_picture() -> None:
    svg = rendered("scattered")["svg"].decode()
    assert not ElementTree.fromstring(svg.encode()).findall(f".//{SVG}script")
    assert "<script>" not in svg


def test_nothing_measured_is_nothing_drawn() -> None:
    with pytest.raises(MissingData, match="measured in both"):
        forest.render(gate_made.document())
    unmeasured = gate_made.benchmark("a", "INCONCLUSIVE", rounds=0) | {"ratio": None}
    with pytest.raises(MissingData):
        forest.render(gate_made.document([unmeasured]))


@pytest.mark.parametrize("limits", [(0.95, 1.05), (0.8, 1.4), (0.25, 4.0), (0.99, 4.0)])
def test_ticks_are_a_handful_with_one_among_them(limits: tuple[float, float]) -> None:
    places = forest.ticks(*limits)
    assert 1.0 in places and 3 <= len(places) <= 9
    assert all(limits[0] <= place <= limits[1] for place in places)


def test_long_names_lose_their_middle_alone() -> None:
    assert drawing.shortened("short", 2.0, 7.5) == "short"
    name = "begin" + "x" * 5000 + "end"
    cut = drawing.shortened(name, 2.0, 7.5)
    assert cut.startswith("begin") and cut.endswith("end") and "…" in cut
    assert 1.7 < drawing.inches(cut, 7.5) <= 2.0
