"""Each scenario: locks as they should be pass, and locks that behave otherwise are found out."""

from __future__ import annotations

import pytest
from self_judged import SCENARIOS, judged


@pytest.mark.parametrize("name", SCENARIOS)
def test_right_locks_pass(name: str) -> None:
    found = judged(name)
    assert found
    for verdict in found.values():
        assert verdict.verdict == ("skip" if verdict.policy == "mutex" and name == "reacquire"
                                   else "pass"), verdict  # fmt: skip


WRONG = [
    # scenario, lock, like which other, who fails, what the reason names
    ("reacquire", "cpython32", "cpython27", "cpython32", "p50 "),
    ("reacquire", "cpython27", "cpython32", "cpython27", "p50 5.1 ms, expected -200 µs"),
    ("reacquire", "none", "cpython32", "none", "p50"),
    ("reacquire", "pypy", "cpython27", "pypy", "p50 50 µs, expected 100 µs"),
    ("reacquire", "ruby_legacy", "cpython32", "ruby_legacy", "p50"),
    ("reacquire_scaling", "cpython32", "pypy", "cpython32", "ratio 2 to 1 1, expected"),
    ("reacquire_scaling", "cpython27", "cpython32", "cpython27", "mean beside 4"),
    ("reacquire_scaling", "ruby_legacy", "cpython32", "ruby_legacy", "near 200 ms"),
    ("interval_law", "cpython32:interval=50ms", "pypy", "cpython32", "slope"),
    ("interval_law", "cpython27:interval=50", "pypy", "cpython27", "most less least"),
    ("convoy_echo", "pypy", "ruby_legacy", "pypy > cpython32", "rate ratio"),
    ("convoy_echo", "cpython32", "ruby_legacy", "cpython32 > ruby_legacy", "rate ratio"),
    ("latency_inversion", "cpython27", "cpython32", "cpython27", "calls mean"),
    ("latency_inversion", "cpython32", "cpython27", "cpython32", "calls mean"),
    ("latency_inversion", "cpython27", "cpython32", "cpython27 and cpython32, one core", "over"),
    ("latency_inversion", "cpython32", "cpython27", "cpython27 and cpython32, two cores", "over"),
    ("throughput", "cpython32", "none", "cpython32", "two over one 2, expected"),
    ("throughput", "none", "cpython32", "none", "two over one 1, expected ≥ 1.8"),
    ("throughput", "cpython32", "none", "cpython32, native code", "native off"),
    ("countdown", "cpython27", "cpython32", "cpython27", "> 1"),
    ("countdown", "cpython32", "none", "cpython32", "ratio on two cores 0.5"),
    ("hold_time", "cpython32", "ruby_legacy", "cpython32", "hold p50 of 2 105 ms"),
    ("ablation", "cpython32", "forced=off", "cpython32", "same worker forced on"),
    ("ablation", "cpython32:forced=off", "forced=on", "cpython32", "same worker forced off"),
    ("race", "cpython27", "none", "cpython27", "lost back edge 1000, expected 0"),
    ("race", "none", "mutex", "none", "lost every op"),
    ("race", "cpython32:interval=10us", "none", "cpython32, 10us", "lost back edge"),
    ("signal_storm", "cpython27", "cpython32", "cpython27", "released 0.2 %, expected ≥ 95 %"),
    ("signal_storm", "cpython313", "cpython27", "cpython313", "released 99 %, expected ≤ 5.0 %"),
    ("subinterpreters", "cpython_subinterp", "groups=1", "cpython_subinterp", "with 2 groups"),
    ("subinterpreters", "cpython_subinterp:groups=1", "none", "cpython_subinterp", "with 1"),
    ("delayed_hand_off", "ruby_delayed", "ruby_mn", "ruby_delayed > ruby_mn", "expected"),
]


@pytest.mark.parametrize(("name", "lock", "like", "who", "why"), WRONG)
def test_a_wrong_lock_fails(name: str, lock: str, like: str, who: str, why: str) -> None:
    found = judged(name, {lock: like})
    assert found[who].verdict == "fail", found[who]
    assert why in found[who].reason
    # Who behaves as before is judged as before.
    others = set(found) - {who} - {label for label in found if lock.partition(":")[0] in label}
    assert all(found[other].verdict != "fail" for other in others)
