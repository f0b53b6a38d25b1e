"""co_await as g++ 12 compiles it rightly."""

import lint_coroutines as law
import pytest

PATH = "benchmarks/io_a.cpp"


@pytest.mark.parametrize(
    "statement",
    [
        "co_await worker.sleep(worker[wait]);",
        "while (worker.next()) co_await worker.sleep(1ms);",
        "if (a) co_await f(); else co_await g(b, h(c));",
        "for (int i = 0; i < n; ++i) co_await turn();",
        "for (const auto& x : xs) { co_await f(x); }",
        "do co_await f(); while (again());",
        "case Kind::one: co_await f();",
        "auto x = co_await f();",
        "const auto x = co_await f();",
        "std::int64_t sent = co_await worker.send(fd, data, size);",
        "std::vector<int> v = co_await pool->get(index[0]);",
        "const std::span<const char>& text = co_await f();",
        "auto [a, b] = co_await f(x,\n    y);",
        "[[maybe_unused]] const auto held = co_await mutex.lock();",
        "co_await get<int>(x);",
        "co_await task;",
        "// return co_await f() + 1;",
    ],
)
def test_whole_statements_and_initialisers_pass(breaches, statement):
    text = f"Task<void> body(Worker& worker) {{\n{statement}\n}}\n"
    assert breaches(law.whole_statements, PATH, text) == []


@pytest.mark.parametrize(
    "statement",
    [
        "x = co_await f();",
        "x += co_await f();",
        "object.member = co_await f();",
        "return co_await f();",
        "co_return co_await f();",
        "g(co_await f());",
        "if (co_await f()) g();",
        "while ((co_await f()) > 0) g();",
        "for (int i = 0; co_await f(); ++i) g();",
        "if (auto x = co_await f(); x) g();",
        "auto x = 1 + co_await f();",
        "auto x = co_await f() + 1;",
        "auto x{co_await f()};",
        "(void)co_await f();",
        "co_await f(), g();",
        "co_await f(Point{1, 2});",
        "co_await Awaiter{};",
        "co_await f([&] { return 1; });",
        "co_await f(x)(y);",
        "auto x = co_await a() ? 1 : 2;",
    ],
)
def test_everything_else_is_a_breach(breaches, statement):
    text = f"Task<void> body(Worker& worker) {{\n{statement}\n}}\n"
    assert breaches(law.whole_statements, PATH, text) == [2]


@pytest.mark.parametrize(
    "code",
    [
        "auto f = [&] -> Task<void> { co_return; };",
        "auto f = [x](Worker& w) -> Task<void> {\n  co_await w.turn();\n};",
        "spawn([this]() mutable { co_yield 1; });",
        "spawn([x = std::move(y)] { while (true) { co_await f(x); } });",
    ],
)
def test_a_capturing_lambda_is_no_coroutine(breaches, code):
    assert breaches(law.capturing_lambdas, PATH, code) == [1]


@pytest.mark.parametrize(
    "code",
    [
        "auto f = [](Worker& w) -> Task<void> { co_await w.turn(); };",
        "auto f = [&](int x) { return x; };\nTask<void> g() { co_return; }",
        "int a[3];\nif (a[1]) { co_return; }",
        "[[nodiscard]] Task<void> f(int x) { co_return; }",
        "auto [a, b] = pair;\nif (a) { co_return; }",
    ],
)
def test_other_lambdas_and_brackets_pass(breaches, code):
    assert breaches(law.capturing_lambdas, PATH, code) == []


@pytest.mark.parametrize("call", ["::close(fd);", "close(fd);", "if (bad) ::close( fd );"])
def test_a_workload_closes_nothing_behind_the_loops_back(breaches, call):
    assert breaches(law.bare_closes, PATH, f"void f(int fd) {{ {call} }}\n")
    assert not breaches(law.bare_closes, "harness/loop/loop.cpp", f"void f(int fd) {{ {call} }}\n")


@pytest.mark.parametrize("call", ["f.close();", "queue->close();", "my::close(fd);", "// close(x)"])
def test_other_closes_are_nobodys_business(breaches, call):
    assert not breaches(law.bare_closes, PATH, f"void f(int fd) {{ {call}\n }}\n")
