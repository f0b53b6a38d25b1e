"""The native side: convoy-bench runs the workload that does what the probe does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..errors import UsageError
from .children import ChildFailed, run
from .effort import SECOND
from .settings import Setting

LEAST_ROUND_NS = 50_000_000
LISTING_S = 30.0
# Rounds as long as the one that counts: calibrating takes some.
ROUNDS, TIDYING_S = 12, 60.0


@dataclass(frozen=True)
class Bench:
    """The program and what is linked into it: workloads, and policies with their parameters."""

    program: Path
    workloads: frozenset[str]
    policies: dict[str, frozenset[str]]

    def lacks(self, policy: Optional[str], setting: Setting) -> Optional[str]:
        """Why it cannot run a setting under a policy; None if it can."""
        if policy is None:
            return "no policy is made after its lock"
        name = policy.partition(":")[0]
        if name not in self.policies:
            return f"this convoy-bench has no policy {name}"
        if setting.native.workload not in self.workloads:
            return f"this convoy-bench has no workload {setting.native.workload}"
        return None

    def gil(self, policy: str, setting: Setting, **measured: str) -> str:
        """The lock as --gil takes it: without parameters that the policy does not have."""
        name, *rest = policy.split(":")
        asked = dict(part.split("=", 1) for part in rest) | setting.native.gil | measured
        known = self.policies[name]
        return ":".join([name, *(f"{key}={value}" for key, value in asked.items() if key in known)])


def find(program: Path) -> Bench:
    """Asks the program what it has."""
    try:
        told = json.loads(run([str(program), "list", "--json"], LISTING_S))
        return Bench(
            program,
            frozenset(workload["name"] for workload in told["workloads"]),
            {
                gil["name"]: frozenset(parameter["name"] for parameter in gil["parameters"])
                for gil in told["gils"]
            },
        )
    except ChildFailed as failure:
        raise UsageError(f"`{program} list --json`: {failure}. Type `make build`.") from failure
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(
            f"`{program} list --json` does not list workloads and locks: is it a convoy-bench? "
            "Type `make build`, or `unset CONVOY_BENCH`."
        ) from error


def unfit(program: Path) -> list[str]:
    """What `doctor` finds wrong with the machine; nothing where it cannot say.

    A second look decides, so that one hiccup does not.
    """
    return found_unfit(program) and found_unfit(program)


def found_unfit(program: Path) -> list[str]:
    try:
        told = json.loads(run([str(program), "doctor", "--json"], LISTING_S, allowed=(0, 4)))
        found = [each for each in told["findings"] if each["verdict"] == "unfit"]
        return [f"{each['measured']}: {each['advice']}" for each in found]
    except (ChildFailed, ValueError, TypeError, KeyError):
        return []


def command(bench: Bench, setting: Setting, gil: str, round_ns: int, seed: int) -> list[str]:
    """One sample of the workload, with unbound threads, as the interpreter's are."""
    asked = setting.native
    words = [
        str(bench.program), "run", "-q", "--filter", f"^{asked.workload}/", "--no-overhead",
        "--model", "threads", "--gil", gil, "--workers", asked.workers,
        "--policy", "none", "--passes", str(asked.passes),
        "--seed", str(seed), "--round-limit", f"{3 * round_ns // SECOND + 60}s",
    ]  # fmt: skip
    if asked.counted:
        words += ["--operations", str(setting.real["count"])]
    else:
        words += ["--min-round", f"{round_ns}ns"]
    if asked.peer:
        words += ["--peer", "none"]
    for name, value in asked.parameters.items():
        words += ["--param", f"{asked.workload}.{name}={value}"]
    return words


def measure(
    bench: Bench, gil: str, setting: Setting, round_ns: int, seed: int, folder: Path
) -> dict[str, Any]:
    """What the result file says of the workload's rows. Raises ChildFailed."""
    round_ns = max(LEAST_ROUND_NS, round_ns)
    words = command(bench, setting, gil, round_ns, seed)
    file = folder / "native.json"
    limit_s = TIDYING_S + ROUNDS * setting.native.passes * round_ns / SECOND
    try:
        # 1: a row failed, and the file says why.
        run([*words, "--json", str(file)], limit_s, gently=True, allowed=(0, 1))
        convoy = json.loads(file.read_text("utf-8"))["convoy"]
        rows = [row for row in convoy["rows"] if row["workload"] == setting.native.workload]
        if not rows or convoy["failed"]:
            reasons = [entry["reason"] for entry in convoy["failed"]] or ["it measured nothing"]
            raise ChildFailed(str(reasons[0]))
        return {"command": words, "gil": gil, "rows": [shortened(row) for row in rows]}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ChildFailed(f"its result cannot be read: {error}") from error
    finally:
        for left in folder.glob("native*.json"):
            left.unlink()


def shortened(row: dict[str, Any]) -> dict[str, Any]:
    """The parts of a row that tell about the lock, its histogram and samples whole."""
    kept = ("name", "workers", "operations", "median_ns", "latency", "samples")
    return {key: row[key] for key in kept}
