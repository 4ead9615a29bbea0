"""The published limits of the free and the pay-as-you-go plan, off unless asked for.

Limits of requests per second are not published and so not applied. The day of the message limit is the UTC day.
"""

from dataclasses import dataclass

from infra.local.qstash.config import Quota
from infra.local.qstash.errors import DailyLimitError, QuotaError
from infra.local.qstash.journal import Transaction
from infra.local.qstash.values import Publication

_DAY_MS = 86_400_000
_DAY = 86_400
_MEGABYTE = 1 << 20
#: Longest attempt without a plan: that of the pay-as-you-go plan.
_TIMEOUT = 2 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a plan allows; None is no limit. Durations in seconds."""

    messages_per_day: int | None = None
    message_bytes: int | None = None
    max_delay: int | None = None
    max_retries: int | None = None
    timeout: int = _TIMEOUT
    schedules: int | None = None
    url_groups: int | None = None
    endpoints: int | None = None
    queues: int | None = None
    queue_parallelism: int | None = None
    dead_letter_retention: int | None = None


LIMITS: dict[Quota, Limits] = {
    "none": Limits(),
    "free": Limits(
        messages_per_day=1_000,
        message_bytes=_MEGABYTE,
        max_delay=7 * _DAY,
        max_retries=3,
        timeout=15 * 60,
        schedules=10,
        url_groups=1,
        endpoints=100,
        queues=10,
        queue_parallelism=2,
        dead_letter_retention=3 * _DAY,
    ),
    "payg": Limits(
        message_bytes=10 * _MEGABYTE,
        max_delay=365 * _DAY,
        max_retries=5,
        schedules=1_000,
        url_groups=100,
        queues=100,
        queue_parallelism=100,
        dead_letter_retention=7 * _DAY,
    ),
}


def check(limit: int | None, wanted: int, *, name: str) -> None:
    """Raise `QuotaError` naming the quota if `wanted` is more than `limit`."""
    if limit is not None and wanted > limit:
        raise QuotaError(f"quota {name} exceeded: the plan allows {limit}, not {wanted}")


def check_publication(limits: Limits, publication: Publication, *, body: bytes, now: int) -> None:
    """Raise `QuotaError` if one message of `publication` is more than the plan allows."""
    delay = publication.delay
    if publication.not_before is not None:
        delay = publication.not_before - now // 1000
    check(limits.max_retries, publication.options.retries, name="maxRetries")
    check(limits.message_bytes, len(body), name="maxMessageSize")
    check(limits.max_delay, delay, name="maxDelay")


def count_message(tx: Transaction, limits: Limits, *, enforced: bool) -> None:
    """Count one message of the day. Raises `DailyLimitError` if `enforced` and the day has none left."""
    if limits.messages_per_day is None:
        return
    day = tx.now // _DAY_MS
    name = f"messages on day {day}"
    used = int(tx.scalar("select value from settings where name = ?", (name,)) or 0)
    if enforced and used >= limits.messages_per_day:
        raise DailyLimitError(
            f"quota maxDailyMessages exceeded: the plan allows {limits.messages_per_day}",
            limit=limits.messages_per_day,
            reset=(day + 1) * _DAY,
        )
    tx.execute("delete from settings where name like 'messages on day %' and name <> ?", (name,))
    tx.execute("insert or replace into settings values (?, ?)", (name, str(used + 1)))


def check_queues(tx: Transaction, limits: Limits) -> None:
    """Raise `QuotaError` if the plan allows no further queue."""
    check(limits.queues, tx.scalar("select count(*) from queues") + 1, name="maxQueues")


def check_schedules(tx: Transaction, limits: Limits) -> None:
    """Raise `QuotaError` if the plan allows no further schedule."""
    check(limits.schedules, tx.scalar("select count(*) from schedules") + 1, name="maxSchedules")


def check_url_groups(tx: Transaction, limits: Limits) -> None:
    """Raise `QuotaError` if the plan allows no further URL group."""
    check(limits.url_groups, tx.scalar("select count(*) from url_groups") + 1, name="maxTopics")
