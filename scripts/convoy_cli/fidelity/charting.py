"""The charts of a measurement: each a module with NAME, TITLE, ALT and draw(canvas, findings)."""

from __future__ import annotations

from typing import Any

from . import chart_lateness, chart_ratios, chart_sweep

FIGURES: tuple[Any, ...] = (chart_lateness, chart_ratios, chart_sweep)
