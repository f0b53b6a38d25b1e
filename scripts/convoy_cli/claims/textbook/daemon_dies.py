"""What becomes of background workers once the ordinary ones are done."""

from ..claim import Claim, Never, case

THREADS = case("daemon_exit", model="single", workers=1)
CLAIM = Claim(
    sentence="Background workers die with the main one",
    topic="daemons",
    evidence=(
        Never("background threads that survive", THREADS, "background_survived",
              python=("daemon_survived",)),
        Never("background processes that survive", THREADS.but(how="process"),
              "background_survived"),
        Never("ordinary workers that finish", THREADS, "ordinary_finished", 1.0,
              python=("ordinary_finished",)),
    ),
)  # fmt: skip
