"""What is compared: the workloads, their goals, and what the rounds of one of them say."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from peers import OURS, PEERS, Sample


@dataclass(frozen=True)
class Goal:
    """gosched's median is to be at most `factor` times that of `against`; a peer, or `BEST`.

    On any number of procs, or on `procs` only. `worst` is what no round may exceed.
    """

    factor: float
    against: str
    procs: int | None = None
    worst: float | None = None

    def __str__(self) -> str:
        worst = f" ({self.worst:.2f})" if self.worst is not None else ""
        return f"<= {self.factor:.2f}{worst}"

    def verdict(self, ratios: list[float]) -> str:
        if median(ratios) <= self.factor and max(ratios) <= (self.worst or max(ratios)):
            return "met"
        return "within noise" if min(ratios) <= self.factor else "missed"


BEST = "the best peer"

# Every workload and its goals, as the design and the issues state them.
WORKLOADS = {
    "yield": [Goal(1.0, "may"), Goal(0.25, "go")],
    "spawn_join": [Goal(0.35, BEST)],
    "spawn_many": [Goal(0.4, BEST, 1), Goal(0.35, "go", 2, worst=0.6), Goal(0.5, "go", 16)],
    "ping_pong": [Goal(0.4, "go", 1), Goal(0.35, "go", 2)],
    "chan_1_1": [Goal(0.35, "go")],
    "chan_4_4": [Goal(0.5, "go")],
    "mutex": [Goal(1.0, "go")],
    "fib": [Goal(0.35, "tokio", 1), Goal(0.4, BEST, 2)],
    "skynet": [Goal(0.5, BEST)],
    "skynet_unbuffered": [Goal(0.35, BEST, 1), Goal(0.35, BEST, 2), Goal(0.5, "go", 16)],
    "parked": [],
    "sleeps": [Goal(0.5, BEST)],
    "stopped": [],
    "condvar": [],
    "semaphore": [],
    "rwlock": [],
    "scope": [],
    "sleepers": [],
    "switch": [Goal(1.0, "corosensei")],
    "create_goroutines": [],
    "create_parallel": [],
    "ping_pong_hog": [],
    "wakeup_spinning": [],
    "wakeup_syscall": [],
    "chan_contended": [],
    "chan_sync_work": [],
    "chan_prod_cons_0": [],
    "chan_prod_cons_10": [],
    "chan_prod_cons_100": [],
    "chan_popular": [],
    "select_sync": [],
    "select_async": [],
    "mutex_no_spin": [],
    "mutex_spin": [],
    "sema_nonblock": [],
    "sema_block": [],
    "sleep_1000": [],
    "timer_latency": [],
    "actor_ring": [],
    "pipeline": [],
    "quicksort": [],
    "matrix": [],
}
ONLY_ON_ONE = {"parked", "sleepers", "switch", "ping_pong_hog"}
ONLY_ON_SEVERAL = {
    "create_parallel",
    "wakeup_spinning",
    "wakeup_syscall",
    "sema_block",
    "timer_latency",
}
# More procs than a container's quota pays for.
CROWD = 16
IN_A_CROWD = {"spawn_many", "skynet_unbuffered", "chan_4_4"}
# A goal that is no ratio: what a parked goroutine may keep resident.
PARKED_BYTES = 4_400


def fits(workload: str, procs: int) -> bool:
    return workload not in (ONLY_ON_SEVERAL if procs == 1 else ONLY_ON_ONE)


def usual_procs(workload: str) -> list[int]:
    """On how many procs it runs if nobody says."""
    crowd = [CROWD] if workload in IN_A_CROWD else []
    return [procs for procs in [1, 2] if fits(workload, procs)] + crowd


@dataclass(frozen=True)
class Ratio:
    """gosched's time by the peer's: the median of the rounds, the least and the greatest."""

    workload: str
    procs: int
    peer: str
    median: float
    least: float
    greatest: float

    def spread(self) -> str:
        return f"[{self.least:.2f}..{self.greatest:.2f}]"


@dataclass
class Result:
    """What the rounds of one workload on so many procs say of one number of the programs."""

    workload: str
    procs: int
    key: str
    samples: dict[str, list[Sample]]

    def values(self, name: str) -> list[float]:
        """A number for each round; none at all if a round is missing."""
        samples = self.samples.get(name, [])
        complete = all(self.key in sample.numbers for sample in samples)
        return [sample.numbers[self.key] for sample in samples] if complete else []

    def death(self, name: str) -> str:
        return next((s.death for s in self.samples.get(name, []) if s.death), "")

    def ratios(self, peer: str) -> list[float]:
        return [ours / theirs for ours, theirs in zip(self.values(OURS), self.values(peer))]

    def ratio(self, peer: str) -> Ratio | None:
        values = self.ratios(peer)
        if not values:
            return None
        return Ratio(self.workload, self.procs, peer, median(values), min(values), max(values))

    def goals(self) -> dict[str, Goal]:
        """The goal against each peer, where there is one."""
        medians = {peer: median(v) for peer in PEERS if (v := self.values(peer))}
        best = min(medians, key=medians.__getitem__, default="")
        goals = WORKLOADS[self.workload] if self.key != "bytes" else []
        here = [goal for goal in goals if goal.procs in (None, self.procs)]
        return {best if goal.against == BEST else goal.against: goal for goal in here}
