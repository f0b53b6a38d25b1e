"""What the gate tells to type next."""

from __future__ import annotations

import re
import shlex
from typing import Any

import gate_made
import pytest
from convoy_cli.gate.report import table
from convoy_cli.results import verdicts


def command(made: dict[str, Any], option: str) -> list[str]:
    step = next(step for step in table.next_steps(made) if option in step)
    return shlex.split(step.partition(": ")[2])


def test_a_regression_is_counted_in_instructions_next() -> None:
    words = command(gate_made.everything(), "--instructions")
    assert words[:6] == ["scripts/convoy", "gate", "--base", "a/bench", "--contender", "b/bench"]
    assert "--json" not in words
    pattern = words[words.index("--filter") + 1]
    assert [name for name in ("sort/small", "sort/large", "sort/larger", "hash")
            if re.search(pattern, name)] == ["sort/small", "sort/large"]  # fmt: skip


def test_who_counts_instructions_is_not_told_to_do_so_twice() -> None:
    made = gate_made.everything()
    made["command"].append("--instructions")
    assert command(made, "measure again").count("--instructions") == 1
    assert "count instructions" not in "\n".join(table.next_steps(made))


@pytest.mark.parametrize("name", ["a(b)+[c]*|d?", "x.y^z$", "back\\slash", "it's"])
def test_the_filter_matches_the_name_alone(name: str) -> None:
    made = gate_made.document([gate_made.benchmark(name, "REGRESSED", 1.1)])
    words = command(made, "--instructions")
    pattern = words[words.index("--filter") + 1]
    assert re.fullmatch(pattern, name) and not re.search(pattern, name + "!")


def test_the_undecided_get_more_rounds_next() -> None:
    made = gate_made.one("INCONCLUSIVE")
    made["command"] += ["--max-rounds", "128", "--filter=sort"]
    words = command(made, "--max-rounds")
    assert words[-2:] == ["--max-rounds", "256"]
    assert words.count("--max-rounds") == 1 and "--filter=sort" not in words
    assert "--allow-inconclusive" in "\n".join(table.lines(made))
    made["command"].append("--allow-inconclusive")
    assert not [step for step in table.next_steps(made) if step.endswith(": --allow-inconclusive")]


def test_who_varies_more_gets_as_many_rounds_as_that_takes() -> None:
    made = gate_made.one("INCONCLUSIVE")
    one = made["benchmarks"][0]
    one["low"], one["high"], one["rounds"] = 1 / 1.1, 1.1, 32
    # Four times as narrow takes sixteen times the rounds: 0.0953 / 0.0248 = 3.85, and 474 of them.
    assert command(made, "--max-rounds")[-1] == "512"
    one["low"], one["high"] = 0.2, 5.0
    assert command(made, "--max-rounds")[-1] == "10000"
    one["low"], one["high"] = None, None
    assert command(made, "--max-rounds")[-1] == "256"


def test_many_undecided_keep_the_filter_they_had() -> None:
    made = gate_made.document([gate_made.benchmark(f"b{i}", "INCONCLUSIVE") for i in range(50)])
    made["command"] += ["--filter", "b.*"]
    words = command(made, "--max-rounds")
    assert words[words.index("--filter") + 1] == "b.*"


def test_an_interrupted_gate_goes_on_from_its_file() -> None:
    made = gate_made.document([gate_made.benchmark("a", "INCONCLUSIVE")], interrupted=True)
    assert table.next_steps(made)[0].endswith("scripts/convoy gate --resume gate.json")
    assert verdicts.sentence(made).startswith("Interrupted; result so far: ")
    made["command"] = ["scripts/convoy", "gate"]
    assert "--json FILE" in table.next_steps(made)[0]


@pytest.mark.parametrize("verdict", ["SAME", "IMPROVED"])
def test_who_passes_is_told_nothing_to_do(verdict: str) -> None:
    assert table.next_steps(gate_made.one(verdict)) == []
