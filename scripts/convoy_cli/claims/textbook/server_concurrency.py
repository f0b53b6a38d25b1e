"""Connections served at once, and one after the other."""

from ..claim import Claim, Times, case

# Each request waits, as for a database: what nobody waits for, nobody can serve meanwhile.
AT_ONCE = case("server_echo", workers=16, wait="1ms")
ONE_BY_ONE = case("server_echo", model="single", workers=1, wait="1ms", clients="16")
CLAIM = Claim(
    sentence="One thread per connection serves more clients than one after the other",
    topic="servers",
    evidence=(
        Times(
            "one connection after another over a thread for each, requests that wait 1 ms",
            ONE_BY_ONE, AT_ONCE, 1.1, python=("server_one_by_one", "server_threads"),
        ),
    ),
)
