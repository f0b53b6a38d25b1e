"""Coroutines of CPython's asyncio, on one thread."""

import asyncio
import platform

import event_loop
import runtime

runtime.serve(
    f"CPython {platform.python_version()}", "Coroutines of asyncio, on one thread",
    event_loop.offers(asyncio.new_event_loop),
)
