"""The probes for CPython 2.7 to 3.x and for PyPy: one call measures one thing, one line of JSON.

    python probe.py about
    python probe.py reacquire spinners=1 wait_ns=1000000 count=100 limit_ns=30000000000
        with spread_ns=800000 as well, eight sleeps last 0 to 700 us longer
    python probe.py turns limit_ns=300000000
        how long each of two threads that compute keeps the lock, if it counts what they do
    python probe.py ticks limit_ns=100000000
        what a tick costs a spinner, where the lock is offered after a count of them
    python probe.py echo spinners=1 bytes=64 limit_ns=2000000000 port=4567
    python probe.py latency spinners=1 call_ns=1000000 count=100 limit_ns=30000000000 port=4567
    python probe.py throughput workers=4 cycles=10 limit_ns=200000000 cpus=2 cpu0=0 cpu1=1
        one thread on each of the CPUs by turns, then 2 and 4 on all of them, then back
    python probe.py race workers=2 count=300000 call=0 interval_ns=10000

`port` is that of an echo server on the loopback interface. Every value is a whole number.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import socket
import sys
import threading
import time

# lint: long because an interpreter is given one file, and nothing beside it
# Python 2.7 runs it as well, which knows no annotations:
# mypy: ignore-errors

# No sleeper's or spinner's loop may call what drops the lock by the way, but for what is measured.


WARM_UP_NS = 200000000  # a just-in-time compiler has compiled the loop by then
STRETCH = 20000  # rounds of a loop between two looks at a clock


def find_clock():
    """A monotonic clock in nanoseconds that is read without dropping the lock."""
    if hasattr(time, "monotonic_ns"):
        return time.monotonic_ns
    if hasattr(time, "monotonic"):
        return lambda: int(time.monotonic() * 1e9)
    import ctypes

    class Timespec(ctypes.Structure):
        _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]

    # PyDLL keeps the lock during a call, CDLL does not.
    read = ctypes.PyDLL(None).clock_gettime
    spec = Timespec()
    where = ctypes.byref(spec)

    def clock():
        read(1, where)  # CLOCK_MONOTONIC on Linux
        return spec.seconds * 1000000000 + spec.nanoseconds

    return clock


now = find_clock()


class Spinners(object):
    """Threads that compute until the block ends: bytecode, or calls that hold the lock."""

    def __init__(self, count, call=None):
        self.running = [True]
        # Where turns are as long as what is done in them, it is the loop that `turns` tells of.
        body, arguments = spin_in_stretches if counted else spin, [self.running]
        if call is not None:
            body, arguments = repeat, [self.running, call]
        self.threads = [threading.Thread(target=body, args=arguments) for _ in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.daemon = True
            thread.start()
        if self.threads:
            time.sleep(0.02)  # until they compute

    def __exit__(self, *_):
        self.running[0] = False
        for thread in self.threads:
            thread.join()


def spin(running):
    count = 0
    while running[0]:
        count += 1
    return count


def spin_in_stretches(running):
    while running[0]:
        compute(STRETCH)


def repeat(running, call):
    while running[0]:
        call()


def make_call(length_ns):
    """A call of about this length into code that holds the lock, and how long it took.

    What it searches can change, so no compiler does the call once for all.
    """

    def timed(size):
        text = bytearray(b"a" * size)
        best = None
        for _ in range(5):
            before = now()
            text.count(b"b")
            took = now() - before
            best = took if best is None else min(best, took)
        return best

    size = 1 << 16
    while timed(size) * 8 < length_ns:
        size *= 2
    size = int(size * length_ns / timed(size))
    text = bytearray(b"a" * size)
    return (lambda: text.count(b"b")), timed(size)


def about(_):
    version = "%d.%d.%d" % sys.version_info[:3]
    details = {"implementation": platform.python_implementation(), "version": version}
    if hasattr(sys, "pypy_version_info"):
        details["version"] = "%d.%d.%d" % sys.pypy_version_info[:3]
        details["language"] = version
    enabled = getattr(sys, "_is_gil_enabled", None)
    details["gil"] = enabled() if enabled else True
    details["free_threaded"] = "free-threading" in sys.version
    if hasattr(sys, "getswitchinterval"):
        details["interval_ns"] = int(round(sys.getswitchinterval() * 1e9))
    if hasattr(sys, "getcheckinterval") and sys.version_info < (3, 2):
        details["interval_ticks"] = sys.getcheckinterval()
    details["executable"] = sys.executable
    return details


def reacquire(asked):
    late, spread_ns = [], asked.get("spread_ns", 0)
    waits = [asked["wait_ns"] + spread_ns * at // 8 for at in range(8)]
    with Spinners(asked["spinners"]):
        begin = now()
        end = begin + asked["limit_ns"]
        while len(late) < asked["count"] and now() < end:
            wait_ns = waits[len(late) % 8]
            seconds = wait_ns / 1e9
            before = now()
            time.sleep(seconds)
            late.append(now() - before - wait_ns)
        wall_ns = now() - begin
    return {"lateness_ns": late, "wall_ns": wall_ns}


def connect(asked):
    talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    talk.connect(("127.0.0.1", asked["port"]))
    return talk


def echo(asked):
    took, message, talk = [], b"x" * asked["bytes"], connect(asked)
    with Spinners(asked["spinners"]):
        begin = before = now()
        end = begin + asked["limit_ns"]
        while before < end:
            talk.send(message)
            talk.recv(65536)
            after = now()
            took.append(after - before)
            before = after
    return {"operation_ns": took, "wall_ns": before - begin}


def latency(asked):
    late, talk, call, call_ns = [], connect(asked), None, 0
    if asked["call_ns"]:
        call, call_ns = make_call(asked["call_ns"])
    with Spinners(asked["spinners"], call):
        begin = now()
        end = begin + asked["limit_ns"]
        while len(late) < asked["count"] and now() < end:
            talk.send(b"x" * 64)
            stamp = talk.recv(65536)
            late.append(now() - int(stamp.split()[0]))
        wall_ns = now() - begin
    return {"lateness_ns": late, "wall_ns": wall_ns, "call_ns": call_ns}


def together(body, workers):
    """The time that this many threads take for `body`, from one start."""
    start = threading.Event()

    def run():
        start.wait()
        body()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    begin = now()
    start.set()
    for thread in threads:
        thread.join()
    return now() - begin


def count_down(count):
    while count:
        count -= 1


def multiply(count):
    """Each round waits for the product of the one before, so that all of them take as long."""
    value = 1
    while count:
        value = value * 5 & 0xFFFFFF
        count -= 1
    return value


# In PyPy rounds of nothing but counting take 0.36 to 1.05 ns, and a turn a million of them: how
# soon the processor finds what it has just stored is a matter of luck.
counted = platform.python_implementation() == "PyPy"
compute = multiply if counted else count_down


def turns(asked):
    """A lock that is handed over after a count: that of stretches, times how long one takes.

    A stretch in which the lock was lost takes several times as long as others, and is left out.
    """
    running, noted = [True], [[], []]
    threads = [threading.Thread(target=note_stretches, args=[running, each]) for each in noted]
    for thread in threads:
        thread.start()
    time.sleep((WARM_UP_NS + asked["limit_ns"]) / 1e9)
    running[0] = False
    for thread in threads:
        thread.join()
    return {"turn_ns": [turn for turn in map(turn_of, noted) if turn]}


def note_stretches(running, noted):
    begin = before = now()
    while running[0]:
        compute(STRETCH)
        after = now()
        if before - begin > WARM_UP_NS:
            noted.append(after - before)
        before = after


def turn_of(stretches):
    """The usual count, times the mean; None where the lock was hardly ever lost."""
    longest = 4 * sorted(stretches)[len(stretches) // 2] if stretches else 0
    lost = [at for at, took in enumerate(stretches) if took > longest]
    counts = sorted(after - before for before, after in zip(lost, lost[1:]))
    if len(counts) < 10:
        return None
    kept = [took for took in stretches if took <= longest]
    return counts[len(counts) // 2] * sum(kept) // len(kept)


# CPython 2.7 skips its count after bytecodes that go straight on to the next one: of the nine of a
# spinner's round three are counted.
TICKS_A_ROUND = 3


def processor_ns():
    """What the process has computed: a neighbour on the CPU makes no tick longer."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e9


