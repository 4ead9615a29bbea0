"""QStash as the queue, through the official SDK."""

import asyncio
import base64
import math
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.log import Log
from qstash.message import BatchRequest, BatchResponse
from qstash.message import FlowControl as QStashFlowControl

from shared.errors import QueueError
from shared.ports import FlowControl, Publication, QueueLogEntry

#: A gateway waits for the webhook's answer: better an early 503, which it retries, than a late one.
PUBLISH_LIMIT = timedelta(seconds=2.5)

JOB_HEADER = "X-Aurora-Job"

_ResultT = TypeVar("_ResultT")


class QStashQueue:
    """Publishes jobs to `<public_url>/jobs/<name>`, with a failure callback that records what gives up."""

    def __init__(self, url: str, token: str, *, public_url: str, limit: timedelta = PUBLISH_LIMIT) -> None:
        # The SDK's own retries sleep for up to half a minute; here the caller decides what a failure means.
        self._client = AsyncQStash(token, retry=False, base_url=url)
        self._public_url = public_url
        self._limit = limit

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        """Hand over all of `publications` in one call and return their message ids, in order. Raises `QueueError`."""
        taken = await self._bounded(self._client.message.batch([self._request(each) for each in publications]))
        # An item for a URL group is answered by a list; a job's address is never one.
        return tuple(each.message_id for each in taken if isinstance(each, BatchResponse))

    async def deliveries(self, message_id: str) -> tuple[QueueLogEntry, ...]:
        """Return what the log holds about a message, oldest first. Raises `QueueError`."""
        page = await self._bounded(self._client.log.list(filter={"message_id": message_id}))
        # The log comes newest first, and several entries may fall into one millisecond.
        return tuple(_log_entry(entry) for entry in reversed(page.logs))

    async def check(self) -> None:
        """Return when QStash answers and takes our token. Raises `QueueError`."""
        await self.signing_key()

    async def signing_key(self) -> str:
        """Return the key that signs this account's deliveries now. Raises `QueueError`."""
        return (await self._bounded(self._client.signing_key.get())).current

    async def aclose(self) -> None:
        """Close the connections."""
        # The SDK offers no way of its own.
        await self._client.http._client.aclose()

    async def _bounded(self, call: Awaitable[_ResultT]) -> _ResultT:
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                return await call
        except TimeoutError:
            raise QueueError(f"QStash did not answer within {self._limit.total_seconds()} s") from None
        except httpx.HTTPError as error:
            raise QueueError(f"QStash cannot be reached: {type(error).__name__}") from error
        except (QStashError, KeyError) as error:
            # A batch answers 2xx even when it refused an item: the SDK then misses that item's message id.
            raise QueueError(f"QStash refused the call: {error}") from error
        except ValueError as error:
            # Neither JSON nor a word that the SDK knows: a proxy's page, or another server at this address.
            raise QueueError("QStash answered in a shape that is not its protocol's") from error

    def _request(self, publication: Publication) -> BatchRequest:
        request: BatchRequest = {
            "url": f"{self._public_url}/jobs/{publication.job}",
            "body": publication.body,
            "content_type": "application/json",
            "headers": dict(publication.headers),
            "retries": publication.retries,
            "failure_callback": f"{self._public_url}/callbacks/failure",
            "failure_callback_headers": {f"Forward-{JOB_HEADER}": publication.job},
            "label": publication.job,
        }
        if publication.retry_delay is not None:
            request["retry_delay"] = publication.retry_delay
        if publication.delay > timedelta(0):
            request["delay"] = math.ceil(publication.delay.total_seconds())
        if publication.deduplication_id is not None:
            request["deduplication_id"] = publication.deduplication_id
        if publication.timeout is not None:
            request["timeout"] = math.ceil(publication.timeout.total_seconds())
        if publication.flow_control is not None:
            request["flow_control"] = _flow_control(publication.flow_control)
        if publication.personal:
            request["redact"] = {"body": True}
        return request


def _log_entry(entry: Log) -> QueueLogEntry:
    return QueueLogEntry(
        state=entry.state.value,
        at=datetime.fromtimestamp(entry.time / 1000, UTC),
        response_status=entry.response_status,
        response_body=None if entry.response_body is None else _decoded(entry.response_body),
        error=entry.error,
    )


def _decoded(body: str) -> str:
    """Return the text of a response as the log shows it: base64 according to the documentation."""
    try:
        return base64.b64decode(body, validate=True).decode(errors="replace")
    except ValueError:
        return body


def _flow_control(limit: FlowControl) -> QStashFlowControl:
    flow_control: QStashFlowControl = {"key": limit.key}
    if limit.parallelism is not None:
        flow_control["parallelism"] = limit.parallelism
    if limit.rate is not None:
        flow_control["rate"] = limit.rate
        flow_control["period"] = math.ceil(limit.period.total_seconds())
    return flow_control
