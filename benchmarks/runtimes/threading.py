"""Threads of CPython, under its interpreter lock."""

import os
import platform
import threading
import time

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
        try:
            while True:
                self.gate.wait()
                self.work(worker, self.operations)
                self.gate.wait()
        except Exception as error:
            os.write(2, f"{error}\n".encode())
            os._exit(1)


class Sleep(Job):
    def __init__(self, setting):
        super().__init__(setting)
        self.wait = setting["wait"] / 1e9

    def work(self, worker, operations):
        for _ in range(operations):
            time.sleep(self.wait)


class Echo(Job):
    def __init__(self, setting):
        super().__init__(setting)
        self.bytes, self.clients = setting["bytes"], setting.clients()

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


runtime.serve(
    f"CPython {platform.python_version()}", "Threads of CPython, under its interpreter lock",
    {"fanout_sleep": ("wait", Sleep), "server_echo": ("bytes rate arrivals", Echo)},
)
