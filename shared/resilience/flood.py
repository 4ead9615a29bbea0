"""A limit on what one WhatsApp number may send to one container, kept in its memory: no call, no import of a client."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import RetryAfterError
from shared.ports import Clock


@dataclass(frozen=True)
class Bucket:
    """A token bucket: how much was left at a moment."""

    tokens: float
    at: datetime


def take(bucket: Bucket | None, amount: int, *, now: datetime, rate: float, burst: float) -> tuple[Bucket, timedelta]:
    """Take `amount` from a bucket that holds up to `burst` and fills at `rate` per second; a new one is full.

    Returns the bucket after it and how long to wait, zero when it was granted. Whatever is asked of a full bucket is
    granted, so that nothing waits for ever; what is refused takes nothing.
    """
    elapsed = max(0.0, (now - bucket.at).total_seconds()) if bucket else 0.0  # a clock may be set back
    tokens = min(burst, bucket.tokens + elapsed * rate) if bucket else burst
    needed = min(float(amount), burst)
    if tokens < needed:
        return Bucket(tokens, now), timedelta(seconds=(needed - tokens) / rate)
    return Bucket(tokens - amount, now), timedelta(0)


@dataclass(kw_only=True)
class FloodLimit:
    """One bucket for each instance that proved to be one.

    A refusal is a `RetryAfterError`, which webhooks answer as 503: gateways try that again, and no status that begins
    with 4.
    """

    clock: Clock
    rate: float  #: reports per second
    seconds: float = 10.0  #: so many seconds' worth may come at once, as after a gateway's reconnection
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def take(self, instance: str, amount: int) -> None:
        """Count `amount` reports of `instance`. Raises `RetryAfterError` when they are too many for now."""
        if not amount:
            return
        self._buckets[instance], wait = take(
            self._buckets.get(instance), amount, now=self.clock.now(), rate=self.rate, burst=self.rate * self.seconds
        )
        if wait:
            raise RetryAfterError(f"instance {instance} reports more than {self.rate:g} events a second", delay=wait)
