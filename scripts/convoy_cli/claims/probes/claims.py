"""What claims compare, in a real interpreter: one call measures one case, one line of JSON.

    python claims.py about
    python claims.py CASE cpu0=0 cpu1=1      the CPUs that it may use

A case returns the time of one operation in nanoseconds, a weight in bytes, or a count.
Needs CPython 3.8 or later, or another Python with the same modules.
"""

import asyncio
import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import platform
import queue
import socket
import sys
import tempfile
import threading
import time

# lint: long because an interpreter is given one file, and nothing beside it
# mypy: ignore-errors

SPIN = 20000  # rounds of the loop that computes, about 1 ms
NAP_S = 0.005
MESSAGE = bytes(1 << 22)
ARRAY = 1 << 20
fork = multiprocessing.get_context("fork")
CASES = {}


def case(body):
    """A function that the first word of the command line may name."""
    CASES[body.__name__] = body
    return body


def compute(rounds=SPIN):
    total = 0.0
    for number in range(rounds):
        total += 1.0 / (2 * number + 1)
    return total


def timed(body, operations=1):
    began = time.perf_counter_ns()
    body()
    return (time.perf_counter_ns() - began) / operations


def together(kind, target, arguments):
    """Starts one for each of the arguments, and waits for their ends."""
    workers = [kind(target=target, args=each) for each in arguments]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def computing(times):
    for _ in range(times):
        compute()


@case
def compute_single():
    return timed(lambda: computing(100), 100)


@case
def compute_threads():
    return timed(lambda: together(threading.Thread, computing, [(50,), (50,)]), 100)


@case
def compute_processes():
    return timed(lambda: together(fork.Process, computing, [(50,), (50,)]), 100)


@case
def sleep_single():
    return timed(lambda: [time.sleep(NAP_S) for _ in range(16)], 16)


@case
def sleep_threads():
    return timed(lambda: together(threading.Thread, time.sleep, [(NAP_S,)] * 16), 16)


def hashing(times):
    for _ in range(times):
        hashlib.sha256(MESSAGE).digest()


@case
def hash_single():
    return timed(lambda: hashing(16), 16)


@case
def hash_threads():
    return timed(lambda: together(threading.Thread, hashing, [(8,), (8,)]), 16)


def nothing():
    pass


@case
def start_threads():
    return timed(lambda: [together(threading.Thread, nothing, [()]) for _ in range(300)], 300)


@case
def start_processes():
    return timed(lambda: [together(fork.Process, nothing, [()]) for _ in range(50)], 50)


def pong(reader, writer, rounds):
    for _ in range(rounds):
        os.write(writer, os.read(reader, 1))


def switch(kind, rounds=2000):
    """A byte there and back through two pipes, on one CPU: two switches a round."""
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    there, back = os.pipe(), os.pipe()
    other = kind(target=pong, args=(there[0], back[1], rounds))
    other.start()

    def ping():
        for _ in range(rounds):
            os.write(there[1], b"x")
            os.read(back[0], 1)

    value = timed(ping, 2 * rounds)
    other.join()
    return value


@case
def switch_threads():
    return switch(threading.Thread)


@case
def switch_processes():
    return switch(fork.Process)


@case
def switch_coroutines():
    rounds = 20000

    async def turn():
        for _ in range(rounds):
            await asyncio.sleep(0)

    async def both():
        began = time.perf_counter_ns()
        await asyncio.gather(turn(), turn())
        return (time.perf_counter_ns() - began) / (2 * rounds)

    return asyncio.run(both())


def sleepers_threads(count):
    return timed(lambda: together(threading.Thread, time.sleep, [(0.01,)] * count), count)


def sleepers_coroutines(count):
    async def all_of_them():
        await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(count)))

    return timed(lambda: asyncio.run(all_of_them()), count)


@case
def sleepers_threads_10():
    return sleepers_threads(10)


@case
def sleepers_threads_1000():
    return sleepers_threads(1000)


@case
def sleepers_coroutines_10():
    return sleepers_coroutines(10)


@case
def sleepers_coroutines_1000():
    return sleepers_coroutines(1000)


def pss(pids):
    """Proportional set size of these processes together, in bytes."""
    total = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid) as lines:
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024


@case
def memory_threads(count=100):
    leave = threading.Event()
    before = pss([os.getpid()])
    workers = [threading.Thread(target=leave.wait) for _ in range(count)]
    for worker in workers:
        worker.start()
    weight = (pss([os.getpid()]) - before) / count
    leave.set()
    for worker in workers:
        worker.join()
    return weight


