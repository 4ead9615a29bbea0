"""QStash's cron schedules, through the official SDK."""

from dataclasses import dataclass
from datetime import timedelta

from shared.adapters.qstash import READ_LIMIT, bounded, failure_callback_headers, make_client
from shared.ports import Publication

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

    def schedule(self, publication: Publication, cron: str) -> Schedule:
        """Return the schedule that publishes `publication` at `cron`; its id follows from the job."""
        job = publication.job
        return Schedule(id=f"{PREFIX}{job}", cron=cron, destination=f"{self._public_url}/jobs/{job}")

    async def present(self) -> tuple[Schedule, ...]:
        """Return the schedules of ours that there are. Raises `QueueError`."""
        found = await bounded(self._client.schedule.list(), self._limit)
        return tuple(
            Schedule(id=each.schedule_id, cron=each.cron, destination=each.destination)
            for each in found
            if each.schedule_id.startswith(PREFIX)
        )

    async def put(self, schedule: Schedule, publication: Publication) -> None:
        """Create a schedule, or replace the one of the same id. Raises `QueueError`."""
        await bounded(
            self._client.schedule.create(
                destination=schedule.destination,
                cron=schedule.cron,
                schedule_id=schedule.id,
                body=publication.body,
                content_type="application/json",
                retries=publication.retries,
                retry_delay=publication.retry_delay,
                timeout=None if publication.timeout is None else round(publication.timeout.total_seconds()),
                failure_callback=f"{self._public_url}/callbacks/failure",
                failure_callback_headers=failure_callback_headers(publication.job),
                label=publication.job,
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
