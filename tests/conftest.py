"""Of the collected tests, those that `make test FILTER=regex` asks for."""

from __future__ import annotations

import os
import re

import pytest

PATTERN = os.environ.get("CONVOY_TEST_FILTER")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not PATTERN:
        return
    wanted = [item for item in items if re.search(PATTERN, item.nodeid)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted
