"""QStash's cron schedules, through the official SDK."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.adapters.qstash import READ_LIMIT, bounded, failure_callback_headers, make_client
from shared.registry import Job

#: Whose schedules these are: others of the same account are left alone.
PREFIX = "aurora."


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A schedule that runs a job."""

    id: str
    cron: str
    destination: str


class QStashSchedules:
    """The schedules of one deployment, the one at `public_url`."""

    def __init__(self, url: str, token: str, *, public_url: str, limit: timedelta = READ_LIMIT) -> None:
        self._client = make_client(url, token)
        self._public_url = public_url
        self._limit = limit

    def wanted(self, job: Job[Any]) -> Schedule | None:
        """Return the schedule that a job declares, None when it declares none."""
        if job.cron is None:
            return None
        return Schedule(id=f"{PREFIX}{job.name}", cron=job.cron, destination=f"{self._public_url}/jobs/{job.name}")

    async def present(self) -> tuple[Schedule, ...]:
        """Return the schedules of ours that there are. Raises `QueueError`."""
        found = await bounded(self._client.schedule.list(), self._limit)
        return tuple(
            Schedule(id=each.schedule_id, cron=each.cron, destination=each.destination)
            for each in found
            if each.schedule_id.startswith(PREFIX)
        )

    async def put(self, schedule: Schedule, job: Job[Any]) -> None:
        """Create a schedule, or replace the one of the same id. Raises `QueueError`."""
        await bounded(
            self._client.schedule.create(
                destination=schedule.destination,
                cron=schedule.cron,
                schedule_id=schedule.id,
                body=json.dumps({}),
                content_type="application/json",
                retries=job.retries,
                retry_delay=job.retry_delay,
                timeout=round(job.timeout.total_seconds()),
                failure_callback=f"{self._public_url}/callbacks/failure",
                failure_callback_headers=failure_callback_headers(job.name),
                label=job.name,
            ),
            self._limit,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        # The SDK offers no way of its own.
        await self._client.http._client.aclose()

    async def remove(self, schedule_id: str) -> None:
        """Delete a schedule. Raises `QueueError`."""
        await bounded(self._client.schedule.delete(schedule_id), self._limit)
