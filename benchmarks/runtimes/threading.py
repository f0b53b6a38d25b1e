"""Threads of CPython, under its interpreter lock."""

import concurrent.futures
import platform
import threading
import time

import jobs
import runtime


class Job:
    """Threads that stay, and that begin and end each round together."""

    def __init__(self, setting):
        self.workers, self.operations, self.threads = setting.workers, 0, []
        self.gate = threading.Barrier(setting.workers + 1)

    def prepare(self, operations):
        self.operations = operations
        if not self.threads:
            self.threads = [
                threading.Thread(target=self.live, args=(worker,), daemon=True)
                for worker in range(self.workers)
            ]
            for thread in self.threads:
                thread.start()

    def run(self):
        self.gate.wait()
        self.gate.wait()
        return self.operations * self.workers

    def live(self, worker):
        while True:
            self.gate.wait()
            self.work(worker, self.operations)
            self.gate.wait()


class Sleep(Job):
    def __init__(self, setting):
        super().__init__(setting)
        self.work = jobs.Sleeper(setting, time.sleep).work


class Echo(Job):
    def __init__(self, setting):
        super().__init__(setting)
        self.work = jobs.Answerer(setting, setting.clients()).work


class PingPong(Job):
    def __init__(self, setting):
        super().__init__(setting)
        self.work = jobs.Pairs(setting.workers, threading.Event).work


class Skynet(Job):
    """A thread for each node."""

    def __init__(self, setting):
        super().__init__(setting)
        self.leaves = jobs.leaves_of(setting)

    def work(self, worker, operations):
        for _ in range(operations):
            answer = []
            self.node(answer, 0, self.leaves)
            jobs.expect_tree(answer[0], self.leaves)

    def node(self, answers, first, leaves):
        if leaves == 1:
            answers.append((first, 1))
            return
        sums = []
        children = [
            threading.Thread(target=self.node, args=(sums, *child))
            for child in jobs.children_of(first, leaves)
        ]
        for child in children:
            child.start()
        for child in children:
            child.join()
        answers.append(jobs.added(sums))


class Pool(jobs.Submitter):
    def __init__(self, setting):
        super().__init__(setting)
        self.pool = concurrent.futures.ThreadPoolExecutor(self.servers)

    def submit(self, number):
        return self.pool.submit(self.task, number)

    def result(self, future):
        return future.result()


threading.excepthook = lambda thrown: runtime.give_up(thrown.exc_value)
runtime.serve(
    f"CPython {platform.python_version()}", "Threads of CPython, under its interpreter lock",
    {
        "fanout_sleep": ("wait", Sleep),
        "mixed": ("cpu wait", Sleep),
        "server_echo": ("bytes rate arrivals", Echo),
        "switch_pingpong": ("", PingPong),
        "skynet": ("depth", Skynet),
        "pool_submit": ("task ahead", Pool),
    },
)
