"""What the gate says: sentence, table, and what it leaves out."""

from __future__ import annotations

import re
from typing import Any

import gate_made
import pytest
from convoy_cli.gate.report import table
from convoy_cli.results import verdicts


def text(made: dict[str, Any], everything: bool = False) -> str:
    return "\n".join(table.lines(made, everything))


def rows(made: dict[str, Any], everything: bool = False) -> list[str]:
    """The names in the table, in order."""
    found = re.findall(r"^  (?:[A-Z]+) .*?  (\S+)$", text(made, everything), re.MULTILINE)
    return [name for name in found if name != "benchmark"]


# --- The sentence.

SENTENCES = {
    "REGRESSED": "sort/large is 1.07 × slower (95 % 1.05–1.09).",
    "IMPROVED": "sort/large is 1.25 × faster (95 % 1.23–1.28); nothing is slower.",
    "SAME": "sort/large is the same within ± 2 %.",
    "INCONCLUSIVE": "sort/large is undecided: 1.02 × (95 % 0.96–1.08); a 1.20 × slowdown would "
    "have been detected.",
}
SIZES = {"REGRESSED": (1.07, 0.02), "IMPROVED": (0.8, 0.02), "INCONCLUSIVE": (1.02, 0.06)}


@pytest.mark.parametrize("verdict", SENTENCES)
def test_the_sentence_says_how_much_and_how_sure(verdict: str) -> None:
    made = gate_made.document(
        [gate_made.benchmark("sort/large", verdict, *SIZES.get(verdict, (1.0,)))]
    )
    assert verdicts.sentence(made) == SENTENCES[verdict]
    assert text(made).startswith(f"{verdict}: {SENTENCES[verdict]}\n")


def test_a_base_that_differs_from_itself_is_named() -> None:
    control = {"ratio": 1.05, "low": 1.03, "high": 1.07}
    made = gate_made.document(
        [gate_made.benchmark("a", "ENVIRONMENT", control=control), gate_made.benchmark("b")]
    )
    said = verdicts.sentence(made)
    assert said.startswith("The base of a is 1.05 × slower (95 % 1.03–1.07) than itself")
    assert "not fit to measure now" in said
    assert "scripts/convoy doctor" in text(made)


def test_the_largest_effect_speaks_for_all_and_the_others_are_counted() -> None:
    listed = [gate_made.benchmark(f"b{i}", "REGRESSED", 1 + i / 10, 0.02) for i in range(1, 4)]
    made = gate_made.document([*listed, gate_made.benchmark("same")])
    assert verdicts.sentence(made) == (
        "b3 is 1.30 × slower (95 % 1.27–1.33), and 2 more of 4 regressed."
    )


def test_failures_of_the_contender_alone_are_the_verdict() -> None:
    made = gate_made.document([gate_made.benchmark("a")], failed=[gate_made.failure("x")])
    assert verdicts.sentence(made) == "x fails only in the contender."
    assert "failed in the contender: x: exit code 1" in text(made)
    assert "'--benchmark_filter=^x$'" in text(made)


def test_the_sentence_of_the_file_is_not_said_anew() -> None:
    made = gate_made.one("SAME") | {"sentence": "As it was kept."}
    assert table.lines(made)[0] == "SAME: As it was kept."


@pytest.mark.parametrize(
    "ratios, words",
    [
        ((1.07, 1.05, 1.09), ["1.07", "1.05", "1.09"]),
        ((1.0012, 0.9991, 1.0033), ["1.001", "0.999", "1.003"]),
        ((1.00012, 0.9999, 1.0003), ["1.0001", "0.9999", "1.0003"]),
        ((12.34, 11.9, 12.8), ["12.3", "11.9", "12.8"]),
        ((250.0, 240.0, 260.0), ["250", "240", "260"]),
        ((1.5, None, None), ["1.50", "–", "–"]),
        ((None, None, None), ["–", "–", "–"]),
    ],
)
def test_decimals_tell_a_ratio_from_its_bounds(ratios: Any, words: list[str]) -> None:
    assert verdicts.factors(*ratios) == words


def test_confidence_is_said_as_it_is() -> None:
    made = gate_made.benchmark("a", "REGRESSED", 1.07, 0.02, confidence=0.9875)
    assert "(98.8 % 1.05–1.09)" in verdicts.detail(made)


# --- The table.


def test_times_do_not_contradict_the_ratio() -> None:
    made = gate_made.benchmark("a", "REGRESSED", 0.99, 0.02)
    made |= {"base_ns": 716_000.0, "contender_ns": 750_000.0}
    assert verdicts.times(made) == "716 µs → 709 µs"
    assert verdicts.times(made | {"ratio": None}) == ""


def test_the_significant_come_first_and_the_rest_is_counted() -> None:
    made = gate_made.everything()
    assert rows(made) == ["sort/small", "sort/large", "parse", "pipe", "short"]
    assert "not shown: 1 the same (--all shows them)" in text(made)
    assert rows(made, everything=True) == [*rows(made), "hash"]
    assert "not shown" not in text(made, everything=True)


@pytest.mark.parametrize("everything", [False, True])
def test_nothing_is_dropped_in_silence(everything: bool) -> None:
    made = gate_made.many(600)
    shown = rows(made, everything)
    left_out = sum(map(int, re.findall(r"(\d+) (?:inconclusive|the same)", text(made, everything))))
    assert len(shown) + left_out == 600
    assert len(set(shown)) == len(shown)
    assert everything == (left_out == 0)


def test_the_undecided_say_what_would_have_been_seen() -> None:
    line = next(line for line in table.lines(gate_made.everything()) if line.endswith("pipe"))
    assert "1.20 ×" in line
    assert "short: the budget ran out" in text(gate_made.everything())


def test_instructions_and_what_they_mean_are_shown() -> None:
    assert "1.0000 ×" in text(gate_made.everything())
    assert "sort/large: time up, instructions flat" in text(gate_made.everything())
    assert "instructions" not in text(gate_made.one("SAME"), everything=True)


def test_added_removed_and_failed_are_named_or_counted() -> None:
    names = [f"n{i}" for i in range(9)]
    made = gate_made.document(added=names, removed=names[:1])
    assert "9 added (not in the base): n0, n1, n2, n3, n4 and 4 more (--all names them)" in text(
        made
    )
    assert "1 removed (not in the contender): n0\n" in text(made)
    assert "n8" in text(made, everything=True)


def test_evidence_is_told() -> None:
    line = next(
        line for line in table.lines(gate_made.everything()) if line.startswith("evidence: ")
    )
    for part in ("259 rounds", "none contaminated", "0.1 % stolen", "CPU 1", "seed 7"):
        assert part in line
    quiet = {"load1": None, "steal_share": None, "contaminated_rounds": 2, "rounds": 5}
    made = gate_made.document(evidence=quiet, pinned=None)
    assert "2 of them contaminated (kept)" in text(made)


def test_names_cannot_write_lines_or_colours() -> None:
    made = gate_made.document(map(gate_made.benchmark, gate_made.HOSTILE))
    every = table.lines(made, everything=True)
    assert all(line.isprintable() for line in every)
    assert sum(line.startswith("  SAME") for line in every) == len(gate_made.HOSTILE)
    assert not any(line.startswith("::") for line in every)
    "\n".join(every).encode()
