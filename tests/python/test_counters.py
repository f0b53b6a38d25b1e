"""A counter is one line of harness/base/seat_counters.def, and everything else follows."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pages import ROOT

import counter_pages

TABLE = Path("harness", "base", "seat_counters.def")
LINES = """
CONVOY_KERNEL(sneezes, "", per_second, kInRow | kInSeat, "Times a seat sneezed.")
CONVOY_GIL(yawn_ns, "ns", max, kInRow | kInSeat, "The longest yawn.")
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a harness tells whose table has two lines more."""
    if not shutil.which("g++"):
        pytest.skip("g++ is missing")
    folder = tmp_path_factory.mktemp("counters")
    # Beside the header that includes it, or the compiler would find that of the tree.
    shutil.copytree(ROOT / "harness", folder / "harness")
    text = (ROOT / TABLE).read_text("utf-8")
    head, mark, tail = text.partition("#undef CONVOY_TIME")
    (folder / TABLE).write_text(head + LINES + mark + tail, encoding="utf-8")
    program, source = folder / "program", ROOT / "tests" / "fixtures" / "one_counter_more.cpp"
    words = ["g++", "-std=c++20", "-O0", "-no-pie", f"-I{folder}", str(source), "-o", str(program)]
    subprocess.check_call([*words, "-Wl,--unresolved-symbols=ignore-all", "-lfmt"])
    return json.loads(subprocess.check_output([str(program)]))


def test_it_reaches_rows_seats_and_samples(told: Any) -> None:
    assert told["row"]["sneezes_per_second"] == 1e7
    assert told["row"]["gil_yawn_ns"] == 30
    seat = told["sample"]["seats"][1]
    assert seat["sneezes"] == 5 and seat["gil"]["yawn_ns"] == 30
    assert told["sample"]["gil"]["yawn_ns"] == 30


def test_it_reaches_the_schema(told: Any) -> None:
    parts = json.loads(counter_pages.schema(told["seat_counters"]))["$defs"]
    assert parts["seat_sample"]["properties"]["sneezes"] == {
        "$ref": "#/$defs/count",
        "description": "Times a seat sneezed.",
    }
    for part in ("seat_gil", "gil_sample"):
        assert parts[part]["properties"]["yawn_ns"]["$ref"] == "#/$defs/span_ns"
        assert "yawn_ns" not in parts[part]["required"], "older files have none"


def test_it_reaches_the_docs(told: Any) -> None:
    page = counter_pages.page(told["counters"])
    kernel = page.partition("## What the kernel counted")[2].partition("\n## ")[0]
    assert "| `sneezes_per_second` | 1/s | sample | Times a seat sneezed, over the" in kernel
    assert "| `gil_yawn_ns` | ns | sample | The longest yawn. The most of any seat. |" in page


def test_a_section_without_a_heading_is_refused() -> None:
    lost = {"name": "a", "unit": "", "of": "row", "section": "Lost", "description": "A."}
    with pytest.raises(ValueError, match="no heading '## Lost'"):
        counter_pages.page([lost])
