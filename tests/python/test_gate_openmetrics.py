"""The gate as OpenMetrics text, read by Prometheus's own parser."""

from __future__ import annotations

import math
from typing import Any

import gate_made
from convoy_cli.core.terminal import plain
from convoy_cli.gate.report import formats
from prometheus_client.openmetrics.parser import text_string_to_metric_families

Key = tuple[str, frozenset[tuple[str, str]]]


def samples(made: dict[str, Any]) -> dict[Key, float]:
    text = formats.openmetrics(made)
    assert text.endswith("\n# EOF\n")
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def value(made: dict[str, Any], name: str, **labels: str) -> float:
    """The one sample of that name whose labels hold these."""
    wanted = labels.items()
    [found] = [v for (n, ls), v in samples(made).items() if n == name and wanted <= ls]
    return found


def test_ratios_and_times_are_there() -> None:
    made = gate_made.everything()
    each = {"benchmark": "sort/large"}
    assert value(made, "convoy_gate_benchmark_ratio", **each) == 1.07
    low = value(made, "convoy_gate_benchmark_low_ratio", **each)
    assert math.isclose(low, 1.0488, rel_tol=1e-4)
    assert value(made, "convoy_gate_benchmark_control_ratio", **each) == 1
    assert value(made, "convoy_gate_benchmark_time_seconds", arm="base", **each) == 1e-3
    assert value(made, "convoy_gate_benchmark_instructions", arm="contender", **each) == 5e6
    assert value(made, "convoy_gate_benchmark_rounds", contaminated="no", **each) == 32
    assert value(made, "convoy_gate_benchmark_detectable_ratio", benchmark="pipe") > 1


def test_the_verdicts_are_states() -> None:
    made = gate_made.everything()
    assert value(made, "convoy_gate_verdict", convoy_gate_verdict="REGRESSED") == 1
    assert value(made, "convoy_gate_verdict", convoy_gate_verdict="SAME") == 0
    state = {"convoy_gate_benchmark_verdict": "IMPROVED"}
    assert value(made, "convoy_gate_benchmark_verdict", benchmark="parse", **state) == 1
    assert value(made, "convoy_gate_benchmark_verdict", benchmark="hash", **state) == 0
    assert value(made, "convoy_gate_exit_code") == 1
    assert value(made, "convoy_gate_unpaired_benchmarks", kind="failed") == 2


def test_what_was_compared_is_named() -> None:
    made = gate_made.document(base=gate_made.program("build/bench", "main"))
    [labels] = [dict(ls) for (name, ls) in samples(made) if name == "convoy_gate_info"]
    assert labels["base_ref"] == "main" and labels["contender_ref"] == ""
    assert labels["fingerprint"] == "feedface"


def test_what_could_not_be_had_is_not_there() -> None:
    made = gate_made.everything()
    found = [dict(ls)["benchmark"] for name, ls in samples(made) if name.endswith("low_ratio")]
    assert "short" not in found and "pipe" in found
    made["evidence"]["load1"] = None
    assert not [name for name, _ in samples(made) if name == "convoy_gate_load"]
    assert "nan" not in formats.openmetrics(made).lower()
    assert samples(gate_made.document())


def test_five_thousand_and_hostile_names_keep_apart() -> None:
    made = gate_made.many(5000, gate_made.HOSTILE)
    lines = formats.openmetrics(made).split("\n")
    assert sum(line.startswith("convoy_gate_benchmark_ratio{") for line in lines) == 5000
    # The parser takes its time: two hundred stand for all.
    made["benchmarks"] = made["benchmarks"][:200]
    names = {dict(ls)["benchmark"] for name, ls in samples(made) if name.endswith("_rounds")}
    assert {plain(name) for name in gate_made.HOSTILE} <= names and len(names) == 200
