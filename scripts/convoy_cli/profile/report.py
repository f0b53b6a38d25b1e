"""A profile in tables and sentences: the states of each seat, and what each lock did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

from ..core.terminal import table
from ..core.units import duration, percent, signed_percent, some
from .document import Json, Profile

MOST_SEATS, MOST_TOLD = 32, 8
LARGE = 0.02  # of the wall time: more than that deserves a look


def states_table(profile: Profile) -> Iterator[str]:
    """A line a seat: its wall time, and the share of each state in it."""
    seats = profile.states["seats"]
    io = sorted({kind for seat in seats for kind in seat["io_ns"]})
    locks = sorted({name for seat in seats for name in seat["lock_ns"]})
    header = ["seat", "workers", "wall", "running", "runnable", "gil"]
    header += [f"lock {name}" for name in locks] or ["lock"]
    header += [f"io {kind}" for kind in io] or ["io"]
    lines = [seat_line(seat, io, locks) for seat in seats[:MOST_SEATS]]
    yield from table([*header, "sleep", "start", "unattributed"], lines)
    if len(seats) > MOST_SEATS:
        yield f"and {some(len(seats) - MOST_SEATS, 'more seat')} in states.json"


def seat_line(seat: Json, io: list[str], locks: list[str]) -> list[str]:
    states, wall = seat["states"], max(1, seat["wall_ns"])

    def share(value: Optional[int]) -> str:
        return "unknown" if value is None else percent(value / wall) if value else "0"

    return [
        str(seat["seat"]),
        workers_of(seat),
        duration(seat["wall_ns"]),
        share(states["running_ns"]),
        share(states["runnable_ns"]),
        share(states["gil_ns"]),
        *([share(seat["lock_ns"].get(name, 0)) for name in locks] or [share(states["lock_ns"])]),
        *([share(seat["io_ns"].get(kind, 0)) for kind in io] or [share(states["io_ns"])]),
        share(states["sleep_ns"]),
        share(states["gate_ns"]),
        signed_percent(states["unattributed_ns"] / wall),
    ]


def workers_of(seat: Json) -> str:
    """0, or 0–15, or 0, 2 and 6 more."""
    known, count = seat["workers"], seat["worker_count"]
    if len(known) == count > 2 and known == list(range(known[0], known[0] + count)):
        return f"{known[0]}–{known[-1]}"
    told = ", ".join(map(str, known[:2]))
    return told if count <= 2 else f"{told} and {count - 2} more"


def locks_table(profile: Profile) -> Iterator[str]:
    """For each lock how it was held and waited for, in all and by each seat."""
    header = ("lock", "seat", "holds", "held", "longest", "waits", "waited", "longest", "dropped")
    lines = []
    seats = {seat["seat"]: seat for seat in profile.states["seats"]}
    locks = profile.states["locks"]
    for lock in locks[:MOST_SEATS]:
        here = [seats[number] for number in lock["seats"] if number in seats]
        whose = "all" if len(here) != 1 else str(here[0]["seat"])
        lines.append([lock["name"], whose, *account(lock, "holds")])
        for seat in here[:MOST_SEATS] if len(here) > 1 else ():
            if seat["gil"] is not None:
                lines.append(["", str(seat["seat"]), *account(seat["gil"], "acquisitions")])
    if lines:
        yield from table(header, lines)
    if len(locks) > MOST_SEATS:
        yield f"and {some(len(locks) - MOST_SEATS, 'more lock')} in states.json"


def account(of: Json, holds: str) -> list[str]:
    def number(key: str) -> str:
        return "" if of.get(key) is None else f"{of[key]:g}"

    def time(key: str) -> str:
        return "" if of.get(key) is None else duration(of[key]) if of[key] else "0"

    return [
        number(holds), time("hold_ns"), time("longest_hold_ns"),
        number("waits"), time("wait_ns"), time("longest_wait_ns"), number("forced_drops"),
    ]  # fmt: skip


def by_whom(profile: Profile) -> Iterator[str]:
    """Whose the longest hold and wait of each lock were, and who held it meanwhile.

    Of many locks only those that somebody waited for are told.
    """
    locks = profile.states["locks"]
    told = locks if len(locks) == 1 else [lock for lock in locks if lock["waits"]][:MOST_TOLD]
    for lock in told:
        said = []
        if lock["longest_hold_seat"] is not None:
            seat = lock["longest_hold_seat"]
            said.append(f"the longest hold, {duration(lock['longest_hold_ns'])}, was seat {seat}'s")
        if lock["longest_wait_seat"] is not None:
            seat, holders = lock["longest_wait_seat"], lock["longest_wait_holders"]
            wait = f"the longest wait, {duration(lock['longest_wait_ns'])}, was seat {seat}'s"
            said.append(wait + (f", while {listed(holders)} held it" if holders else ""))
        if said:
            asked = some(lock["asks"], "time")
            yield f"{lock['name']} ({lock['policy']}): {'; '.join(said)}. Waiters asked {asked}."


def listed(seats: list[int], most: int = 4) -> str:
    told = [f"seat {seat}" for seat in seats[:most]]
    if len(seats) > most:
        told.append(f"{len(seats) - most} more")
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def between(cost: dict[str, Any], what: str) -> str:
    """How far the pairs of rounds, of which the cost is the median, lie apart; empty if unknown."""
    plain, recorded = (cost.get(f"{kind}_{what}_ns") or [] for kind in ("plain", "recorded"))
    ratios = sorted(after / max(1, before) for before, after in zip(plain, recorded))
    if len(ratios) < 2:
        return ""
    least, most = (signed_percent(ratios[at] - 1) for at in (0, -1))
    return f" ({len(ratios)} pairs of rounds: {least} to {most})"


def remarks(profile: Profile) -> Iterator[str]:
    """What recording cost, what it missed, and what the program remarked."""
    states = profile.states
    cost: dict[str, Any] = states["cost"]
    changes = [
        f"the {what} time by {signed_percent(cost[key] - 1)}{between(cost, what.lower())}"
        for key, what in (("ratio", "wall"), ("cpu_ratio", "CPU"))
        if isinstance(cost.get(key), (int, float))
    ]
    if changes:
        yield (
            f"Recording changed {' and '.join(changes)}, at {cost['events_per_second']:.0f} events "
            "a second."
        )
    loose = [
        seat
        for seat in states["seats"]
        if abs(seat["states"]["unattributed_ns"]) > LARGE * max(1, seat["wall_ns"])
    ]
    if loose:
        worst = max(loose, key=lambda seat: float(abs(seat["states"]["unattributed_ns"])))
        share = signed_percent(worst["states"]["unattributed_ns"] / max(1, worst["wall_ns"]))
        yield (
            f"{some(len(loose), 'seat')} with more than {percent(LARGE)} of the wall time "
            f"unattributed (seat {worst['seat']}: {share}): other programs used the CPUs, or the "
            "seat blocked on something that is not measured."
        )
    yield from states["notes"]
