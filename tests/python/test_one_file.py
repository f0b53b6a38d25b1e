"""Adding a verb or a chart is one file: planted in a copy of the scripts, it works there.

test_counters.py says the same of a counter, tests/cli/test_models.py of a workload and a lock.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import charted
import pytest
import synthetic
from conftest import ROOT, clean_environment
from convoy_cli.charts import figures
from pages import fences
from readable import assert_readable

GUIDE = ROOT / "docs" / "how-to" / "add-a-chart.md"
VERB = '''"""Greets whoever is named."""

import argparse

from ..core.terminal import data

NAME = "greet"
SUMMARY = "greet somebody"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", metavar="NAME", default="world", help="whom to greet")


def run(arguments: argparse.Namespace) -> int:
    data(f"Hello, {arguments.name}.")
    return 0
'''


def chart() -> tuple[str, str]:
    """The path and the text of the chart in the guide."""
    (text,) = [text for language, text in fences(GUIDE) if language == "python"]
    return text.partition("\n")[0].removeprefix("# file: "), text


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=ignored)
    (tmp_path / "results").mkdir()
    for schema in (ROOT / "results").glob("*schema.json"):
        shutil.copy(schema, tmp_path / "results")
    return tmp_path


def called(tree: Path, *words: str) -> str:
    done = subprocess.run(
        [str(tree / "scripts" / "convoy"), *words],
        env=clean_environment(), cwd=tree, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_verb_is_one_file(tree: Path) -> None:
    (tree / "scripts" / "convoy_cli" / "verbs" / "greet.py").write_text(VERB)
    assert called(tree, "greet", "--name", "Ada") == "Hello, Ada.\n"
    assert "greet somebody" in called(tree, "--help")
    assert "whom to greet" in called(tree, "greet", "--help")


def test_a_chart_is_one_file(tree: Path) -> None:
    pytest.importorskip("matplotlib")
    path, text = chart()
    (tree / path).write_text(text, encoding="utf-8")
    truth = synthetic.Truth(workloads=("cpu_pi",), gils=("none",), workers=(1, 2))
    synthetic.write(tree / "x.json", synthetic.document(truth))
    name = Path(path).stem
    assert name in called(tree, "plot", "--help")
    for words in (("--figure", name), ()):
        drawn = called(tree, "plot", "x.json", "-o", "out", *words)
        assert f"out/{name}.svg\t" in drawn and f"out/{name}.png\t" in drawn


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Any]:
    """The guide's chart as a module of this process, outside the folder of charts."""
    path, text = chart()
    file = tmp_path / Path(path).name
    file.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"{figures.__name__}.{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module


def test_the_chart_of_the_guide_can_be_read(
    planted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    for workers in ((1, 2), (1, 2, 4, 8, 16, 32)):
        made = synthetic.document(synthetic.Truth(workers=workers, cores=32))
        assert_readable(planted, charted.result(made), monkeypatch)
