"""Stacks of `perf script` folded, and drawn as a flame graph that nothing in them can break."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

import pytest
from conftest import ROOT
from convoy_cli.profile import session

STORED = ROOT / "tests" / "fixtures" / "perf-script.txt"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def folded() -> Counter[session.Stack]:
    return session.fold(STORED.read_text("utf-8").splitlines(keepends=True))


def test_each_sample_is_one_stack(folded: Counter[session.Stack]) -> None:
    samples = [line for line in STORED.read_text("utf-8").splitlines() if "cpu-clock:" in line]
    assert folded.total() == len(samples) == 10
    assert {stack[0] for stack in folded} == {"convoy-bench", "seat 0", "seat 1"}


def test_roots_come_first_and_the_same_stacks_are_counted(folded: Counter[session.Stack]) -> None:
    stack, count = folded.most_common(1)[0]
    assert count == 3
    assert stack[:2] == ("seat 1", "[libstdc++.so.6.0.30]")
    assert stack[-3:] == ("convoy::spin", "clock_gettime@@GLIBC_2.17", "__vdso_clock_gettime")


def test_the_kernel_is_marked_and_the_vdso_is_not_it(folded: Counter[session.Stack]) -> None:
    frames = {frame for stack in folded for frame in stack}
    assert "entry_SYSCALL_64_after_hwframe_[k]" in frames
    assert "__vdso_clock_gettime" in frames


def test_rubbish_at_the_root_is_dropped(folded: Counter[session.Stack]) -> None:
    assert ("convoy-bench", "_dl_lookup_symbol_x") in folded
    assert not [stack for stack in folded if "[unknown]" in stack]


def test_what_is_left_out_is_not_of_a_seat(folded: Counter[session.Stack]) -> None:
    seats = session.seats_of(folded)
    assert folded.total() - seats.total() == 3
    assert session.seats_of(Counter({("other", "f"): 2})) == Counter({("other", "f"): 2})


def test_odd_names_stay_one_frame() -> None:
    text = "a;b c 1 1 cpu-clock:u: \n\t 1f x;y\x1b z (/tmp/a (b) c)\n\t 2 [unknown] (/lib/x.so)\n"
    assert session.fold(text.splitlines(keepends=True)) == {("a:b c", "[x.so]", "x:y? z"): 1}


@pytest.mark.parametrize("text", ["", "\n\n", "nonsense\n", "\t 1 f (/a)\n", "a 1 1 b\n"])
def test_what_holds_no_sample_gives_none(text: str) -> None:
    assert session.fold(text.splitlines(keepends=True)) == {}


def test_a_sample_without_frames_is_one_of_its_thread() -> None:
    assert session.fold(["seat 0 7 1 cpu-clock: \n"]) == {("seat 0",): 1}


def test_folded_stacks_can_be_read_again(folded: Counter[session.Stack]) -> None:
    text = session.text_of(folded)
    assert session.parse(text) == folded
    assert text.splitlines() == sorted(text.splitlines())


@pytest.mark.parametrize("text", ["a;b\n", "a;b x\n", "a -1\n", "a ²\n", "5\n"])
def test_what_is_not_folded(text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        session.parse(text)


# --- The graph.


def test_it_is_xml_with_a_title_a_frame(folded: Counter[session.Stack]) -> None:
    seats = session.seats_of(folded)
    root = ElementTree.fromstring(session.render(seats, "gil_convoy_echo/x:y", 3))
    titles = [title.text or "" for title in root.iterfind(f"{SVG}g/{SVG}title")]
    assert "all (7 samples, 100 %)" in titles
    assert "convoy::spin (4 samples, 57 %)" in titles
    assert titles.count("seat 1 (4 samples, 57 %)") == 1
    assert '3 more samples' in "".join(root.itertext())
    desc = root.find(f"{SVG}desc")
    assert desc is not None and "__vdso_clock_gettime 43 %" in (desc.text or "")


def test_nothing_in_a_name_becomes_markup(folded: Counter[session.Stack]) -> None:
    svg = session.render(folded, "<script>alert(2)</script>\x00&amp;")
    root = ElementTree.fromstring(svg)
    assert not list(root.iter(f"{SVG}script"))
    assert "<script" not in svg
    assert "&lt;script&gt;alert(1)" in svg and "&lt;script&gt;alert(2)" in svg
    assert "&amp;amp;" in svg


def test_it_needs_nothing_else(folded: Counter[session.Stack]) -> None:
    svg = session.render(folded, "x")
    assert "href" not in svg and "@import" not in svg and "url(" not in svg
    assert svg.replace("http://www.w3.org/2000/svg", "").count("http") == 0


def test_it_is_the_same_again(folded: Counter[session.Stack]) -> None:
    again = Counter(dict(reversed(list(folded.items()))))
    assert session.render(folded, "x") == session.render(again, "x")


def test_frames_lie_within_the_page_and_within_their_callers() -> None:
    counts = Counter({(f"seat {n % 7}", *(f"f{n % (d + 2)}" for d in range(40))): n + 1
                      for n in range(900)})  # fmt: skip
    svg = session.render(counts, "x" * 500)
    root = ElementTree.fromstring(svg)
    height = float(root.attrib["height"])
    levels: dict[float, list[tuple[float, float]]] = {}
    for rect in root.iterfind(f"{SVG}g/{SVG}rect"):
        left, width = float(rect.attrib["x"]), float(rect.attrib["width"])
        assert 0 <= left and left + width <= session.WIDTH
        assert session.HEAD - session.LINE < float(rect.attrib["y"]) < height
        levels.setdefault(float(rect.attrib["y"]), []).append((left, left + width))
    for spans in levels.values():
        spans.sort()
        assert all(one[1] <= other[0] + 0.02 for one, other in zip(spans, spans[1:]))
    for text in root.iterfind(f"{SVG}g/{SVG}text"):
        assert float(text.attrib["x"]) + 6 * len(text.text or "") <= session.WIDTH


def test_frames_that_are_too_narrow_are_left_out() -> None:
    counts = Counter({("seat 0", "hot"): 1_000_000, ("seat 0", "cold"): 1})
    svg = session.render(counts, "x")
    assert "<title>hot (" in svg and "<title>cold (" not in svg


@pytest.mark.parametrize(
    "name, told",
    [
        ("std::vector<int, std::allocator<int> >::push_back", "std::vector::push_back"),
        ("convoy::(anonymous namespace)::spin", "convoy::spin"),
        ("operator<< <char>", "operator<< "),
        ("std::function<void (int)>::operator()", "std::function::operator()"),
        ("a->b", "a->b"),
        ("operator->", "operator->"),
        ("f<g<h>", "f"),
        ("plain", "plain"),
    ],
)
def test_names_of_templates_are_shortened(name: str, told: str) -> None:
    assert session.short(name) == told


def test_no_samples_at_all() -> None:
    ElementTree.fromstring(session.render(Counter(), "x"))
