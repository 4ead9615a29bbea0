"""What can be asked whether it is there, and the time."""

from datetime import datetime
from typing import Protocol


class Dependency(Protocol):
    """Anything outside this process that can be asked whether it is there."""

    async def check(self) -> None:
        """Return when it answers and takes our credentials; raise the `UnavailableError` that fits otherwise."""
        ...


class Clock(Protocol):
    """The one source of time in Python."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...
