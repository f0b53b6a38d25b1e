"""The jobs of event loops that have asyncio's interface."""

import asyncio


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
        self.wait = setting["wait"] / 1e9

    async def work(self, worker, operations):
        for _ in range(operations):
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


def jobs(new_loop):
    """For `runtime.serve`."""
    return {
        "fanout_sleep": ("wait", lambda setting: Sleep(setting, new_loop)),
        "server_echo": ("bytes rate arrivals", lambda setting: Echo(setting, new_loop)),
    }
