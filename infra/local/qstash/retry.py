"""When a failed message is tried again.

The documents are silent on two points. Of several headers that name a delay, the first in the order of
`_DELAY_HEADERS` counts, and a header beats `Upstash-Retry-Delay`: the destination knows best.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from infra.local.qstash.expression import ExpressionError, evaluate
from infra.local.qstash.headers import Headers, first
from infra.local.qstash.values import Attempt, Message, Outcome

DAY_MS = 86_400_000
_DELAY_HEADERS = ("Retry-After", "X-RateLimit-Reset", "X-RateLimit-Reset-Requests", "X-RateLimit-Reset-Tokens")
_NON_RETRYABLE_STATUS = 489
_NON_RETRYABLE_HEADER = "Upstash-NonRetryable-Error"
_GO_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+")
_GO_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_GO_UNITS_MS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at this time, Unix milliseconds."""

    at: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt."""


def decide(attempt: Attempt, *, now: int) -> Retry | GiveUp:
    """Return what follows the failed `attempt`."""
    message, outcome = attempt.message, attempt.outcome
    if is_non_retryable(outcome) or message.retried >= message.options.retries:
        return GiveUp()
    return Retry(now + _delay(message, outcome, now=now))


def is_non_retryable(outcome: Outcome) -> bool:
    """Tell whether the destination refused the message for good: status 489 together with its header."""
    header = first(outcome.headers, _NON_RETRYABLE_HEADER)
    return outcome.status == _NON_RETRYABLE_STATUS and header is not None and header.strip().lower() == "true"


def backoff(failures: int) -> int:
    """Return the default wait in milliseconds after failure number `failures`, counted from 1.

    12 s, 2 m 28 s, 30 m 8 s, 6 h 7 m 6 s, then a day: the table of the documents, which is e^(2.5 n) seconds.
    """
    return DAY_MS if failures >= 5 else min(DAY_MS, int(math.exp(2.5 * failures) * 1000))


def _delay(message: Message, outcome: Outcome, *, now: int) -> int:
    asked = requested_delay(outcome.headers, now=now)
    if asked is not None:
        return asked
    if message.options.retry_delay is not None:
        try:
            return min(DAY_MS, max(0, int(evaluate(message.options.retry_delay, retried=message.retried))))
        except ExpressionError:
            # Fine for the first retry, or it would not have been accepted, and without a value for this one.
            pass
    return backoff(message.retried + 1)


def requested_delay(headers: Headers, *, now: int) -> int | None:
    """Return the milliseconds that the response asks to wait; None if it does not, or for more than a day."""
    for name in _DELAY_HEADERS:
        text = first(headers, name)
        delay = None if text is None else _parse_delay(text.strip(), now=now)
        if delay is not None:
            return delay if delay <= DAY_MS else None
    return None


def _parse_delay(text: str, *, now: int) -> int | None:
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return int(float(text) * 1000)
    if _GO_DURATION.fullmatch(text):
        return int(sum(float(number) * _GO_UNITS_MS[unit] for number, unit in _GO_PART.findall(text)))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, int(moment.timestamp() * 1000) - now)
