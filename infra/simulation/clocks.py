"""The one virtual time, as the broker, the functions and the database read it. The last two may go wrong."""

import asyncio
from datetime import UTC, datetime, timedelta

from infra.local.qstash import Clock

#: Tuesday, 20 January 2026, 09:20 in São Paulo.
START = datetime(2026, 1, 20, 12, 20, tzinfo=UTC)


def elapsed() -> float:
    """Return the virtual seconds since the start."""
    return asyncio.get_running_loop().time()


def moment(seconds: float) -> datetime:
    """Return the moment `seconds` after the start."""
    return START + timedelta(seconds=seconds)


class BrokerClock(Clock):
    """The broker's clock: the loop's time, so that its timers are the loop's too."""

    def now(self) -> int:
        return round(START.timestamp() * 1000 + elapsed() * 1000)


class DriftingClock:
    """A machine's clock: the virtual time, and as much as it is wrong by."""

    def __init__(self) -> None:
        self.skew = timedelta(0)

    def now(self) -> datetime:
        return moment(elapsed()) + self.skew
