"""Coroutines of CPython on uvloop, an event loop made of libuv."""

import platform

import event_loop
import runtime
import uvloop

offers = event_loop.offers(uvloop.new_event_loop)
# Its timers count milliseconds: other waits than the usual ones would be other jobs.
del offers["mixed"]
offers["fanout_sleep"] = ("", offers["fanout_sleep"][1])
runtime.serve(
    f"uvloop {uvloop.__version__}, CPython {platform.python_version()}",
    "Coroutines of asyncio on uvloop, on one thread", offers,
)
