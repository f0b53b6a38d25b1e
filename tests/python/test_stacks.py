"""What a profiler sees of the program: functions by name, lines by file, frames by pointer."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from built import BENCH, ROOT

TOOLS = ("nm", "addr2line", "objdump")
needs = pytest.mark.skipif(
    not BENCH.exists() or not all(map(shutil.which, TOOLS)),
    reason="convoy-bench or binutils are missing: make build",
)


def tool(*words: object) -> str:
    done = subprocess.run([*map(str, words)], capture_output=True, encoding="utf-8", check=True)
    return done.stdout


def functions(pattern: str) -> dict[str, str]:
    """Addresses of the program's functions, by their names as a stack shows them."""
    symbols = tool("nm", "-C", "--defined-only", BENCH)
    listed = re.findall(r"^([0-9a-f]+) [tTwW] (.+)$", symbols, re.M)
    return {name: address for address, name in listed if re.search(pattern, name)}


@needs
def test_the_body_of_every_workload_is_named_with_its_line() -> None:
    workloads = {path.stem for path in (ROOT / "benchmarks").glob("*.cpp")} - {"main"}
    bodies = functions(r"^convoy_body_\w+\(convoy::Worker&\)$")
    assert {re.sub(r"^convoy_body_(\w+)\(.*", r"\1", name) for name in bodies} == workloads
    told = tool("addr2line", "-C", "-f", "-e", BENCH, *bodies.values()).splitlines()
    for name, function, place in zip(bodies, told[::2], told[1::2], strict=True):
        workload = name.split("(")[0].removeprefix("convoy_body_")
        assert function.startswith(f"convoy_body_{workload}(")
        assert re.fullmatch(rf".*\bbenchmarks/{workload}\.cpp:[1-9]\d*( \(.*\))?", place), place


@needs
def test_inlined_functions_are_told_apart() -> None:
    [address] = functions(r"^convoy_body_io_sleep\(.*\[clone \.actor\]$").values()
    first = int(address, 16)
    spread = [hex(first + offset) for offset in range(0, 400, 8)]
    told = tool("addr2line", "-C", "-f", "-i", "-e", BENCH, *spread)
    assert re.search(r"convoy::Worker::\w+\(.*\n.*harness/work/worker\.hpp:[1-9]", told)


@needs
def test_frames_are_linked_by_pointers() -> None:
    [name] = functions(r"^convoy::run_program\(.*\)$")
    code = tool("objdump", "-d", "-C", f"--disassemble={name}", BENCH)
    assert re.search(r"push\s+%rbp\n(.*\n){0,4}.*mov\s+%rsp,%rbp", code) or "x29, x30" in code


def test_nothing_tells_where_it_was_built() -> None:
    """Paths are relative: the same commit is the same program wherever its checkout lies."""
    if not BENCH.exists():
        pytest.skip("not built: make build")
    lines = tool("addr2line", "-e", BENCH, *functions(r"^convoy::").values()).splitlines()
    folders = {line.rpartition("/")[0] for line in lines if "/harness/" in line}
    assert folders and not [folder for folder in folders if Path(folder).is_absolute()]
