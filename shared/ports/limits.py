"""How much somebody may use."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """How much one subject may use."""

    amount: int  #: at least 1
    window: timedelta  #: in any span this long
    notice_every: timedelta  #: an excess is worth telling the subject at most so often


class Verdict(StrEnum):
    """What a rate limit says of one use."""

    ALLOWED = "allowed"
    NOTICE = "notice"  #: too much, and the subject has not been told lately
    SILENT = "silent"  #: too much, and the subject knows


class RateLimiter(Protocol):
    """Counts what subjects use."""

    async def admit(self, subject: str, *, mark: str, amount: int, limit: RateLimit) -> Verdict:
        """Count `amount` of `subject` against `limit`, once for each `mark`: asked again, the verdict is the same.

        Raises `LimiterError`.
        """
        ...


class MessageLimiter(Protocol):
    """Keeps a contact who writes too much from costing too much."""

    async def admit(self, conversation_id: UUID, *, seq: int, messages: int = 1) -> Verdict:
        """Count the `messages` of a turn whose newest is number `seq`, and say whether it shall be answered.

        A turn that is tried again is not counted again, and gets the same verdict. Never fails.
        """
        ...
