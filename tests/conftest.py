"""What all tests begin with; and which of them `make test FILTER=regex` asks for."""

from __future__ import annotations

import os
import re
import resource
import signal

import pytest

PATTERN = os.environ.get("CONVOY_TEST_FILTER")

# Who was started in the background ignores it, and so would everything that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Some tests crash a program: no file is to be left of it, and no time to be lost.
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not PATTERN:
        return
    wanted = [item for item in items if re.search(PATTERN, item.nodeid)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted
