"""The wording of each output, whole, in one file: tests/fixtures/golden/NAME.txt.

After a deliberate change: pytest tests/python/test_golden.py --update-golden, and read the diff.
Other tests hold numbers, names and verdicts; no sentence is quoted there only for its wording.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gate_made
import pytest
import synthetic
from convoy_cli import cli, verbs
from convoy_cli.answer.summary import summarise
from convoy_cli.gate.report import table
from convoy_cli.results import load

GOLDEN = Path(__file__).resolve().parents[1] / "fixtures" / "golden"
OWN = sorted(set(cli.names()) - set(verbs.PASSED_ON))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Any:
    """Compares a text with its file, or writes the file."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / f"{name}.txt"
        if request.config.getoption("--update-golden", default=False):
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{file.name} is missing: --update-golden writes it"
        assert text == file.read_text("utf-8"), "deliberate? --update-golden"

    return compare


@pytest.mark.parametrize("verb", OWN)
def test_help(verb: str, golden: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    golden(f"help-{verb}", cli.parser_of(cli.discover()[verb]).format_help())


def test_summary(golden: Any) -> None:
    truth = synthetic.Truth(cores=2, workloads=("cpu_pi", "io_sleep"), workers=(1, 2, 4))
    found = load.result(Path("x.json"), synthetic.document(truth))
    golden("summary", "\n".join([*summarise(found).lines(), ""]))


def test_gate(golden: Any) -> None:
    made = gate_made.document(
        [
            gate_made.benchmark("slower", "REGRESSED", 1.07, 0.02),
            gate_made.benchmark("faster", "IMPROVED", 0.8, 0.02),
            gate_made.benchmark("open", "INCONCLUSIVE", 1.02, 0.06),
            gate_made.benchmark("same"),
        ]
    )
    golden("gate", "\n".join([*table.lines(made, True), ""]))
