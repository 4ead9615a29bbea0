"""QStash as the queue, through the official SDK."""

import asyncio
import base64
import math
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.http import HttpMethod
from qstash.log import Log, LogFilter, LogState
from qstash.message import BatchRequest, BatchResponse
from qstash.message import FlowControl as QStashFlowControl

from shared.errors import QueueError, QueueRefusedError
from shared.ports import FlowControl, Publication, QueuedMessage, QueueLog, QueueLogEntry

#: A gateway waits for the webhook's answer: better an early 503, which it retries, than a late one.
PUBLISH_LIMIT = timedelta(seconds=2.5)

#: An operator waits longer than a gateway, and pages of the log are long.
READ_LIMIT = timedelta(seconds=10)

_LOG_PAGE = 1000  #: the most that QStash gives at once

JOB_HEADER = "X-Aurora-Job"

#: Malformed, or more than the plan allows: the same call is refused again, whoever else is taken.
_REFUSALS = ("400", "412", "413", "422")

#: An address that no client can call.
_NOWHERE = "none:"

_FAILED = "Request failed with status: "

_ResultT = TypeVar("_ResultT")


def failure_callback_headers(job: str) -> dict[str, str]:
    """Return what QStash is told with the failure callback of `job`, for the SDK's `failure_callback_headers`.

    Without retries of its own a callback has those of its message, which an outage that the message did not survive
    outlasts too. With QStash's own backoff four of them reach six hours far.
    """
    return {f"Forward-{JOB_HEADER}": job, "Retries": "4"}


