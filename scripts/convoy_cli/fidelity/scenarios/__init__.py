"""One module a scenario: what an emulated lock must do, with the outcome built in.

NAME, SUMMARY, WORKLOADS (that it needs), METRIC, EXPECTED and WHY are for people. What is judged:
`subjects(listing)` says about whom, `batches(listing)` what is measured for it, and
`claims(listing, subject, seen)` what must hold of that.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Optional

from ...core.bench import Listing


@dataclass(frozen=True)
class Subject:
    """A policy, or what several are compared in. `unasked`: why it is not even measured."""

    label: str
    needs: tuple[str, ...]  # policies
    unasked: str = ""

    @staticmethod
    def each(names: Iterable[str]) -> list[Subject]:
        return [Subject(name, (name,)) for name in names]

    def lacking(self, listing: Listing, workloads: Iterable[str]) -> Optional[str]:
        """Why it cannot be judged in this build; None if it can."""
        for name in self.needs:
            if name not in listing.policies:
                return "no such lock in this build" + (
                    "" if name == self.label else f": {name}"
                )
        for name in workloads:
            if name not in listing.workloads:
                return f"no such workload in this build: {name}"
        return self.unasked or None


def discover() -> dict[str, Any]:
    """The scenarios by name; every module in this folder is one."""
    found = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        found[module.NAME] = module
    return dict(sorted(found.items()))
