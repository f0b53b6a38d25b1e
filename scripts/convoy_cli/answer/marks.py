"""What qualifies a row's figures: no binding, a quota of CPU time, somebody else's topology."""

from __future__ import annotations

from collections.abc import Iterable

from ..rows import Result, Row


class Marks:
    def __init__(self, result: Result) -> None:
        unfit = {each["name"] for each in result.findings if each["verdict"] == "unfit"}
        cpus = result.fact("cgroup_quota_cpus")
        self._under_quota = "quota" in unfit
        self._cpus = float(cpus) if isinstance(cpus, (int, float)) else 0.0
        self._busy = bool({"others", "load"} & unfit)

    def of(self, row: Row) -> list[str]:
        """In a few words each; that a row was disturbed is told before its figures instead."""
        said = [] if row.pinned else ["not pinned"]
        if self._under_quota and row.raw["seats"] > self._cpus:
            said.append("under a CPU quota")
        if row.raw["virtual_topology"]:
            said.append("not this machine's topology")
        return [*said, "busy machine"] if self._busy else said

    def after(self, rows: Iterable[Row]) -> str:
        """` (not pinned, under a CPU quota)`, for a sentence on all of these."""
        found = dict.fromkeys(mark for row in rows for mark in self.of(row))
        return f" ({', '.join(found)})" if found else ""