@case
def memory_processes(count=20):
    leave = fork.Event()
    ready = fork.Semaphore(0)

    def wait():
        ready.release()
        leave.wait()

    before = pss([os.getpid()])
    workers = [fork.Process(target=wait) for _ in range(count)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    weight = (pss([os.getpid(), *(worker.pid for worker in workers)]) - before) / count
    leave.set()
    for worker in workers:
        worker.join()
    return weight


@case
def memory_coroutines(count=20000):
    async def weigh():
        before = pss([os.getpid()])
        leave = asyncio.Event()
        tasks = [asyncio.ensure_future(leave.wait()) for _ in range(count)]
        await asyncio.sleep(0)
        weight = (pss([os.getpid()]) - before) / count
        leave.set()
        await asyncio.gather(*tasks)
        return weight

    return asyncio.run(weigh())


class Counter:
    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()

    def add(self, times):
        for _ in range(times):
            # A call between reading and writing is where the lock may change hands.
            seen = self.value
            self.value = int(seen) + 1

    def add_locked(self, times):
        for _ in range(times):
            with self.lock:
                seen = self.value
                self.value = int(seen) + 1

    def lost_per_million(self, body, times=300000):
        usual = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            together(threading.Thread, body, [(times,), (times,)])
        finally:
            sys.setswitchinterval(usual)
        return 1e6 * (2 * times - self.value) / (2 * times)


@case
def race_threads():
    counter = Counter()
    return counter.lost_per_million(counter.add)


@case
def race_locked():
    counter = Counter()
    return counter.lost_per_million(counter.add_locked)


@case
def race_coroutines():
    counter = Counter()

    async def add():
        for _ in range(1000):
            counter.add(100)
            await asyncio.sleep(0)

    async def both():
        await asyncio.gather(add(), add())

    asyncio.run(both())
    return 1e6 * (200000 - counter.value) / 200000


@case
def count_threads():
    counter = Counter()
    return timed(lambda: together(threading.Thread, counter.add, [(200000,)] * 2), 400000)


@case
def count_locked():
    counter = Counter()
    return timed(lambda: together(threading.Thread, counter.add_locked, [(200000,)] * 2), 400000)


@case
def lock_overtaken(rounds=200):
    """The share of those who got the lock before one who had asked for it earlier."""
    lock = threading.Lock()
    asked, got = [], []

    def ask(number):
        for turn in range(rounds):
            asked.append((number, turn))
            with lock:
                got.append((number, turn))
                compute(200)

    together(threading.Thread, ask, [(number,) for number in range(4)])
    order = {each: place for place, each in enumerate(asked)}
    overtook, latest = 0, -1
    for each in got:
        overtook += order[each] < latest
        latest = max(latest, order[each])
    return overtook / len(got)


def spin_until(end_ns, counts, number):
    done = 0
    while time.perf_counter_ns() < end_ns:
        done += 1
    counts[number] = done


def several(counts, first, threads, end_ns):
    together(threading.Thread, spin_until, [(end_ns, counts, first + n) for n in range(threads)])


def share_of_one(other):
    """The share of a process with one thread beside one that has `other`, on one CPU."""
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    counts = fork.Array("q", 1 + other, lock=False)
    end_ns = time.perf_counter_ns() + 300000000
    together(fork.Process, several, [(counts, 0, 1, end_ns), (counts, 1, other, end_ns)])
    return counts[0] / max(1, sum(counts))


@case
def share_processes():
    return share_of_one(3)


@case
def share_threads():
    """The share of one thread of four in one process, on one CPU."""
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    counts = [0] * 4
    several(counts, 0, 4, time.perf_counter_ns() + 300000000)
    return counts[0] / max(1, sum(counts))


def locking(lock, times=300000):
    def body():
        for _ in range(times):
            lock.acquire()
            lock.release()

    return timed(body, times)


@case
def lock_plain():
    return locking(threading.Lock())


@case
def lock_recursive():
    return locking(threading.RLock())


@case
def alive_semaphore():
    permits, most = threading.Semaphore(5), []

    def work():
        with permits:
            most.append(threading.active_count() - 1)
            time.sleep(0.002)

    together(threading.Thread, work, [()] * 32)
    return max(most)


@case
def alive_pool():
    most = []

    def work():
        most.append(threading.active_count() - 1)
        time.sleep(0.002)

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        for done in [pool.submit(work) for _ in range(32)]:
            done.result()
    return max(most)


@case
def queue_lost(times=20000):
    items, got = queue.Queue(64), []

    def put(first):
        for number in range(times):
            items.put(first + number)

    def get():
        for _ in range(times):
            got.append(items.get())

    workers = [threading.Thread(target=put, args=(0,)), threading.Thread(target=put, args=(times,))]
    workers += [threading.Thread(target=get) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return 2 * times - len(set(got))


def bursts(capacity, count=20, burst=16):
    """How long a put holds up whoever produces a burst for a slow consumer."""
    items = queue.Queue(capacity)
    held_ns = 0

    def consume():
        while items.get() is not None:
            compute(400)

    consumer = threading.Thread(target=consume)
    consumer.start()
    for _ in range(count):
        began = time.perf_counter_ns()
        for number in range(burst):
            items.put(number)
        held_ns += time.perf_counter_ns() - began
        time.sleep(0.003)
    items.put(None)
    consumer.join()
    return held_ns / (count * burst)


@case
def burst_queue():
    return bursts(64)


@case
def burst_slot():
    return bursts(1)


@case
def share_thread(times=200):
    """An array to another thread: the array itself, through a queue."""
    there, back = queue.Queue(), queue.Queue()

    def answer():
        for _ in range(times):
            back.put(there.get())

    other = threading.Thread(target=answer)
    other.start()

    def ask():
        array = bytearray(ARRAY)
        for _ in range(times):
            there.put(array)
            back.get()

    value = timed(ask, 2 * times)
    other.join()
    return value


def call(address, requests):
    """A client: it asks and waits for its answer, again and again."""
    with socket.create_connection(address) as connection:
        for _ in range(requests):
            connection.sendall(b"x")
            connection.recv(1)


def call_all(address, clients, requests):
    together(threading.Thread, call, [(address, requests)] * clients)


def answer_client(connection):
    """Until it hangs up. Each request waits, as for a database."""
    with connection:
        while connection.recv(1):
            time.sleep(NAP_S)
            connection.sendall(b"x")


def serving(serve, clients=16, requests=20):
    """What a request takes a server that `serve`s each connection that it accepts."""
    with socket.create_server(("127.0.0.1", 0), backlog=clients) as listener:
        callers = fork.Process(target=call_all, args=(listener.getsockname(), clients, requests))
        callers.start()

        def body():
            ends = [serve(listener.accept()[0]) for _ in range(clients)]
            for end in filter(None, ends):
                end.join()

        value = timed(body, clients * requests)
        callers.join()
        return value


def serve_by_thread(connection):
    thread = threading.Thread(target=answer_client, args=(connection,))
    thread.start()
    return thread


@case
def server_one_by_one():
    return serving(answer_client)


@case
def server_threads():
    return serving(serve_by_thread)


def echo(pipe, times):
    for _ in range(times):
        pipe.send_bytes(pipe.recv_bytes())


@case
def share_pipe(times=50):
    ours, theirs = fork.Pipe()
    other = fork.Process(target=echo, args=(theirs, times))
    other.start()

    def ask():
        array = bytearray(ARRAY)
        for _ in range(times):
            ours.send_bytes(array)
            ours.recv_bytes()

    value = timed(ask, 2 * times)
    other.join()
    return value


@case
def task_threads(times=500):
    return timed(lambda: [together(threading.Thread, nothing, [()]) for _ in range(times)], times)


@case
def task_pool(times=2000):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        pool.submit(nothing).result()
        return timed(lambda: [pool.submit(nothing).result() for _ in range(times)], times)


DAEMON = """
import sys, threading, time
def work():
    time.sleep(0.02)
    open(sys.argv[1], "w").close()
def linger():
    time.sleep(0.5)
    open(sys.argv[2], "w").close()
threading.Thread(target=work).start()
threading.Thread(target=linger, daemon=True).start()
"""


def after_daemon(which):
    """Whether the ordinary thread had finished, or the daemon lived on, once the program ended."""
    import subprocess

    with tempfile.TemporaryDirectory() as folder:
        marks = [os.path.join(folder, name) for name in ("ordinary", "daemon")]
        subprocess.run([sys.executable, "-c", DAEMON, *marks], check=True)
        if which == 1:
            time.sleep(0.6)
        return float(os.path.exists(marks[which]))


@case
def daemon_survived():
    return after_daemon(1)


@case
def ordinary_finished():
    return after_daemon(0)


def about():
    enabled = getattr(sys, "_is_gil_enabled", None)
    return {
        "implementation": platform.python_implementation(),
        "version": platform.python_version(),
        "gil": True if enabled is None else enabled(),
        "executable": os.path.realpath(sys.executable),
    }


def main(words):
    if words[:1] == ["about"]:
        print(json.dumps(about()))
        return 0
    if not words or words[0] not in CASES:
        sys.stderr.write("which case? about, or one of %s\n" % ", ".join(CASES))
        return 2
    settings = dict(word.split("=", 1) for word in words[1:])
    cpus = [int(value) for key, value in settings.items() if key.startswith("cpu")]
    if cpus:
        os.sched_setaffinity(0, cpus)
    print(json.dumps({"value": float(CASES[words[0]]())}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
