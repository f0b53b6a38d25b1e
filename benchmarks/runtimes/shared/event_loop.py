"""The jobs of event loops that have asyncio's interface."""

import asyncio

import jobs


class Job:
    def __init__(self, setting, new_loop):
        self.workers, self.loop, self.tasks = setting.workers, new_loop(), []
        asyncio.set_event_loop(self.loop)

    def prepare(self, operations):
        self.tasks = [
            self.loop.create_task(self.work(worker, operations)) for worker in range(self.workers)
        ]

    def run(self):
        return sum(self.loop.run_until_complete(asyncio.gather(*self.tasks)))


class Sleep(Job):
    def __init__(self, setting, new_loop):
        super().__init__(setting, new_loop)
        self.wait, self.steps = jobs.waits_of(setting)

    async def work(self, worker, operations):
        for _ in range(operations):
            jobs.compute(self.steps)
            if self.wait:
                await asyncio.sleep(self.wait)
        return operations


class Echo(Job):
    """By streams, as most servers are written."""

    def __init__(self, setting, new_loop):
        super().__init__(setting, new_loop)
        self.bytes = setting["bytes"]
        self.streams = [
            self.loop.run_until_complete(asyncio.open_connection(sock=client))
            for client in setting.clients()
        ]

    async def work(self, worker, operations):
        reader, writer = self.streams[worker]
        for _ in range(operations):
            writer.write(await reader.readexactly(self.bytes))
            await writer.drain()
        return operations


class PingPong(Job):
    def __init__(self, setting, new_loop):
        super().__init__(setting, new_loop)
        self.pairs = jobs.Pairs(setting.workers, asyncio.Event)

    async def work(self, worker, operations):
        token, own, other, turn = self.pairs.of(worker)
        for _ in range(operations):
            for half in range(jobs.HALVES):
                if half % 2 == turn:
                    token.hand_over(half)
                    other.set()
                else:
                    await own.wait()
                    own.clear()
                    token.expect(half)
        return operations


class Skynet(Job):
    """A task for each node."""

    def __init__(self, setting, new_loop):
        super().__init__(setting, new_loop)
        self.leaves = jobs.leaves_of(setting)

    async def work(self, worker, operations):
        for _ in range(operations):
            jobs.expect_tree(await self.node(0, self.leaves), self.leaves)
        return operations

    async def node(self, first, leaves):
        if leaves == 1:
            return first, 1
        return jobs.added(
            await asyncio.gather(*(self.node(*child) for child in jobs.children_of(first, leaves)))
        )


class Pool(jobs.Submitter):
    """Tasks that serve, and a queue in front of them."""

    def __init__(self, setting, new_loop):
        super().__init__(setting)
        self.loop = new_loop()
        asyncio.set_event_loop(self.loop)
        self.queue = asyncio.Queue()
        self.crew = [self.loop.create_task(self.serve()) for _ in range(self.servers)]

    def run(self):
        return self.loop.run_until_complete(self.hand_in())

    async def hand_in(self):
        futures = [None] * self.at_once
        for number in range(self.all + self.at_once):
            place = number % self.at_once
            if number >= self.at_once:
                taken = number - self.at_once
                self.expect(await futures[place], taken)
            if number < self.all:
                futures[place] = self.loop.create_future()
                self.queue.put_nowait((futures[place], number))
        return self.all

    async def serve(self):
        while True:
            future, number = await self.queue.get()
            future.set_result(self.task(number))


def offers(new_loop):
    """For `runtime.serve`."""

    def offer(heeds, job):
        return heeds, lambda setting: job(setting, new_loop)

    return {
        "fanout_sleep": offer("wait", Sleep),
        "mixed": offer("cpu wait", Sleep),
        "server_echo": offer("bytes rate arrivals", Echo),
        "switch_pingpong": offer("", PingPong),
        "skynet": offer("depth", Skynet),
        "pool_submit": offer("task ahead", Pool),
    }
