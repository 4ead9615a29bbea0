"""Played troubles of the next calls.

| kind | the caller sees |
|---|---|
| `slow` | the right answer, after `ms` |
| `error` | 500 |
| `rate_limit` | 429 with `Retry-After: retry_after` seconds |
| `hang_up` | the connection is cut |
"""

from collections import deque
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """What happens to the next `count` calls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["slow", "error", "rate_limit", "hang_up"]
    count: int = Field(default=1, ge=1)
    ms: int = Field(default=1000, ge=0)
    retry_after: int = Field(default=1, ge=0)


class Faults:
    """The faults that wait for a call, oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[Fault] = deque()

    def add(self, fault: Fault) -> None:
        """Spoil the next calls, after those that are spoilt already."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Let all calls pass again."""
        self._waiting.clear()

    def take(self) -> Fault | None:
        """Return the fault of the next call and count it down."""
        if not self._waiting:
            return None
        fault = self._waiting.popleft()
        if fault.count > 1:
            self._waiting.appendleft(fault.model_copy(update={"count": fault.count - 1}))
        return fault
