"""A page of HTML as tests read it, and a file of claims for it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "input", "br", "path", "use", "link", "img", "hr"}


class Page(HTMLParser):
    """Tags, identifiers and texts of a page; who closes what was not opened is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        self.texts.append(text)


def claims_file(sentence: str = "Starting a process costs more than a thread") -> dict[str, Any]:
    finding = {"what": "fork over thread", "kind": "ratio at least", "bound": 1.1, "value": 7.2,
               "interval": [7.1, 7.4], "samples": 8, "verdict": "supported", "reason": "",
               "figure": None}  # fmt: skip
    answers = [
        {"source": source, "verdict": verdict, "reason": "",
         "findings": [finding | {"verdict": verdict}]}
        for source, verdict in (("Convoy's models", "supported"), ("CPython 3.11", "refuted"))
    ]  # fmt: skip
    claim = {"name": "start", "sentence": sentence, "topic": "starting", "figure": None,
             "remark": "", "answers": answers}  # fmt: skip
    return {"claims_version": 1, "created": "2026-01-01T00:00:00Z", "command_line": [],
            "sources": ["Convoy's models", "CPython 3.11"], "claims": [claim]}  # fmt: skip
