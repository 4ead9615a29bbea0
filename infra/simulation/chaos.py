"""Which fault strikes where: single blows by chance, and outages of one dependency for a while."""

import random
from dataclasses import dataclass
from enum import StrEnum

from infra.simulation.clocks import elapsed


class Fault(StrEnum):
    """What happens to a call of a function to the outside."""

    DOWN = "down"  #: nobody listens
    REFUSED = "refused"  #: the connection fails
    ERROR = "error"  #: the other side says 5xx and does nothing
    LOST = "response lost"  #: the other side does it, the answer gets lost
    SLOW = "slow"  #: the other side takes its time: up to and beyond every limit
    KILLED_BEFORE = "killed before"  #: our process ends in front of the call
    KILLED_AFTER = "killed after"  #: our process ends with the effect made and the answer unread


class Mishap(StrEnum):
    """What happens to a call from the outside to a function."""

    UNREACHABLE = "unreachable"  #: it does not get there
    LOST = "answer lost"  #: the function answered and nobody heard
    CUT = "cut off"  #: the caller loses the connection and the function goes on
    DOUBLED = "doubled"  #: it gets there twice, the second time later
    LATE = "late"  #: it gets there late, and so overtaken by others


#: What an outage may take away.
DEPENDENCIES = ("database", "queue", "model", "gateway", "redis")

_FAULTS = tuple(fault for fault in Fault if fault is not Fault.DOWN)
_INTENSITIES = (0.0, 0.01, 0.02, 0.04, 0.08)
#: Fewer calls go to these, and more hangs on each.
_FAVOURED = {"gateway": 4, "model": 2}
_LENGTHS = ((5.0, 40.0), (60.0, 240.0), (300.0, 1200.0))


@dataclass(frozen=True)
class Outage:
    """A dependency that is gone from `start` until `end`, in virtual seconds."""

    dependency: str
    start: float
    end: float


class Chaos:
    """The faults of one world, all drawn from its seed."""

    def __init__(self, source: random.Random, *, horizon: float, calm: bool = False) -> None:
        """`horizon` is when the last person has acted. A `calm` world has no faults at all."""
        self._source = source
        self._intensity = 0.0 if calm else source.choice(_INTENSITIES)
        self.outages = [] if calm else [self._outage(horizon) for _ in range(source.choice((0, 0, 1, 1, 2)))]
        self.over = False

    def strike(self, dependency: str) -> Fault | None:
        """Say what happens to the next call to a dependency."""
        if self.over:
            return None
        if self.is_down(dependency):
            return Fault.DOWN
        chance = self._intensity * _FAVOURED.get(dependency, 1)
        return self._source.choice(_FAULTS) if self._source.random() < chance else None

    def hit(self) -> Mishap | None:
        """Say what happens to the next call to a function."""
        if self.over or self._source.random() >= self._intensity * 2:
            return None
        return self._source.choice(tuple(Mishap))

    def forgets(self) -> bool:
        """Say whether the gateway loses the next event that it has to report."""
        return not self.over and self._source.random() < self._intensity * 2

    def is_down(self, dependency: str) -> bool:
        """Tell whether an outage of a dependency is on."""
        now = elapsed()
        return not self.over and any(
            outage.dependency == dependency and outage.start <= now < outage.end for outage in self.outages
        )

    def _outage(self, horizon: float) -> Outage:
        start = self._source.uniform(0, horizon * 0.8)
        return Outage(
            dependency=self._source.choice(DEPENDENCIES),
            start=start,
            end=start + self._source.uniform(*self._source.choice(_LENGTHS)),
        )
