"""The quota of control groups, of both versions, as files that a test writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from convoy_cli.core import machine


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(text)


@pytest.mark.parametrize(
    "text, cpus",
    [("50000 100000\n", 0.5), ("max 100000\n", None), ("", None), ("x y", None), ("5 0", None)],
)
def test_version_2_is_the_least_of_all_above(text: str, cpus: float, tmp_path: Path) -> None:
    (tmp_path / "membership").write_text("0::/one/two\n")
    group(tmp_path / "fs", cpu_max="150000 100000")
    group(tmp_path / "fs/one", cpu_max=text)
    group(tmp_path / "fs/one/two", cpu_max="max 100000")
    found = machine.quota(tmp_path / "membership", tmp_path / "fs")
    assert found == (1.5 if cpus is None else cpus)


@pytest.mark.parametrize("left, cpus", [("25000", 0.25), ("-1", None)])
def test_version_1(left: str, cpus: float, tmp_path: Path) -> None:
    (tmp_path / "membership").write_text("3:memory:/x\n2:cpu,cpuacct:/x\n")
    group(tmp_path / "fs/cpu,cpuacct/x", cpu_cfs_quota_us=left, cpu_cfs_period_us="100000")
    assert machine.quota(tmp_path / "membership", tmp_path / "fs") == cpus


def test_none_where_the_kernel_does_not_say(tmp_path: Path) -> None:
    assert machine.quota(tmp_path / "membership", tmp_path / "fs") is None
    assert machine.below(None) is None and machine.below(1e9) is None
    assert machine.below(0.5) == 0.5
