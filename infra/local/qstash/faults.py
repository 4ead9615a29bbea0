"""Faults that a developer orders for the next matching deliveries, to see how an endpoint bears them."""

from dataclasses import dataclass, replace
from typing import Literal

Action = Literal["duplicate", "delay", "drop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to the next `count` deliveries whose URL contains `match`.

    `duplicate` sends the delivery twice, `delay` holds it back for `delay` seconds, `drop` delivers it and loses
    the response, so that it is retried although the endpoint answered.
    """

    action: Action
    match: str = ""
    count: int = 1
    delay: int = 0


class Faults:
    """The faults that are still to happen, kept in memory only."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []

    def list(self) -> tuple[Fault, ...]:
        return tuple(self._pending)

    def add(self, fault: Fault) -> None:
        self._pending.append(fault)

    def clear(self) -> None:
        self._pending.clear()

    def take(self, url: str) -> Fault | None:
        """Return the oldest fault that matches `url`, used up by one."""
        for index, fault in enumerate(self._pending):
            if fault.match in url:
                left = replace(fault, count=fault.count - 1)
                self._pending[index : index + 1] = [left] if left.count > 0 else []
                return fault
        return None
