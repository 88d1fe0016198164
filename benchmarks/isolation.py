"""What each tier of isolation costs, interleaved in one run: milliseconds per submission.

    taskset -c 0,1 python benchmarks/isolation.py [--rounds 100]

A submission is one session and five workers, each called once: what grading a submission of three
tasks takes at least. The student's own code does next to nothing, so what is measured is ours.
"""

import argparse
import os
import statistics
import time

import numpy as np

from dlcnn.grading.worker.pool import TIERS, Program, Zygote

WORKERS = 5
WARM_UP = 5
SOURCE = "import numpy as np\n\ndef scale(X, factor):\n    return X * factor\n"
PROGRAM = Program((("cell 1", 1, SOURCE),), names=("scale",))
X = np.ones((4, 5, 3))


def main() -> None:
    """Print a line per tier, and what it costs over the tier process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    rounds = parser.parse_args().rounds
    zygotes = {tier: Zygote(tier=tier) for tier in TIERS}
    taken: dict[str, list[float]] = {tier: [] for tier in TIERS}
    for number in range(-WARM_UP, rounds):
        for tier, zygote in zygotes.items():
            milliseconds = _grade(zygote)
            if number >= 0:
                taken[tier].append(milliseconds)
    user = "root" if os.geteuid() == 0 else "an ordinary user"
    cores = len(os.sched_getaffinity(0))
    print(f"{rounds} submissions per tier as {user}, {WORKERS} workers each, {cores} core(s)")
    for tier, zygote in zygotes.items():
        more = statistics.median(map(float.__sub__, taken[tier], taken["process"]))
        found = "" if zygote.isolation.tier == tier else f"  in truth {zygote.isolation.tier}"
        print(f"{tier:8} {_spread(taken[tier])} ms, {more:+.1f} pair by pair{found}")
        zygote.close()


def _grade(zygote: Zygote) -> float:
    started = time.perf_counter()
    with zygote.session(PROGRAM) as session:
        for _ in range(WORKERS):
            reply = session.worker().call("scale", (X, 2.0))
            assert reply.failure is None, reply
    return (time.perf_counter() - started) * 1000


def _spread(values: list[float]) -> str:
    tenths = statistics.quantiles(values, n=10)
    return f"{statistics.median(values):5.1f} (10-90 %: {tenths[0]:.1f}-{tenths[-1]:.1f})"


if __name__ == "__main__":
    main()
