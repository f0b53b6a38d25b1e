"""Names of files, types and macros."""

import lint_names as law
import pytest

CPP = "harness/base/a.hpp"


@pytest.mark.parametrize(
    "path",
    [
        "harness/base/utils.hpp",
        "harness/base/seat_manager.cpp",
        "scripts/convoy_cli/helpers/names.py",
        "tests/base/context_test.cpp",
    ],
)
def test_no_file_is_a_drawer_for_odds_and_ends(breaches, path):
    assert breaches(law.file_name, path, "") == [1]


@pytest.mark.parametrize("path", ["harness/base/seat.hpp", "docs/how-to/context.md"])
def test_other_names_are_free(breaches, path):
    assert breaches(law.file_name, path, "") == []


@pytest.mark.parametrize(
    "code",
    [
        "class SeatManager {",
        "struct alignas(64) RunContext final : Base {",
        "enum class Utils : int {",
        "using StringHelper = int;",
        "template <class T>\nconcept Manager = true;",
    ],
)
def test_types_have_names_that_say_something(breaches, code):
    assert len(breaches(law.type_words, CPP, code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "class Seat {",
        "class Utilization {",
        "struct ucontext_t* saved;",
        "boost::context::fiber fiber;",
        "// class Manager {",
        'auto text = "class Manager {";',
    ],
)
def test_good_types_and_mentions_pass(breaches, code):
    assert breaches(law.type_words, CPP, code) == []


def test_classes_in_python_too(breaches):
    assert breaches(law.type_words, "scripts/a.py", "x = 1\nclass FigureManager:\n") == [2]
    assert breaches(law.type_words, "scripts/a.py", "class Figure(Context):\n") == []


@pytest.mark.parametrize(
    "code", ["struct seat_slot {", "class my_class final {", "using slot = int;"]
)
def test_types_are_camel_case(breaches, code):
    assert breaches(law.type_case, CPP, code) == [1]


@pytest.mark.parametrize(
    "code",
    [
        "struct SeatSlot {",
        "struct promise_type {",
        "using value_type = int;",
        "struct sockaddr_in address{};",
        "struct std::hash<Seat> {",
        "enum class Kind : int {",
        "class UniqueFd;",
        "struct alignas(kLine) Slot {",
    ],
)
def test_camel_case_and_names_the_language_wants_pass(breaches, code):
    assert breaches(law.type_case, CPP, code) == []


@pytest.mark.parametrize(
    "code",
    [
        "struct Page {\n};",
        "enum How : std::int64_t { spin };",
        "namespace {\nstruct A {};\n}\nstruct alignas(128) Token {\n};",
    ],
)
def test_types_of_workloads_are_their_own(breaches, code):
    last = code.count("\n", 0, -3) + 1
    assert breaches(law.workload_types, "benchmarks/cpu_pi.cpp", code) == [last]
    assert breaches(law.workload_types, CPP, code) == []


def test_types_in_an_unnamed_namespace_pass(breaches):
    text = "namespace {\nstruct Page {\n  int n;\n};\n}  // namespace\nvoid f(struct stat& s);\n"
    assert breaches(law.workload_types, "benchmarks/cpu_pi.cpp", text) == []


def test_macros_carry_the_name_of_the_project(breaches):
    text = "#define CONVOY_CHECK(x) x\n#define CHECK(x) x\n"
    assert breaches(law.macro_names, CPP, text) == [2]
    assert breaches(law.macro_names, "tests/base/a_test.cpp", text) == []
