"""One attempt: sign the message, send it, read what comes back.

Redirects are failures, since the documents do not speak of following them.
"""

import asyncio
import base64
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import httpx

from infra.local.qstash.clock import Clock
from infra.local.qstash.faults import Fault, Faults
from infra.local.qstash.headers import Headers, collect, encode_value
from infra.local.qstash.ids import Ids
from infra.local.qstash.signing import sign
from infra.local.qstash.values import Message, Outcome

#: More of a response than this is not kept for callbacks, the log and the dead letters.
MAX_RESPONSE_BYTES = 1 << 20
_REGION = "EU-CENTRAL-1"
_CONNECT_SECONDS = 10.0


class Sender:
    """Sends messages to their destinations."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
        *,
        ids: Ids,
        faults: Faults,
        rewrites: Mapping[str, str],
        max_timeout: int,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._ids = ids
        self._faults = faults
        self._rewrites = {host.lower(): base.rstrip("/") for host, base in rewrites.items()}
        self._max_timeout = max_timeout
        #: Key that signs; the owner keeps it current.
        self.signing_key = ""

    async def send(self, message: Message) -> Outcome:
        """Make one attempt. Every error is an outcome, so that no message is left without one."""
        fault = self._faults.take(message.url)
        timeout = min(message.options.timeout or self._max_timeout, self._max_timeout)
        late: list[bool] = []
        task = asyncio.ensure_future(self._faulty_exchange(message, fault))

        def interrupt() -> None:
            late.append(True)
            task.cancel()

        timer = self._clock.call_at(self._clock.now() + timeout * 1000, interrupt)
        try:
            return await task
        except asyncio.CancelledError:
            if not late:
                task.cancel()
                raise
            return _failure(f"no response within {timeout} s")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _failure(f"{type(error).__name__}: {error}".rstrip(": "))
        except Exception as error:  # a message whose attempt crashes must fail and be retried, not hang
            return _failure(f"could not be sent: {type(error).__name__}: {error}")
        finally:
            timer.cancel()

    async def _faulty_exchange(self, message: Message, fault: Fault | None) -> Outcome:
        if fault is None:
            return await self._exchange(message)
        if fault.action == "delay":
            await self._pause(fault.delay)
        outcome = await self._exchange(message)
        if fault.action == "duplicate":
            outcome = await self._exchange(message)
        if fault.action == "drop":
            return _failure("the response was dropped by a fault")
        return outcome

    async def _pause(self, seconds: int) -> None:
        passed = asyncio.Event()
        timer = self._clock.call_at(self._clock.now() + seconds * 1000, passed.set)
        try:
            await passed.wait()
        finally:
            timer.cancel()

    async def _exchange(self, message: Message) -> Outcome:
        response = await self._transport.handle_async_request(self._request(message))
        try:
            body = await _read(response)
        finally:
            await response.aclose()
        pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        return Outcome(status=response.status_code, headers=collect(pairs), body=body)

    def _request(self, message: Message) -> httpx.Request:
        host = urlsplit(message.url).netloc.rpartition("@")[2]
        headers = [
            (name.encode("ascii"), encode_value(value))
            for name, values in self._headers(message).items()
            for value in values
        ]
        return httpx.Request(
            message.options.method,
            self._target(message.url),
            headers=[(b"Host", host.encode()), *headers],
            content=message.body,
            extensions={"timeout": {"connect": _CONNECT_SECONDS, "read": None, "write": None, "pool": None}},
        )

    def _target(self, url: str) -> str:
        """Return where to connect for `url`: somewhere else if its host is rewritten."""
        parts = urlsplit(url)
        base = self._rewrites.get(parts.netloc.lower()) or self._rewrites.get((parts.hostname or "").lower())
        if base is None:
            return url
        return f"{base}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")

    def _headers(self, message: Message) -> Headers:
        signature = sign(
            self.signing_key,
            url=message.url,
            body=message.body,
            now=self._clock.now(),
            token_id=self._ids.token(),
        )
        own: dict[str, str | None] = {
            "User-Agent": "Upstash-QStash",
            "Upstash-Message-Id": message.id,
            "Upstash-Retried": str(message.retried),
            "Upstash-Signature": signature,
            "Upstash-Caller-Ip": message.caller_ip,
            "Upstash-Region": _REGION,
            "Upstash-Schedule-Id": message.schedule_id,
            "Upstash-Topic-Name": message.topic,
        }
        present = {name: [value] for name, value in own.items() if value is not None}
        return _url_credentials(message.url) | message.options.headers | present


def _url_credentials(url: str) -> Headers:
    """Return the header that stands for `user:password@` in `url`."""
    parts = urlsplit(url)
    if parts.username is None:
        return {}
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": [f"Basic {base64.b64encode(credentials.encode()).decode()}"]}


def _failure(error: str) -> Outcome:
    return Outcome(status=0, headers={}, body=b"", error=error)


async def _read(response: httpx.Response) -> bytes:
    """Return the raw body, cut where it becomes too long to keep."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size >= MAX_RESPONSE_BYTES:
            break
    return b"".join(chunks)[:MAX_RESPONSE_BYTES]
