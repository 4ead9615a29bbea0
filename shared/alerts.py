"""Tells the operator of what gave up: once an hour for each cause, and never so often that nobody reads it any more."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.errors import AlertError, LimiterError
from shared.ports import Alert, AlertChannel, Clock, Redis

log = logging.getLogger("aurora.alerts")

#: One cause is told once in this time.
WINDOW = timedelta(hours=1)

#: So many alerts, of whatever cause, go out in that time.
MOST_IN_WINDOW = 20

_KEY = "aurora:alerts"

#: Holds each cause at the time when it was told. One key, so that both limits are kept by one atomic script.
_ADMIT = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[1]) - tonumber(ARGV[2]))
if redis.call('ZSCORE', KEYS[1], ARGV[3]) or redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
    return 0
end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""

_FORGET = "return redis.call('ZREM', KEYS[1], ARGV[1])"

#: Ids and numbers differ from one failure to the next of the same kind.
_PARTICULARS = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\d+", re.IGNORECASE)
_KIND_LENGTH = 120


@dataclass(kw_only=True)
class Alerts:
    """The operator's alerts of one process. Telling never fails: whoever has something to tell has done its work."""

    channels: Sequence[AlertChannel]
    redis: Callable[[], Redis]  #: called when there is something to tell
    clock: Clock
    most: int = MOST_IN_WINDOW
    _told_blindly: set[str] = field(default_factory=set)

    async def tell(self, alert: Alert) -> bool:
        """Deliver `alert` over every channel, unless its cause or too many others were told; return whether it was."""
        if not self.channels:
            return False
        cause = cause_of(alert)
        if not await self._admit(cause):
            return False
        delivered = [await self._deliver(channel, alert) for channel in self.channels]
        if not any(delivered):
            await self._forget(cause)
        return any(delivered)

    async def _admit(self, cause: str) -> bool:
        window = int(WINDOW.total_seconds())
        arguments = [str(self.clock.now().timestamp()), str(window), cause, str(self.most)]
        try:
            return bool(await self.redis().script(_ADMIT, keys=[_KEY], arguments=arguments))
        except LimiterError as error:
            # Better an alert too many than none: this process tells each cause once.
            log.warning("alerts are not limited", extra={"reason": str(error)})
            known = cause in self._told_blindly
            self._told_blindly.add(cause)
            return not known

    async def _deliver(self, channel: AlertChannel, alert: Alert) -> bool:
        try:
            await channel.deliver(alert)
        except AlertError as error:
            letter = str(alert.dead_letter_id)
            log.error("an alert was not delivered", extra={"reason": str(error), "dead_letter_id": letter})
            return False
        return True

    async def _forget(self, cause: str) -> None:
        """Nobody heard: the next failure of the same cause must try again."""
        self._told_blindly.discard(cause)
        try:
            await self.redis().script(_FORGET, keys=[_KEY], arguments=[cause])
        except LimiterError as error:
            log.warning("alerts are not limited", extra={"reason": str(error)})


def cause_of(alert: Alert) -> str:
    """Return what failures of one kind have in common: organization, job and the error without its particulars."""
    kind = _PARTICULARS.sub("#", alert.error)[:_KIND_LENGTH]
    return f"{alert.organization_id or '-'}|{alert.job}|{kind}"
