"""Independent tasks, done on every CPU: by this process and by forked copies of it."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO, Generic, NoReturn, Optional, TypeVar

from .guard import later

T = TypeVar("T")
MOST_TASKS = 255  # a task has a number that is one byte
MOST_COPIES = 7


def spare_cpus() -> int:
    """How many copies have a CPU each, besides this process."""
    return min(MOST_COPIES, len(os.sched_getaffinity(0)) - 1)


class SharedTasks(Generic[T]):
    """Copies begin with the tasks at once; `results` joins in and gives what each task returned.

    Used as a block, by a process of one thread, which may do other work before it asks for the
    results. No copy outlives the block. Where this process is killed, a copy ends after the task
    that it is at. A copy that fails says nothing, and its task is done here: so errors are raised
    by `results`, as if there were no copies. What a task returns is pickled.
    """

    def __init__(self, tasks: Sequence[Callable[[], T]], copies: int) -> None:
        assert len(tasks) <= MOST_TASKS
        self._tasks, self._copies = tasks, copies
        self._running: dict[int, BinaryIO] = {}  # by process, where its results go

    def __enter__(self) -> SharedTasks[T]:
        # Whoever is free takes the next number out of the pipe; it ends when all are taken.
        self._numbers, numbered = os.pipe2(os.O_CLOEXEC)
        os.write(numbered, bytes(range(len(self._tasks))))
        os.close(numbered)
        try:
            for _ in range(self._copies):
                self._fork()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._running:
            os.kill(child, signal.SIGKILL)
        for child in list(self._running):
            self._reap(child).close()
        os.close(self._numbers)

    def results(self, before: Callable[[int], None] = lambda number: None) -> list[T]:
        """What the tasks returned, in their order. `before` hears of each one that is done here."""
        found: dict[int, T] = {}
        while (number := self._next()) is not None:
            before(number)
            found[number] = self._tasks[number]()
        for child in list(self._running):
            with self._reap(child) as kept:
                kept.seek(0)
                # One that was killed may have been about to write.
                with suppress(EOFError, pickle.UnpicklingError):
                    while True:
                        done, result = pickle.load(kept)
                        found[done] = result
        for left in sorted(set(range(len(self._tasks))) - found.keys()):
            before(left)
            found[left] = self._tasks[left]()
        return [found[each] for each in range(len(self._tasks))]

    def _next(self) -> Optional[int]:
        taken = os.read(self._numbers, 1)
        return taken[0] if taken else None

    def _fork(self) -> None:
        kept = os.fdopen(os.memfd_create("convoy-tasks"), "w+b")
        parent = os.getpid()
        with later():
            child = os.fork()
            if child:
                self._running[child] = kept
            else:
                self._work(parent, kept)

    def _work(self, parent: int, kept: BinaryIO) -> NoReturn:
        """All that a copy does; whatever happens, it does not go on with what its parent does."""
        try:
            for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(each, signal.SIG_DFL)
            while os.getppid() == parent and (number := self._next()) is not None:
                pickle.dump((number, self._tasks[number]()), kept)
                kept.flush()
        finally:
            os._exit(0)

    def _reap(self, child: int) -> BinaryIO:
        with suppress(ChildProcessError):
            os.waitpid(child, 0)
        return self._running.pop(child)
