"""The floors of the harness, the single includers, and what a workload sees."""

import lint_includes as law
import pytest


def include(*names):
    return "".join(f'#include "{name}"\n' for name in names)


@pytest.mark.parametrize(
    "path, name",
    [
        ("harness/gil/gil.cpp", "harness/gil/gil.hpp"),
        ("harness/gil/gil.cpp", "harness/base/seat.hpp"),
        ("harness/model/host.cpp", "harness/sync/mutex.hpp"),
        ("harness/report/json.cpp", "harness/measure/round.hpp"),
        ("benchmarks/main.cpp", "harness/cli/options.hpp"),
        ("tests/base/check_test.cpp", "harness/report/json.hpp"),
    ],
)
def test_own_room_and_lower_floors_may_be_included(breaches, path, name):
    assert breaches(law.floors, path, include(name)) == []


@pytest.mark.parametrize(
    "path, name",
    [
        ("harness/base/clock.hpp", "harness/gil/gil.hpp"),
        ("harness/work/task.hpp", "harness/model/host.hpp"),
        ("harness/gil/gil.cpp", "harness/machine/topology.hpp"),
        ("harness/sync/mutex.cpp", "harness/loop/loop.hpp"),
        ("harness/measure/round.cpp", "harness/report/json.hpp"),
        ("harness/report/json.cpp", "harness/cli/options.hpp"),
        ("harness/cli/options.cpp", "benchmarks/main.hpp"),
        ("harness/base/check.cpp", "harness/attic/old.hpp"),
    ],
)
def test_higher_floors_and_neighbours_may_not(breaches, path, name):
    text = include("harness/base/check.hpp", name)
    assert breaches(law.floors, path, text) == [2]


def test_a_room_without_a_floor_is_named(breaches):
    assert breaches(law.floors, "harness/attic/old.cpp", "") == [1]


def test_a_comment_includes_nothing(breaches):
    text = '// as #include "harness/cli/options.hpp" does\n'
    assert breaches(law.floors, "harness/base/check.hpp", text) == []


def test_own_headers_are_named_from_the_root_in_quotes(breaches):
    text = '#include "check.hpp"\n#include <harness/base/check.hpp>\n#include "../base/check.hpp"\n'
    assert breaches(law.rooted_includes, "harness/base/check.cpp", text) == [1, 2, 3]
    text = '#include "harness/base/check.hpp"\n#include <vector>\n#include <liburing.h>\n'
    assert breaches(law.rooted_includes, "harness/base/check.cpp", text) == []


@pytest.mark.parametrize(
    "header, place, elsewhere",
    [
        ("hwloc.h", "harness/machine/topology.cpp", "harness/machine/placement.cpp"),
        ("hwloc/linux.h", "harness/machine/topology_text.cpp", "benchmarks/cpu_pi.cpp"),
        ("CLI/CLI.hpp", "harness/cli/command.cpp", "harness/cli/run.cpp"),
        ("nlohmann/json.hpp", "harness/report/json.cpp", "harness/report/trace.cpp"),
        ("benchmark/benchmark.h", "harness/measure/gbench.cpp", "harness/measure/round.cpp"),
    ],
)
def test_some_libraries_have_one_includer(breaches, header, place, elsewhere):
    text = f"#include <{header}>\n"
    assert breaches(law.single_includers, place, text) == []
    assert breaches(law.single_includers, elsewhere, text) == [1]


def test_a_workload_may_include_the_library_it_exercises(breaches):
    text = "#include <nlohmann/json.hpp>\n#include <openssl/sha.h>\n"
    assert breaches(law.single_includers, "benchmarks/cpu_json.cpp", text) == []


def test_a_workload_sees_its_interface_and_sync_only(breaches):
    own = ("harness/work/workload.hpp", "harness/sync/mutex.hpp", "benchmarks/data/a.inc")
    text = include(*own) + "#include <zlib.h>\n"
    assert breaches(law.workload_includes, "benchmarks/cpu_pi.cpp", text) == []
    text = include("harness/work/worker.hpp", "harness/model/host.hpp", "benchmarks/shared.hpp")
    assert breaches(law.workload_includes, "benchmarks/cpu_pi.cpp", text) == [1, 2, 3]


def test_the_main_program_and_self_benchmarks_are_no_workloads(breaches):
    text = include("harness/cli/options.hpp")
    assert breaches(law.workload_includes, "benchmarks/main.cpp", text) == []
    assert breaches(law.workload_includes, "benchmarks/self/gil.cpp", text) == []
    assert breaches(law.workload_name, "benchmarks/main.cpp", text) == []


def test_a_workload_is_named_as_its_file(breaches):
    text = '\nCONVOY_WORKLOAD(cpu_pi, cpu, "Pi") {\n}\n'
    assert breaches(law.workload_name, "benchmarks/cpu_pi.cpp", text) == []
    assert breaches(law.workload_name, "benchmarks/cpu_e.cpp", text) == [2]
    assert breaches(law.workload_name, "benchmarks/cpu_e.cpp", "int x;\n") == [1]
