"""The other side of a probe's UDP conversation: an echo server on the loopback interface."""

from __future__ import annotations

import socket
import threading
import time

STOP = b"convoy: stop"


class EchoPeer:
    """Echoes datagrams, or answers them after a while with the time: monotonic, and of the day.

    One thread, from the block's begin to its end. It shares this process with nobody who computes:
    the main thread sleeps until the probe has ended.
    """

    def __init__(self, delay_ns: int, stamps: bool) -> None:
        self.delay_ns, self.stamps = delay_ns, stamps
        self.talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.talk.bind(("127.0.0.1", 0))
        self.address = self.talk.getsockname()
        self.thread = threading.Thread(target=self.answer, name="echo peer", daemon=True)

    @property
    def port(self) -> int:
        return int(self.address[1])

    def __enter__(self) -> EchoPeer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(STOP, self.address)
        self.thread.join(5 + self.delay_ns / 1e9)
        self.talk.close()

    def answer(self) -> None:
        receive, send = self.talk.recvfrom, self.talk.sendto
        while True:
            message, sender = receive(65536)
            if message == STOP:
                return
            if self.delay_ns:
                time.sleep(self.delay_ns / 1e9)
            if self.stamps:
                message = b"%d %d" % (time.monotonic_ns(), time.time_ns())
            try:
                send(message, sender)
            except OSError:  # the probe has gone
                continue
