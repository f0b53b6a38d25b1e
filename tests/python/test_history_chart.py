"""The chart of a history: the same bytes each time, readable, and honest about what is left out."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import gate_made
import pytest
from convoy_cli.core.errors import MissingData
from convoy_cli.history import judge, report
from history_made import beside_reference, commit, line, noise, ratio, stepped, write
from readable import assert_readable

pytest.importorskip("matplotlib")
SVG = "{http://www.w3.org/2000/svg}"


def drawn(lines: list[dict[str, Any]]) -> report.Drawn:
    known = judge.history(lines)
    return report.Drawn(known, judge.findings(known, 0.01))


def busy() -> list[dict[str, Any]]:
    """Changes side by side, long names, a gap, and a commit without an interval."""
    values = [v + 0.1 * ((i // 20) % 2) for i, v in enumerate(noise("busy", 200, 0.004))]
    lines = beside_reference(values, "BM_Busy<" + "std::string, " * 30 + ">")
    lines[5]["reference"] |= {"low": None, "high": None}
    for number, name in enumerate(gate_made.HOSTILE):
        lines += beside_reference(stepped(30, 60, 1.5 ** (number - 5), number), name)
    return lines


def walk() -> list[dict[str, Any]]:
    """Parents alone."""
    return [line(i, parent=ratio(v, commit(i - 1))) for i, v in enumerate(noise("walk", 30))]


HISTORIES = {
    "a commit": beside_reference([0.01]),
    "two commits": beside_reference([0.01, 5.0]),
    "a step": beside_reference(stepped(60, 90)),
    "counts": [one | {"instructions": 5e6} for one in beside_reference(stepped(60, 90))],
    "parents": walk(),
    "busy": busy(),
    "many": [one for k in range(30) for one in beside_reference(noise(k, 40), f"BM/{k}")],
}


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("name", HISTORIES)
def test_it_can_be_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_readable(report, drawn(HISTORIES[name]), monkeypatch)


def test_it_says_what_it_shows() -> None:
    svg = report.render(*drawn(HISTORIES["a step"]))["svg"]
    told = ElementTree.fromstring(svg).find(f"{SVG}desc")
    assert told is not None and told.text is not None
    assert "90 commits, 1 benchmark. BM_Sort is 1.05 × slower since" in told.text


def test_what_is_not_drawn_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = assert_readable(report, drawn(HISTORIES["many"]), monkeypatch)
    assert any("18 more are not drawn" in text for text in texts)


@pytest.mark.parametrize("name, several", [("counts", True), ("many", False)])
def test_it_says_which_of_several_series_it_draws(
    name: str, several: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = assert_readable(report, drawn(HISTORIES[name]), monkeypatch)
    assert ("several series" in " ".join(texts)) is several


def test_the_same_history_gives_the_same_bytes() -> None:
    one, two = (report.render(*drawn(HISTORIES["a step"])) for _ in range(2))
    assert one == two


def test_nothing_to_draw() -> None:
    with pytest.raises(MissingData):
        report.render(judge.History([], [], []), [])


def test_show_draws_it(convoy: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", HISTORIES["a step"])
    done = convoy("history", "show", "--file", path, "--chart", tmp_path / "charts")
    assert done.returncode == 0, done
    assert (tmp_path / "charts" / "history.svg").read_bytes().startswith(b"<?xml")
    assert (tmp_path / "charts" / "history.png").read_bytes().startswith(b"\x89PNG")