class QStashQueue:
    """Publishes jobs to `<public_url>/jobs/<name>`, with a failure callback that records what gives up."""

    def __init__(self, url: str, token: str, *, public_url: str, limit: timedelta = PUBLISH_LIMIT) -> None:
        self._client = make_client(url, token)
        self._public_url = public_url
        self._limit = limit

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        """Hand over all of `publications` in one call and return their message ids, in order. Raises `QueueError`."""
        taken = await bounded(self._client.message.batch([self._request(each) for each in publications]), self._limit)
        # An item for a URL group is answered by a list; a job's address is never one.
        ids = tuple(each.message_id for each in taken if isinstance(each, BatchResponse))
        if len(ids) != len(publications):
            raise QueueError("QStash did not answer with an id for each message")
        return ids

    async def check(self) -> None:
        """Return when QStash answers and takes our token. Raises `QueueError`."""
        await self.signing_key()

    async def signing_key(self) -> str:
        """Return the key that signs this account's deliveries now. Raises `QueueError`."""
        return (await bounded(self._client.signing_key.get(), self._limit)).current

    async def aclose(self) -> None:
        """Close the connections."""
        # The SDK offers no way of its own.
        await self._client.http._client.aclose()

    def _request(self, publication: Publication) -> BatchRequest:
        request: BatchRequest = {
            "url": f"{self._public_url}/jobs/{publication.job}",
            "body": publication.body,
            "content_type": "application/json",
            "headers": dict(publication.headers),
            "retries": publication.retries,
            "failure_callback": f"{self._public_url}/callbacks/failure",
            "failure_callback_headers": failure_callback_headers(publication.job),
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
            request["flow_control"] = flow_control(publication.flow_control)
        if publication.personal:
            request["redact"] = {"body": True}
        return request


class QStashRecords:
    """What QStash itself knows of the messages: its log, its messages and its dead letters."""

    def __init__(self, url: str, token: str, *, limit: timedelta = READ_LIMIT) -> None:
        self._client = make_client(url, token)
        self._limit = limit

    async def log(
        self, *, job: str | None = None, message_id: str | None = None, state: str | None = None, limit: int = 1000
    ) -> QueueLog:
        """Return the newest entries, at most `limit` of them, of a job, of a message, or of a state."""
        wanted: LogFilter = {}
        if job is not None:
            wanted["label"] = job
        if message_id is not None:
            wanted["message_id"] = message_id
        if state is not None:
            wanted["state"] = LogState(state)
        entries: list[QueueLogEntry] = []
        cursor: str | None = None
        while len(entries) < limit:
            count = min(limit - len(entries), _LOG_PAGE)
            page = await bounded(self._client.log.list(cursor=cursor, count=count, filter=wanted), self._limit)
            entries.extend(map(_log_entry, page.logs))
            cursor = page.cursor
            if cursor is None:
                break
        return QueueLog(entries=tuple(entries), complete=cursor is None)

    async def message(self, message_id: str) -> QueuedMessage | None:
        """Return a message, None when QStash no longer has it."""
        try:
            found = await bounded(self._client.message.get(quote(message_id, safe="")), self._limit)
        except MissingError:
            return None
        return QueuedMessage(
            message_id=found.message_id,
            job=found.label,
            created_at=_moment(found.created_at),
            not_before=_moment(found.not_before),
            retries=found.max_retries,
            body=found.body,
            flow_control_key=found.flow_control.key if found.flow_control else None,
        )

    async def cancel(self, message_ids: Sequence[str]) -> int:
        """Cancel the messages that are not finished and return how many; unknown ids are passed over."""
        # QStash takes an empty list for all messages there are.
        return await bounded(self._client.message.cancel_many(list(message_ids)), self._limit) if message_ids else 0

    async def clear(self, job: str) -> int:
        """Cancel every message of a job that is not finished and return how many."""
        if not job:
            raise ValueError("without a job's name QStash would cancel everything")
        # The SDK cancels by id or everything; QStash also takes a filter. So with the dead letter's retry below.
        answer = await self._call("DELETE", "/v2/messages", params={"label": job})
        return int(answer["cancelled"])

    async def retry_dead_letter(self, dead_letter_id: str, *, deduplication_id: str) -> str | None:
        """Publish what is in QStash's dead letter anew, whole, and return the new message's id.

        The dead letter is gone then. Returns None when QStash no longer has it.
        """
        try:
            # The id that the first publication had is no longer free: under it, QStash would drop the retry.
            headers = {"Upstash-Deduplication-Id": deduplication_id}
            answer = await self._call("POST", f"/v2/dlq/retry/{quote(dead_letter_id, safe='')}", headers=headers)
        except MissingError:
            return None
        return str(answer["messageId"])

    async def discard_dead_letter(self, dead_letter_id: str) -> bool:
        """Delete QStash's dead letter; return False when QStash no longer has it."""
        try:
            await bounded(self._client.dlq.delete(quote(dead_letter_id, safe="")), self._limit)
        except MissingError:
            return False
        return True

    async def aclose(self) -> None:
        """Close the connections."""
        # The SDK offers no way of its own.
        await self._client.http._client.aclose()

    async def _call(self, method: HttpMethod, path: str, **options: Any) -> dict[str, Any]:
        answer = await bounded(self._client.http.request(path=path, method=method, **options), self._limit)
        if not isinstance(answer, dict):
            raise QueueError("QStash answered in a shape that is not its protocol's")
        return answer


class MissingError(QueueError):
    """QStash does not know what the call names."""


def make_client(url: str, token: str) -> AsyncQStash:
    """Return the SDK's client, which makes one attempt per call; without a `url` each of them is a `QueueError`."""
    # The SDK's own retries sleep for up to half a minute; here the caller decides what a failure means.
    # Given no address, the SDK would call the one in the environment, or the cloud.
    return AsyncQStash(token, retry=False, base_url=url or _NOWHERE)


async def bounded(call: Awaitable[_ResultT], limit: timedelta) -> _ResultT:
    """Await a call of the SDK for `limit` at most. Raises `QueueError` for whatever goes wrong."""
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await call
    except TimeoutError:
        raise QueueError(f"QStash did not answer within {limit.total_seconds()} s") from None
    except httpx.UnsupportedProtocol:
        raise QueueError("there is no queue: QSTASH_URL is none") from None
    except httpx.HTTPError as error:
        raise QueueError(f"QStash cannot be reached: {type(error).__name__}") from error
    except (QStashError, KeyError) as error:
        if str(error).startswith(f"{_FAILED}404"):  # the SDK has no error of its own for a status
            raise MissingError("QStash does not know what the call names") from error
        # A batch answers 2xx even when it refused an item: the SDK then misses that item's message id.
        refused = str(error).startswith(tuple(f"{_FAILED}{status}" for status in _REFUSALS))
        raise (QueueRefusedError if refused else QueueError)(f"QStash refused the call: {error}") from error
    except (TypeError, ValueError) as error:
        # Neither JSON nor a word that the SDK knows: a proxy's page, or another server at this address.
        raise QueueError("QStash answered in a shape that is not its protocol's") from error


def _log_entry(entry: Log) -> QueueLogEntry:
    return QueueLogEntry(
        state=entry.state.value,
        at=_moment(entry.time),
        response_status=entry.response_status,
        response_body=None if entry.response_body is None else _decoded(entry.response_body),
        error=entry.error,
        message_id=entry.message_id,
        job=entry.label,
        next_delivery_at=None if entry.next_delivery_time is None else _moment(entry.next_delivery_time),
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _decoded(body: str) -> str:
    """Return the text of a response as the log shows it: base64 according to the documentation."""
    try:
        return base64.b64decode(body, validate=True).decode(errors="replace")
    except ValueError:
        return body


def flow_control(limit: FlowControl) -> QStashFlowControl:
    """Return a limit in the SDK's words."""
    control: QStashFlowControl = {"key": limit.key}
    if limit.parallelism is not None:
        control["parallelism"] = limit.parallelism
    if limit.rate is not None:
        control["rate"] = limit.rate
        control["period"] = math.ceil(limit.period.total_seconds())
    return control
