"""Played outages of the next sends, and of the next files that are fetched.

| kind | the caller sees | the person gets it |
|---|---|---|
| `error` | 400 with `message` | never |
| `timeout` | nothing for `seconds`, then 400 "Timed Out" | only with `delivered` |
| `hang_up` | the connection is cut | only with `delivered` |
| `drop` | 201, and the message stays PENDING for ever | never |
| `media_missing` | 400, of a file that is fetched; sends pass | – |
| `reject` | 201, then the status ERROR (WhatsApp refuses new chats, ack 463) | never |
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from infra.local.whatsapp.errors import BadRequestError

Kind = Literal["error", "timeout", "hang_up", "drop", "reject", "media_missing"]
_OF_FILES: Kind = "media_missing"
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Fault:
    """What happens to the next `count` sends."""

    kind: Kind
    count: int = 1
    #: How long a `timeout` holds the call.
    seconds: float = 35.0
    #: Text of an `error`.
    message: str = "Error: Connection Closed"
    #: Whether the message leaves although the caller is not told.
    delivered: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadRequestError(f"kind must be one of {', '.join(KINDS)}")
        if self.count < 1 or self.seconds < 0:
            raise BadRequestError("count must be at least 1 and seconds not below 0")
        if self.delivered and self.kind not in {"timeout", "hang_up"}:
            raise BadRequestError(f"delivered makes no sense with {self.kind}: only a timeout or hang_up can leave")


class Faults:
    """The faults that wait for a send, oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[Fault] = deque()

    def add(self, fault: Fault) -> None:
        """Spoil the next sends, after those that are spoilt already."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Let all sends pass again."""
        self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """Return the faults with what is left of their counts."""
        return list(self._waiting)

    def take(self) -> Fault | None:
        """Return the fault of the next send and count it down."""
        return self._first(lambda fault: fault.kind != _OF_FILES)

    def take_missing(self) -> bool:
        """Tell whether the next file that is fetched shall be missing, and count that down."""
        return self._first(lambda fault: fault.kind == _OF_FILES) is not None

    def _first(self, fits: Callable[[Fault], bool]) -> Fault | None:
        position = next((index for index, fault in enumerate(self._waiting) if fits(fault)), None)
        if position is None:
            return None
        fault = self._waiting[position]
        if fault.count > 1:
            self._waiting[position] = replace(fault, count=fault.count - 1)
        else:
            del self._waiting[position]
        return fault
