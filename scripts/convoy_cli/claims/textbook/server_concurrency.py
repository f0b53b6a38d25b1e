"""Connections served at once, and one after the other."""

from ..claim import Claim

CLAIM = Claim(
    sentence="One thread per connection serves more clients than one after the other",
    topic="servers",
    evidence=(),
    untestable="there is no server among the workloads yet",
)
