"""Lengths of files, functions and lines."""

import lint_sizes as law
import pytest
from lint_source import Source


@pytest.mark.parametrize(
    "path, limit",
    [
        ("benchmarks/cpu_pi.cpp", 60),
        ("benchmarks/main.cpp", 300),
        ("benchmarks/self/gil.cpp", 300),
        ("harness/base/check.hpp", 150),
        ("harness/base/check.cpp", 300),
        ("scripts/convoy_cli/results/names.py", 400),
    ],
)
def test_each_kind_of_file_has_its_limit(breaches, path, limit):
    assert breaches(law.file_length, path, "\n" * limit) == []
    assert breaches(law.file_length, path, "\n" * (limit + 1)) == [limit + 1]


def test_a_script_without_suffix_is_a_python_module_by_its_first_line(breaches):
    assert breaches(law.file_length, "scripts/tool", "#!/usr/bin/python3\n" * 401) == [401]
    assert breaches(law.file_length, "scripts/tool", "#!/bin/sh\n" * 401) == []


def test_a_written_reason_excuses_a_long_file(breaches):
    excuse = "// lint: long because the table is one table\n"
    path = "harness/base/check.hpp"
    assert breaches(law.file_length, path, excuse + "\n" * 200) == []
    assert breaches(law.file_length, path, "// lint: long because\n" + "\n" * 200) == [151]
    assert breaches(law.file_length, path, "\n" * 10 + excuse + "\n" * 200) == [151]
    excuse = "# lint: long because it is a list\n"
    assert breaches(law.file_length, "scripts/a.py", excuse + "\n" * 500) == []


def test_lines_have_at_most_a_hundred_columns(breaches):
    text = "x" * 100 + "\n" + "y" * 101 + "\n" + "é" * 100 + "\n"
    assert breaches(law.columns, "harness/base/check.hpp", text) == [2]
    assert breaches(law.columns, "scripts/a.py", text) == [2]
    assert breaches(law.columns, "README.md", text) == []


def test_a_long_link_may_be_wide(breaches):
    text = "// https://example.org/" + "x" * 90 + "\n"
    assert breaches(law.columns, "harness/base/check.hpp", text) == []


def functions(text):
    return list(law.functions_of(Source("harness/base/a.cpp", text)))


def test_functions_are_found_in_namespaces_and_classes():
    text = """namespace convoy {
const Parameter n{"n", 1};
enum class Kind : int { one, two };
class A final : public B {
 public:
  explicit A(int x) : B{x}, y_{x}, z_(x) {
    if (x) { y_ = 1; }
  }
  int y() const noexcept { return y_; }
  auto w() -> std::vector<int> { return {1, 2}; }
 private:
  int y_{0};
};
int A::sum(
    int x) {
  for (int i = 0; i < 3; ++i) { x += i; }
  auto f = [&](int v) { return v; };
  return f(x);
}
}  // namespace convoy
CONVOY_WORKLOAD(cpu_pi, cpu, "Braces { in ( text", n) {
  co_return;
}
"""
    assert functions(text) == [
        (6, 8, "A"),
        (9, 9, "y"),
        (10, 10, "w"),
        (14, 19, "A::sum"),
        (21, 23, "CONVOY_WORKLOAD"),
    ]


def test_a_macro_is_no_function():
    assert functions("#define CONVOY_X(a) \\\n  do { \\\n  } while (false)\nint x();\n") == []


def test_functions_have_at_most_seventy_lines(breaches):
    def cpp(inner):
        return "\nint f(int x) {\n" + "  ++x;\n" * inner + "}\n"

    assert breaches(law.function_length, "harness/base/a.cpp", cpp(68)) == []
    assert breaches(law.function_length, "harness/base/a.cpp", cpp(69)) == [2]

    def python(inner):
        return "\ndef f(x):\n" + "    x += 1\n" * inner

    assert breaches(law.function_length, "scripts/a.py", python(69)) == []
    assert breaches(law.function_length, "scripts/a.py", python(70)) == [2]
