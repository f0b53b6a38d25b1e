"""Coroutines of CPython on uvloop, an event loop made of libuv."""

import platform

import event_loop
import runtime
import uvloop

runtime.serve(
    f"uvloop {uvloop.__version__}, CPython {platform.python_version()}",
    "Coroutines of asyncio on uvloop, on one thread", event_loop.offers(uvloop.new_event_loop),
)
