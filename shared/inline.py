"""The queue that is there when QStash is not: the same jobs, run in the request that asked for them.

Whoever publishes cannot tell the difference: a publication that ran to its end is as good as one that was taken. What
cannot run now is left where the sweep finds it, as long as PostgreSQL has it; otherwise the publication fails.
"""

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from shared.errors import AuroraError, CircuitOpenError, QueueError
from shared.logs import CORRELATION_HEADER
from shared.ports import Clock, Publication, Queue
from shared.registry import Delivery
from shared.resilience.circuit_breaker import CircuitBreaker, guarded
from shared.runner import Done, Failed, Outcome, began, run_job
from shared.services import Services

log = logging.getLogger("aurora.inline")

#: A request must be answered before API Gateway gives up on it, after 30 s.
TIME_LEFT = timedelta(seconds=25)
#: No job is begun with less time than this: it could be killed in the middle.
SHORTEST = timedelta(seconds=5)
BREAKER = "qstash"

#: Runs one publication as a delivery with this message id.
Run = Callable[[Publication, str], Awaitable[Outcome]]
Sleep = Callable[[float], Awaitable[None]]

#: Until when the outermost of the jobs that run inside one another may go on.
_deadline: ContextVar[datetime | None] = ContextVar("deadline", default=None)


class FallbackQueue:
    """Publishes to `primary` while it takes what is published, and runs the jobs in place otherwise."""

    def __init__(
        self, primary: Queue | None, run: Run, *, breaker: CircuitBreaker, clock: Clock, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._primary = primary
        self._run = run
        self._breaker = breaker
        self._clock = clock
        self._sleep = sleep

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        """Hand over `publications`, or run them; return their message ids.

        Raises `QueueError` when one of them could be neither handed over nor run and nothing else keeps it.
        """
        if self._primary is not None:
            try:
                return await self._hand_over(self._primary, publications)
            except (QueueError, CircuitOpenError) as error:
                log.warning("jobs run in place", extra={"reason": str(error)})
        deadline = _deadline.get() or (began.get() or self._clock.now()) + TIME_LEFT
        return tuple([await self._run_in_place(publication, deadline) for publication in publications])

    async def check(self) -> None:
        """Return when QStash answers. Raises `QueueError`."""
        if self._primary is None:
            raise QueueError("QStash is not configured: jobs run inside requests")
        await self._primary.check()

    async def _hand_over(self, primary: Queue, publications: Sequence[Publication]) -> tuple[str, ...]:
        return await guarded(
            self._breaker, BREAKER, lambda: primary.publish(publications), failed=lambda error, _: True
        )

    async def _run_in_place(self, publication: Publication, deadline: datetime) -> str:
        outermost = _deadline.get() is None
        message_id = f"inline_{uuid4().hex}"
        token = _deadline.set(deadline)
        try:
            outcome = await self._in_time(publication, message_id, deadline)
        finally:
            _deadline.reset(token)
        # What runs inside another job is in PostgreSQL already: the sweep puts it back.
        if outermost and not _settled(outcome):
            raise QueueError(f"{publication.job} could not run in place")
        return message_id

    async def _in_time(self, publication: Publication, message_id: str, deadline: datetime) -> Outcome | None:
        """Wait for the publication's delay and run it; None when there is no time for both, or it must not run here."""
        if not publication.in_place:
            log.warning("a job is left to the queue", extra={"job": publication.job})
            return None
        if self._clock.now() + publication.delay + SHORTEST > deadline:
            log.warning("no time left to run a job in place", extra={"job": publication.job})
            return None
        if publication.delay > timedelta(0):
            await self._sleep(publication.delay.total_seconds())
        return await self._run(publication, message_id)


def _settled(outcome: Outcome | None) -> bool:
    """Say whether nothing is left to do: the job ran, or never will, which the runner's caller records."""
    return isinstance(outcome, Done) or (isinstance(outcome, Failed) and not outcome.retriable)


def in_place(services: Services) -> Run:
    """Return what runs a publication with `services`, once, and keeps a dead letter of what can never work.

    What can never work and is not kept either is to come again.
    """

    async def run(publication: Publication, message_id: str) -> Outcome:
        # Imported here: the webhook pays for the other jobs only when it must run them itself.
        from shared.jobs import load_jobs

        load_jobs()
        correlation_id = publication.headers.get(CORRELATION_HEADER, message_id)
        delivery = Delivery(message_id=message_id, attempt=1, correlation_id=correlation_id)
        outcome = await run_job(publication.job, publication.body.encode(), delivery=delivery, services=services)
        if isinstance(outcome, Failed) and not outcome.retriable:
            kept = await _keep(publication, outcome, delivery, services)
            return replace(outcome, retriable=not kept)
        return outcome

    return run


async def _keep(publication: Publication, failure: Failed, delivery: Delivery, services: Services) -> bool:
    """Keep a dead letter and return whether that worked."""
    from shared.dead_letters import record_dead_letter

    # In the words of QStash's own failure callback, so that there is one way to keep a dead letter.
    report = {
        "sourceMessageId": delivery.message_id,
        "status": 489,
        "retried": 0,
        "body": base64.b64encode(json.dumps({"error": failure.reason}).encode()).decode(),
        "sourceBody": base64.b64encode(publication.body.encode()).decode(),
    }
    try:
        await record_dead_letter(
            json.dumps(report).encode(),
            job=publication.job,
            services=services,
            correlation_id=delivery.correlation_id,
        )
    except AuroraError as error:
        log.error("a dead letter could not be kept", extra={"job": publication.job, "reason": str(error)})
        return False
    return True
