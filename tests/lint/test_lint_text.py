"""How files begin and end, and what they never hold."""

import lint_text as law
import pytest

HEADER = "harness/base/a.hpp"


def test_a_header_opens_with_a_sentence_and_pragma_once(breaches):
    good = "// A clock that never goes back,\n// read cheaply.\n#pragma once\n\n#include <ctime>\n"
    assert breaches(law.header_opening, HEADER, good) == []
    assert breaches(law.header_opening, HEADER, "#pragma once\n") == [1]
    assert breaches(law.header_opening, HEADER, "// a clock\n#pragma once\n") == [1]
    assert breaches(law.header_opening, HEADER, "// A clock.\n#include <ctime>\n") == [2]
    assert breaches(law.header_opening, "harness/base/a.cpp", "int x;\n") == []


def test_a_python_module_says_what_it_is(breaches):
    assert breaches(law.docstring, "scripts/a.py", '"""Names."""\n') == []
    assert breaches(law.docstring, "scripts/a.py", "import os\n") == [1]
    assert breaches(law.docstring, "scripts/a.py", '"""Names."""\nx = (\n') == [2]
    assert breaches(law.docstring, "scripts/convoy_cli/__init__.py", "") == []


@pytest.mark.parametrize("folder", ["home/ann", "root/.cache", "work/convoy", "Users/ann"])
def test_no_path_of_one_machine(breaches, folder):
    text = f"fine\ncd /{folder}\n"
    assert breaches(law.machine_paths, "docs/tutorial.md", text) == [2]


@pytest.mark.parametrize(
    "text",
    ["harness/work/worker.hpp", "/usr/bin/python3", "/proc/self/stat", "~/work/x", "$HOME/work/x"],
)
def test_other_paths_pass(breaches, text):
    assert breaches(law.machine_paths, "docs/tutorial.md", text + "\n") == []


def test_no_stray_blanks(breaches):
    text = "a \nb\n\tc\n"
    assert breaches(law.whitespace, "harness/base/a.cpp", text) == [1, 3]
    assert breaches(law.whitespace, "Makefile", "a:\n\tb\n") == []
    assert breaches(law.whitespace, "tests/fixtures/a.txt", text) == []
    assert breaches(law.whitespace, "docs/images/a.svg", text) == []


def test_a_file_ends_with_one_line_end(breaches):
    assert breaches(law.whitespace, "a.md", "a\nb") == [2]
    assert breaches(law.whitespace, "a.md", "a\n\n") == [2]
    assert breaches(law.whitespace, "a.md", "") == []
