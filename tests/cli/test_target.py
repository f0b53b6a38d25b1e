"""Servers of others: --target names one, its row says so, and whatever it does costs its row."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from runs import BRIEF, MODELS, Run, bench, failures, load, result_of

GREETED = ("--filter", "^greeting/", "--gil", "none", "--workers", "2")
START = "type `a greeter of the tests`, and then --target greeting=ADDRESS"
Answer = Callable[[socket.socket], None]


def greet(connection: socket.socket) -> None:
    while connection.recv(64):
        connection.sendall(b"welcome\n")


def speak_another_language(connection: socket.socket) -> None:
    connection.recv(64)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def hang_up_in_the_middle(connection: socket.socket) -> None:
    for _ in range(3):
        connection.recv(64)
        connection.sendall(b"welcome\n")


@contextlib.contextmanager
def server(answer: Answer) -> Iterator[str]:
    """The address of one that answers each connection so, in a thread of its own."""

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            answer(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


def page(head: str, body: str = "hello") -> Answer:
    """Answers each request so, and closes where it says so."""

    def answer(connection: socket.socket) -> None:
        while connection.recv(4096):
            connection.sendall((head + "\r\n" + body).encode())
            if "close" in head:
                return

    return answer


def run_against(address: str, folder: Path, *words: str) -> Run:
    target = ("--target", f"greeting={address}")
    return bench("run", *GREETED, *target, *BRIEF, *words, "--json", "x.json", cwd=folder)


@pytest.mark.parametrize("model", MODELS)
def test_its_rows_say_whom_they_talked_to(model: str, folder: Path) -> None:
    with server(greet) as address:
        run = run_against(address, folder, "--model", model)
    assert run.code == 0, run.stderr
    rows = [row for row in result_of(folder / "x.json")["rows"] if row["workload"] == "greeting"]
    assert [(row["peer"], row["target"]) for row in rows] == [("external", address)]
    assert "/peer:external/" in rows[0]["name"]
    assert rows[0]["peer_placement"] is None and rows[0]["peer_cpu_share"] is None


def test_other_rows_have_no_target(folder: Path) -> None:
    run = bench("run", "--filter", "^(io_tcp_echo|null)/.*single", *BRIEF, "--json", "x.json",
                cwd=folder)  # fmt: skip
    assert run.code == 0, run.stderr
    assert {row["target"] for row in result_of(folder / "x.json")["rows"]} == {None}


@pytest.mark.parametrize("answer, reason", [
    (speak_another_language, "the server does not greet"),
    (lambda connection: None, "recv from 127.0.0.1"),
    (hang_up_in_the_middle, "recv"),
])  # fmt: skip
@pytest.mark.parametrize("model", MODELS)
def test_what_it_does_costs_its_row(
    model: str, answer: Answer, reason: str, folder: Path
) -> None:
    with server(answer) as address:
        run = run_against(address, folder, "--model", model)
    assert run.code == 1, run.stderr
    (told,) = failures(result_of(folder / "x.json")).values()
    assert reason in told


def test_nobody_listens(folder: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        run = run_against(address, folder, "--model", "threads")
    assert run.code == 1
    (told,) = failures(result_of(folder / "x.json")).values()
    assert f"connect to {address}" in told and "Connection refused" in told
    assert "`a greeter of the tests`" in told


def test_without_one_it_is_skipped(folder: Path) -> None:
    for words in (("run", *GREETED), ("list", "--names", *GREETED), (*GREETED, *BRIEF[:0])):
        run = bench(*words, cwd=folder)
        assert (run.code, run.stdout) == (77, "")
        assert "skipped greeting" in run.stderr and START in run.stderr
    assert list(folder.iterdir()) == []


def test_what_was_selected_beside_it_runs(folder: Path) -> None:
    both = ("--filter", "^(greeting|io_sleep)/", "--model", "threads", "--gil", "none")
    run = bench("run", *both, "--workers", "1", *BRIEF, "--json", "x.json", cwd=folder)
    assert run.code == 0, run.stderr
    assert START in run.stderr
    workloads = {row["workload"] for row in result_of(folder / "x.json")["rows"]}
    assert workloads == {"io_sleep"}
    names = bench("list", "--names", *both, cwd=folder)
    assert names.code == 0 and START in names.stderr and "greeting" not in names.stdout


def test_suites_have_it_only_with_one(folder: Path) -> None:
    words = ("list", "--names", "--suite", "smoke")
    without = bench(*words, cwd=folder)
    assert without.code == 0 and without.stderr == "" and "greeting/" not in without.stdout
    target = ("--target", "greeting=127.0.0.1:1")
    assert "greeting/" in bench(*words, *target, cwd=folder).stdout


def test_the_list_says_what_it_needs(folder: Path) -> None:
    for words in (("list",), ("list", "--filter", "^greeting")):
        run = bench(*words, cwd=folder)
        assert run.code == 0
        assert "needs --target greeting=ADDRESS, a greeter" in run.stdout
    (entry,) = [
        each for each in load(bench("list", "--json", cwd=folder).stdout)["workloads"]
        if each["name"] == "greeting"
    ]  # fmt: skip
    assert entry["target"] == {
        "server": "greeter", "start": "a greeter of the tests", "needed": True
    }  # fmt: skip


@pytest.mark.parametrize("words, parts", [
    (("greeting",), ("--target workload=address",)),
    (("greting=127.0.0.1:1",), ("did you mean greeting?",)),
    (("io_sleep=127.0.0.1:1",), ("io_sleep talks to no server",)),
    (("greeting=127.0.0.1",), ("a port is a number", "greeting=HOST:PORT")),
    (("greeting=127.0.0.1:99999",), ("from 1 to 65535",)),
    (("greeting=::1:80",), ("[::1]",)),
    (("greeting=https://127.0.0.1:1/",), ("https is not measured",)),
    (("greeting=http://127.0.0.1:1/",), ("no address",)),
    (("greeting=me:secret@127.0.0.1:1",), ("user and password",)),
    (("greeting=127.0.0.1:1", "greeting=127.0.0.1:2"), ("one server at a time",)),
    (("io_http_get=https://127.0.0.1/",), ("https is not measured", "http://HOST:PORT/PAGE")),
])  # fmt: skip
def test_addresses_that_are_none(
    words: tuple[str, ...], parts: tuple[str, ...], folder: Path
) -> None:
    targets = [word for each in words for word in ("--target", each)]
    run = bench("run", *GREETED, *targets, cwd=folder)
    assert run.code == 2
    for part in parts:
        assert part in run.stderr
    assert list(folder.iterdir()) == []


LENGTH = "Content-Length: 5\r\n"
FETCHED = ("--filter", "^io_http_get/", "--gil", "none", "--workers", "3", *BRIEF)


def fetch(address: str, folder: Path, *words: str) -> Run:
    target = ("--target", f"io_http_get=http://{address}/page?x=1")
    return bench("run", *FETCHED, *target, *words, "--json", "x.json", cwd=folder)


@pytest.mark.parametrize("head, body", [
    (f"HTTP/1.1 200 OK\r\n{LENGTH}", "hello"),
    (f"HTTP/1.1 200 OK\r\n{LENGTH}Connection: close\r\n", "hello"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
])  # fmt: skip
def test_every_model_fetches_any_page(head: str, body: str, folder: Path) -> None:
    with server(page(head, body)) as address:
        run = fetch(address, folder)
    assert run.code == 0, run.stderr
    rows = [row for row in result_of(folder / "x.json")["rows"] if row["family"] == "io"]
    assert {row["model"] for row in rows} == set(MODELS)
    assert {row["target"] for row in rows} == {f"http://{address}/page?x=1"}


@pytest.mark.parametrize("answer, reason", [
    (page(f"HTTP/1.1 404 Not Found\r\n{LENGTH}"), "HTTP status 404"),
    (page(f"HTTP/1.1 301 Moved\r\n{LENGTH}"), "HTTP status 301"),
    (page("SSH-2.0-OpenSSH"), "begins with 'SSH-2.0"),
    (page("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n"), "recv from"),
    (lambda connection: None, "recv from"),
])  # fmt: skip
def test_a_page_that_is_none_costs_the_row(answer: Answer, reason: str, folder: Path) -> None:
    with server(answer) as address:
        run = fetch(address, folder, "--model", "coroutines")
    assert run.code == 1
    (told,) = failures(result_of(folder / "x.json")).values()
    assert reason in told


def test_its_own_server_answers_where_none_is_named(folder: Path) -> None:
    words = ("--param", "io_http_get.bytes=0B,100KiB", "--peer", "same,none")
    run = bench("run", *FETCHED, *words, "--json", "x.json", cwd=folder)
    assert run.code == 0, run.stderr
    rows = [row for row in result_of(folder / "x.json")["rows"] if row["family"] == "io"]
    assert {row["peer"] for row in rows} == {"same", "none"}
    assert {row["target"] for row in rows} == {None}
