"""Runs one delivery of a job and says what QStash shall do with it. Knows nothing of HTTP."""

import logging
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from shared.errors import AuroraError, InvalidPayloadError, NonRetriableError, RetryAfterError, StaleLeaseError
from shared.logs import correlation_id
from shared.registry import Context, Delivery, Job, Payload, Registry, registry
from shared.services import Services

log = logging.getLogger("aurora.runner")

#: When the job that runs now began, the outermost of those that run inside one another.
began: ContextVar[datetime | None] = ContextVar("began", default=None)


@dataclass(frozen=True)
class Done:
    """The job did what it should; `outcome` says which way, in a word."""

    outcome: str


@dataclass(frozen=True)
class RetryAfter:
    """The delivery shall come again after `delay`."""

    reason: str
    delay: timedelta


@dataclass(frozen=True)
class Failed:
    """The job failed. When not `retriable`, the delivery is to become a dead letter at once."""

    reason: str
    retriable: bool


Outcome = Done | RetryAfter | Failed


async def run_job(
    name: str, body: bytes, *, delivery: Delivery, services: Services, jobs: Registry = registry
) -> Outcome:
    """Run the job `name` with the JSON payload `body` once, and log how it went. Never raises."""
    named = correlation_id.set(delivery.correlation_id)
    timed = began.set(began.get() or services.clock.now())
    try:
        outcome = await _attempt(name, body, Context(services=services, delivery=delivery), jobs)
        _report(name, delivery, outcome)
        return outcome
    finally:
        began.reset(timed)
        correlation_id.reset(named)


async def _attempt(name: str, body: bytes, context: Context, jobs: Registry) -> Outcome:
    try:
        found = jobs.find(name)
        return Done(await found.handler(_parse(found, body), context))
    except StaleLeaseError:
        return Done("fenced")  # the run that holds the lease now does the work
    except RetryAfterError as error:
        return RetryAfter(str(error), error.delay)
    except NonRetriableError as error:
        return Failed(str(error), retriable=False)
    except AuroraError as error:
        return Failed(f"{type(error).__name__}: {error}", retriable=True)
    except Exception as error:
        # The one broad handler: whatever a job raises, QStash must be answered so that it tries again. The error's text
        # is left out of the answer and the log, as it may quote what a customer wrote.
        log.error("unexpected error in a job", extra={"job": name, "where": _place_of(error)})
        return Failed(type(error).__name__, retriable=True)


def _parse(found: Job[Any], body: bytes) -> Payload:
    try:
        payload: Payload = found.payload.model_validate_json(body)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())
        raise InvalidPayloadError(f"invalid payload for {found.name}: {problems}") from None
    return payload


def _place_of(error: BaseException) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else "unknown"
    return f"{type(error).__name__} at {where}"


def _report(name: str, delivery: Delivery, outcome: Outcome) -> None:
    fields = {"job": name, "queue_message_id": delivery.message_id, "attempt": delivery.attempt}
    match outcome:
        case Done(word):
            log.info("job done", extra={**fields, "outcome": word})
        case RetryAfter(reason, delay):
            log.info("job will be retried", extra={**fields, "reason": reason, "delay_s": delay.total_seconds()})
        case Failed(reason, retriable):
            log.warning("job failed", extra={**fields, "reason": reason, "retriable": retriable})
