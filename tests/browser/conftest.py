"""A browser without a window, and the page of a result for it to show."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "python")]
sys.dont_write_bytecode = True

import synthetic  # noqa: E402
from convoy_cli.report import content, page  # noqa: E402
from convoy_cli.results import load  # noqa: E402

EVIL = '<script>alert(1)</script>"</style>'


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page whose result has hostile names and facts."""
    pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("page")
    made = synthetic.document(synthetic.Truth(cores=4, workers=(1, 2, 4)))
    made["convoy"]["facts"]["cpu_model"] = EVIL
    result = load.load(synthetic.write(folder / "x.json", made))
    sections = content.sections(result, None, None, lambda words: None)
    file = folder / "x.html"
    file.write_text(page.render("A title", content.opening(result), sections), "utf-8")
    return file.as_uri()


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with two hundred hostile strings as names, facts and claims."""
    pytest.importorskip("matplotlib")
    from test_hostile_strings import hostile_page

    file = tmp_path_factory.mktemp("hostile") / "x.html"
    file.write_bytes(hostile_page().encode("utf-8", "backslashreplace"))
    return file.as_uri()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    selenium = pytest.importorskip("selenium.webdriver", reason="python3-selenium is missing")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("chromium or chromium-driver is missing: apt-get install chromium-driver")
    from selenium.webdriver.chrome.service import Service

    options = selenium.ChromeOptions()
    options.binary_location = chromium
    # Root may not use the sandbox, and small machines have little shared memory.
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = selenium.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()
