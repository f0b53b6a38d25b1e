"""The half of a runtime's program that all of them in Python share: see
docs/how-to/add-a-runtime.md."""

import os
import socket
import sys


class Setting(dict):
    """Workers and the workload's parameters; times are in ns."""

    @property
    def workers(self):
        return self["workers"]

    def clients(self):
        """The clients' connections, one for each worker."""
        with socket.socket(fileno=os.dup(self["listener"])) as listener:
            return [listener.accept()[0] for _ in range(self.workers)]


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def give_up(error):
    """Ends the program with this line, whatever threads there are."""
    os.write(2, f"{error}\n".encode())
    os._exit(1)


def work(job):
    say("made")
    while line := sys.stdin.readline().strip():
        job.prepare(int(line.removeprefix("round ")))
        say("ready")
        if not sys.stdin.readline():
            break
        say(f"done {job.run()}")


def serve(version, about, jobs):
    """What the program does. `jobs`: of each workload, the parameters that it heeds and what makes
    the job from a Setting: an object with `prepare(operations)`, which readies a round, and
    `run()`, which does it and returns how many operations were done in all.
    """
    words = sys.argv[1:]
    if words[:1] == ["describe"]:
        say(f"version {version}")
        say(f"about {about}")
        for workload, (heeds, _) in jobs.items():
            say(f"workload {workload} {heeds}".rstrip())
        return
    if words[:1] != ["run"] or len(words) < 2 or words[1] not in jobs:
        sys.exit(f"usage: {sys.argv[0]} describe | run WORKLOAD name=value...")
    values = (word.partition("=") for word in words[2:])
    try:
        work(jobs[words[1]][1](Setting({name: int(value) for name, _, value in values})))
    except Exception as error:
        give_up(error)
    sys.stdout.flush()
    os._exit(0)  # without waiting for threads
