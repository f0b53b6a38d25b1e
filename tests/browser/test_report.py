"""The report in a browser: it loads nothing, sorts and filters, and fits a phone."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

AXE = "axe-core@4.10.2"


def open_page(browser: Any, address: str, width: int, dark: bool = False) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    still = {"name": "prefers-reduced-motion", "value": "reduce"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, still]})
    for kind in ("browser", "performance"):
        browser.get_log(kind)  # what was logged before is dropped
    browser.get(address)


def requests(browser: Any) -> list[str]:
    """The addresses that the page asked for."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_leaves_the_page_and_it_fits(
    browser: Any, shown: str, width: int, dark: bool
) -> None:
    open_page(browser, shown, width, dark)
    assert browser.get_log("browser") == []
    assert set(requests(browser)) == {shown}
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert "<script>alert(1)</script>" in browser.execute_script("return document.body.innerText")


def rows(browser: Any) -> list[list[str]]:
    return browser.execute_script(  # type: ignore[no-any-return]
        "return Array.from(document.querySelectorAll('table.rows tbody tr'))"
        ".filter(row => !row.hidden)"
        ".map(row => Array.from(row.cells).map(cell => cell.textContent))"
    )


def test_rows_are_sorted_and_filtered(browser: Any, shown: str) -> None:
    open_page(browser, shown, 1280)
    every = rows(browser)
    heads = browser.find_elements("css selector", "table.rows th button")
    named = {head.text: number for number, head in enumerate(heads)}
    at = named["workers"]
    for order in (1, -1):
        heads[at].click()
        workers = [int(row[at]) for row in rows(browser)]
        assert workers == sorted(workers)[::order] and len(workers) == len(every)
    field = browser.find_element("css selector", ".search input")
    field.send_keys("threads io_sleep")
    found = rows(browser)
    assert 0 < len(found) < len(every)
    assert all("io_sleep" in row[0] and "threads" in row[0] for row in found)
    said = browser.find_element("css selector", ".search output").text
    assert said == f"{len(found)} of {len(every)} rows"


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_that_a_result_says_runs(browser: Any, hostile: str, width: int) -> None:
    open_page(browser, hostile, width)
    assert browser.title == "A title"
    assert browser.execute_script("return window.hit") is None
    # Also not once everything is open, focused, sorted and filtered.
    browser.execute_script(
        "document.querySelectorAll('details').forEach(one => { one.open = true; });"
        "document.querySelectorAll('[tabindex], button, input, a').forEach(one => one.focus());"
    )
    for head in browser.find_elements("css selector", "table.rows th button"):
        browser.execute_script("arguments[0].click()", head)
    field = browser.find_element("css selector", ".search input")
    field.send_keys("<script>")
    assert 0 < len(rows(browser)) < 400
    assert browser.title == "A title"
    assert browser.execute_script("return window.hit") is None
    assert browser.execute_script("return document.scripts.length") == 1
    assert browser.get_log("browser") == []
    assert set(requests(browser)) == {hostile}
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_it_is_read_without_scripts(browser: Any, shown: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        open_page(browser, shown, 1280)
        table = browser.find_element("css selector", "table.rows")
        assert table.is_displayed() and "cpu_pi" in table.text
        assert not browser.find_elements("css selector", ".search")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    if shutil.which("npm") is None:
        pytest.skip("npm is missing, so there is no axe-core")
    kept = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
    if not kept.exists():
        done = subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix",
             str(ROOT / "build" / "axe"), AXE],
            capture_output=True, encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            pytest.skip(f"npm does not get {AXE}: {done.stderr[-200:]}")
    return Path(kept).read_text("utf-8")


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_serious_violation(browser: Any, shown: str, axe: str, dark: bool) -> None:
    open_page(browser, shown, 1280, dark)
    browser.execute_script(axe)
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']})"
        ".then(done, error => done({error: `${error}`}));"
    )
    assert "error" not in found, found
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [node["target"] for node in v["nodes"][:3]]) for v in serious] == []
