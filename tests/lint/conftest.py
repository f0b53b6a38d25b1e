"""Feeding lint rules: `breaches(rule, path, text)` gives the lines that a rule complains about."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from lint_source import Source  # noqa: E402


@pytest.fixture
def breaches():
    def lines_of(rule, path, text):
        problems = list(rule(Source(path, text)))
        for problem in problems:
            where, message = str(problem).split(": ", 1)
            assert where == f"{path}:{problem.line}"
            assert len(message) > 20, "a message says what is wrong and what to do"
        return [problem.line for problem in problems]

    return lines_of


@pytest.fixture
def root():
    return ROOT
