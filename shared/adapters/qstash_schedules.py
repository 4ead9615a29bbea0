"""QStash's cron schedules, through the official SDK."""

import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from qstash.schedule import Schedule as QStashSchedule

from shared.adapters.qstash import (
    READ_LIMIT,
    MissingError,
    bounded,
    failure_callback_headers,
    flow_control,
    make_client,
)
from shared.deployment import Deployment
from shared.ports import KeptSchedule, Schedule


class QStashSchedules:
    """The schedules of one deployment: others of the same account, which have other prefixes, are left alone."""

    def __init__(self, url: str, token: str, *, deployment: Deployment, limit: timedelta = READ_LIMIT) -> None:
        self._client = make_client(url, token)
        self._deployment = deployment
        self._limit = limit

    async def present(self) -> tuple[KeptSchedule, ...]:
        """Return the schedules of ours that there are. Raises `QueueError`."""
        found = await bounded(self._client.schedule.list(), self._limit)
        return tuple(_kept(each) for each in found if each.schedule_id.startswith(self._deployment.schedule_prefix))

    async def put(self, schedule: Schedule) -> None:
        """Create a schedule, or replace the one of the same id; it may be running then.

        Raises `QueueError`, `QueueRefusedError` when only this one is not taken.
        """
        publication = schedule.publication
        limit = publication.flow_control
        await bounded(
            self._client.schedule.create(
                destination=schedule.destination,
                cron=schedule.cron,
                schedule_id=schedule.id,
                body=publication.body,
                content_type="application/json",
                retries=publication.retries,
                retry_delay=publication.retry_delay,
                timeout=None if publication.timeout is None else math.ceil(publication.timeout.total_seconds()),
                failure_callback=f"{self._deployment.public_url}/callbacks/failure",
                failure_callback_headers=failure_callback_headers(publication.job),
                flow_control=None if limit is None else flow_control(limit),
                label=publication.job,
            ),
            self._limit,
        )

    async def remove(self, schedule_id: str) -> None:
        """Delete a schedule; one that is gone already is no error. Raises `QueueError`."""
        with suppress(MissingError):
            await bounded(self._client.schedule.delete(quote(schedule_id, safe="")), self._limit)

    async def pause(self, schedule_id: str) -> None:
        """Let a schedule publish nothing until it is resumed. Raises `QueueError`."""
        await bounded(self._client.schedule.pause(quote(schedule_id, safe="")), self._limit)

    async def resume(self, schedule_id: str) -> None:
        """Let a schedule publish again, from its next time on. Raises `QueueError`."""
        await bounded(self._client.schedule.resume(quote(schedule_id, safe="")), self._limit)

    async def aclose(self) -> None:
        """Close the connections."""
        # The SDK offers no way of its own.
        await self._client.http._client.aclose()


def _kept(schedule: QStashSchedule) -> KeptSchedule:
    return KeptSchedule(
        id=schedule.schedule_id,
        cron=schedule.cron,
        destination=schedule.destination,
        body=schedule.body,
        retries=schedule.retries,
        paused=schedule.paused,
        next_run_at=_moment(schedule.next_schedule_time),
        last_run_at=_moment(schedule.last_schedule_time),
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
