"""What jobs have in common, whoever does them."""

import time

# switch_pingpong: an operation is so many halves of exchanges, there and back, as in the workload.
HALVES = 2 * 32


class Token:
    """A pair's: how many halves it has done in this operation; 0 before and after each."""

    def __init__(self):
        self.halves = 0

    def hand_over(self, half):
        self.halves = (half + 1) % HALVES

    def expect(self, half):
        if self.halves != (half + 1) % HALVES:
            raise RuntimeError("wrong answer: the token came out of turn")


class Pairs:
    """Of each pair a token, and of each worker an event."""

    def __init__(self, workers, new_event):
        if workers % 2:
            raise ValueError("it needs pairs: use an even number of workers")
        self.tokens = [Token() for _ in range(workers // 2)]
        self.events = [new_event() for _ in range(workers)]

    def of(self, worker):
        """Its pair's token, its event, its partner's, and which halves it hands over."""
        return (
            self.tokens[worker // 2], self.events[worker], self.events[worker ^ 1], worker % 2,
        )  # fmt: skip

    def work(self, worker, operations):
        """A worker's part, where waiting blocks."""
        token, own, other, turn = self.of(worker)
        for _ in range(operations):
            for half in range(HALVES):
                if half % 2 == turn:
                    token.hand_over(half)
                    other.set()
                else:
                    own.wait()
                    own.clear()
                    token.expect(half)
        return operations


class Sleeper:
    """fanout_sleep and mixed where waiting blocks: `sleep` takes seconds."""

    def __init__(self, setting, sleep):
        self.wait, self.steps, self.sleep = *waits_of(setting), sleep

    def work(self, _worker, operations):
        for _ in range(operations):
            compute(self.steps)
            if self.wait:
                self.sleep(self.wait)
        return operations


class Answerer:
    """server_echo where waiting blocks: a socket for each worker."""

    def __init__(self, setting, clients):
        self.bytes, self.clients = setting["bytes"], clients

    def work(self, worker, operations):
        client = self.clients[worker]
        for _ in range(operations):
            message = client.recv(self.bytes)
            while len(message) < self.bytes:
                more = client.recv(self.bytes - len(message))
                if not more:
                    raise ConnectionResetError("the client hung up")
                message += more
            client.sendall(message)
        return operations


def waits_of(setting):
    """How long an operation waits, in seconds, and for how many steps it computes before."""
    return setting["wait"] / 1e9, steps_of(setting.get("cpu", 0))


# skynet: a tree of numbers. A node is given its first leaf's number and how many leaves it has, and
# returns their sum and how many nodes were started, itself included.
CHILDREN = 10


def leaves_of(setting):
    return CHILDREN ** setting["depth"]


def children_of(first, leaves):
    below = leaves // CHILDREN
    return [(first + child * below, below) for child in range(CHILDREN)]


def added(sums):
    return sum(one for one, _ in sums), 1 + sum(started for _, started in sums)


def expect_tree(answer, leaves):
    expected = leaves * (leaves - 1) // 2, (CHILDREN * leaves - 1) // (CHILDREN - 1)
    if answer != expected:
        raise RuntimeError(f"wrong answer: the tree's sum and nodes are {answer}, not {expected}")


# pool_submit: tasks that are handed in one by one, and their results asked for in that order.


def compute(steps):
    state = 1
    for _ in range(steps):
        state = state * 6364136223846793005 + 1442695040888963407 & 0xFFFFFFFFFFFFFFFF
    return state


def steps_of(ns):
    """How many steps take so long: of many attempts the fastest, which nobody disturbed."""
    if ns == 0:
        return 0
    attempts = []
    for _ in range(200):
        before = time.perf_counter_ns()
        compute(200)
        attempts.append(time.perf_counter_ns() - before)
    return 200 * ns // min(attempts)


def mark_of(number):
    return 3 * number + 1


class Submitter:
    """Hands in as many tasks as may be there at once, and then one for each result. Whoever
    derives from it has `submit(number)`, which returns what `result(future)` waits for.
    """

    def __init__(self, setting):
        self.workers, self.servers = setting.workers, max(1, setting.workers - 1)
        self.at_once = self.servers + setting["ahead"]
        self.steps, self.all = steps_of(setting["task"]), 0

    def prepare(self, operations):
        self.all = operations * self.workers

    def task(self, number):
        if self.steps:
            compute(self.steps)
        return mark_of(number)

    def run(self):
        futures = [None] * self.at_once
        for number in range(self.all + self.at_once):
            place = number % self.at_once
            if self.at_once <= number:
                taken = number - self.at_once
                self.expect(self.result(futures[place]), taken)
            if number < self.all:
                futures[place] = self.submit(number)
        return self.all

    @staticmethod
    def expect(mark, number):
        if mark != mark_of(number):
            raise RuntimeError("wrong answer: a task's result is that of another, or none")
