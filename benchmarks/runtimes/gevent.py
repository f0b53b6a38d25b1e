"""Greenlets of gevent: CPython's coroutines with a stack each."""

import platform

import gevent
import gevent.event
import gevent.pool
import gevent.socket
import jobs
import runtime


class Job:
    def __init__(self, setting):
        self.workers, self.greenlets = setting.workers, []

    def prepare(self, operations):
        self.greenlets = [
            gevent.Greenlet(self.work, worker, operations) for worker in range(self.workers)
        ]

    def run(self):
        for greenlet in self.greenlets:
            greenlet.start()
        gevent.joinall(self.greenlets, raise_error=True)
        return sum(greenlet.value for greenlet in self.greenlets)


class Sleep(Job):
    def __init__(self, setting):
        super().__init__(setting)
        self.work = jobs.Sleeper(setting, gevent.sleep).work


class Echo(Job):
    def __init__(self, setting):
        super().__init__(setting)
        clients = [gevent.socket.socket(fileno=client.detach()) for client in setting.clients()]
        self.work = jobs.Answerer(setting, clients).work


class PingPong(Job):
    def __init__(self, setting):
        super().__init__(setting)
        self.work = jobs.Pairs(setting.workers, gevent.event.Event).work


class Skynet(Job):
    """A greenlet for each node."""

    def __init__(self, setting):
        super().__init__(setting)
        self.leaves = jobs.leaves_of(setting)

    def work(self, worker, operations):
        for _ in range(operations):
            jobs.expect_tree(self.node(0, self.leaves), self.leaves)
        return operations

    def node(self, first, leaves):
        if leaves == 1:
            return first, 1
        children = [
            gevent.spawn(self.node, *child) for child in jobs.children_of(first, leaves)
        ]
        return jobs.added([child.get() for child in children])


class Pool(jobs.Submitter):
    """Its pool starts a greenlet for each task, as many as serve, and lets the next one wait: none
    is queued, however many may be (`ahead`)."""

    def __init__(self, setting):
        super().__init__(setting)
        self.pool = gevent.pool.Pool(self.servers)

    def submit(self, number):
        return self.pool.spawn(self.task, number)

    def result(self, greenlet):
        return greenlet.get()


runtime.serve(
    f"gevent {gevent.__version__}, CPython {platform.python_version()}",
    "Greenlets of gevent, on one thread",
    {
        "fanout_sleep": ("wait", Sleep),
        "mixed": ("cpu wait", Sleep),
        "server_echo": ("bytes rate arrivals", Echo),
        "switch_pingpong": ("", PingPong),
        "skynet": ("depth", Skynet),
        "pool_submit": ("task", Pool),
    },
)