def ticks(asked):
    took = []
    for _ in range(5):
        running, counts = [True], []
        thread = threading.Thread(target=lambda: counts.append(spin(running)))
        before = processor_ns()
        thread.start()
        time.sleep(asked["limit_ns"] / 5e9)
        running[0] = False
        thread.join()
        took.append((processor_ns() - before) / max(1, counts[0]) / TICKS_A_ROUND)
    return {"tick_ns": took}


def bind(cpus):
    """Threads started from now on run on these; Python 2 and PyPy cannot say so themselves."""
    where = ",".join(str(cpu) for cpu in cpus)
    if os.system("taskset -pc %s %d >/dev/null" % (where, os.getpid())):
        sys.exit("probe.py: cannot bind to CPU %s" % where)


def throughput(asked):
    done, step, begin = 0, 20000, now()
    while now() - begin < WARM_UP_NS:
        compute(step)
        done += step
    whole = int(done / (now() - begin) * asked["limit_ns"])
    cpus, workers, rounds = [asked["cpu%d" % at] for at in range(asked["cpus"])], 2, []
    kinds = [(1, [cpu]) for cpu in cpus]
    while workers <= asked["workers"]:
        kinds.append((workers, cpus))
        workers *= 2
    for cycle in range(asked["cycles"]):
        for workers, where in kinds:
            bind(where)
            each = whole // workers + 1
            rounds.append({"cycle": cycle, "workers": workers, "operations": each * workers,
                           "wall_ns": together(lambda: compute(each), workers)})  # fmt: skip
        kinds.reverse()
    return {"rounds": rounds}


shared = 0


def one():
    return 1


def add(count):
    global shared
    for _ in range(count):
        shared += 1


def add_by_call(count):
    global shared
    for _ in range(count):
        shared = shared + one()


def race(asked):
    global shared
    shared, body = 0, add_by_call if asked["call"] else add
    together(lambda: body(asked["count"]), asked["workers"])
    updates = asked["count"] * asked["workers"]
    return {"updates": updates, "lost": updates - shared}


def main(words):
    bodies = (about, reacquire, echo, latency, turns, ticks, throughput, race)
    known = {body.__name__: body for body in bodies}
    if not words or words[0] not in known:
        sys.stderr.write("probe.py: name one of %s\n" % ", ".join(sorted(known)))
        return 2
    asked = {key: int(value) for key, _, value in (word.partition("=") for word in words[1:])}
    if "interval_ns" in asked:
        sys.setswitchinterval(asked["interval_ns"] / 1e9)
    print(json.dumps(known[words[0]](asked)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
