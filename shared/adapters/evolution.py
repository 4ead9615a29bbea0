"""Sending through Evolution API v2.

Evolution knows no idempotency key, so the one question about a failed send is whether the message may have left.
What its answers mean comes from its source (2.3.7): the whole send runs inside one `catch` that answers 400 with the
error's text, whatever went wrong, while a failure of the number check before it surfaces as 500. Hence:

| what came back | raised |
|---|---|
| no connection; 408, 425, 429, 503; 500 in Evolution's own shape | `GatewayError`: it did not leave |
| a number without WhatsApp, 401, 403, 404, 413, a redirect, `LICENSE_REQUIRED` (2.4.0), and any other 4xx, which is \
a failed validation | `GatewayRefusedError` |
| "Connection Closed", "Timed Out" or any caught `…Error:` in the answer; a connection that breaks or stays silent \
after the request left; the other 5xx, with which proxies answer for a gateway at work; 2xx without a message id | \
`OutcomeUnknownError` |

A file that somebody sent is fetched by its message's id. That call has one status for all that goes wrong in it, too:
400 is `MediaUnavailableError` (the message is not in Evolution's database, WhatsApp no longer has the file) unless the
text speaks of the connection; whatever else fails is a `GatewayError`, for nothing was sent.

No message of an error holds the number, the text or the key, and so none repeats what the gateway said.
"""

import asyncio
import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote

import httpx

from shared.errors import (
    GatewayError,
    GatewayRefusedError,
    MalformedWebhookError,
    MediaUnavailableError,
    OutcomeUnknownError,
    SettingsError,
)
from shared.media import MediaFile
from shared.whatsapp.events import Identity, MessageEcho, Sent
from shared.whatsapp.evolution import parse
from shared.whatsapp.jid import parse_jid
from shared.whatsapp.json_values import id_of, members, moment_of, name_of

_CONNECT_TIMEOUT = timedelta(seconds=5)
_LOOK_BACK = 100  #: messages; one a second leaves an instance, and a look-up comes within minutes
_CLOCK_SKEW = timedelta(minutes=2)  #: between the gateway's clock, which counts whole seconds, and the database's
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER_VALID = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_NOT_TAKEN = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_AROUND_A_FILE = 65_536  #: bytes of the answer that are not the file: its name, its caption, its keys
_NOT_CONNECTED = re.compile(r"connection closed|timed out", re.IGNORECASE)
_CAUGHT_WHILE_SENDING = re.compile(r"connection closed|timed out|\b\w*error:", re.IGNORECASE)
_REMEDIES = {
    HTTPStatus.UNAUTHORIZED: "refuses the API key; set EVOLUTION_API_KEY to the gateway's",
    HTTPStatus.FORBIDDEN: "refuses the API key; set EVOLUTION_API_KEY to the gateway's",
    HTTPStatus.NOT_FOUND: "does not know this instance; create it or correct its name",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "finds the message too long; shorten it",
}


class EvolutionGateway:
    """`shared.ports.Gateway` over Evolution's HTTP API. Makes one attempt per call: the queue is what tries again."""

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        client: httpx.AsyncClient | None = None,
        timeout: timedelta = timedelta(seconds=20),
        fetch_timeout: timedelta = timedelta(seconds=10),
    ) -> None:
        """Talk to the gateway at `url` with its global key. A `client` given stays the caller's to close.

        `timeout` is for each read: a send waits for WhatsApp, so a short one turns slow sends into unknown ones.
        `fetch_timeout` is for a whole file.
        Raises `SettingsError` when `api_key` cannot be sent in a header.
        """
        if not (api_key.isascii() and api_key.isprintable()):
            raise SettingsError("EVOLUTION_API_KEY holds characters that cannot go into a header")
        self._url = url.rstrip("/")
        self._headers = {"apikey": api_key, "content-type": "application/json"}
        self._client = client or _own_client()
        self._owns_client = client is None
        self._timeout = httpx.Timeout(timeout.total_seconds(), connect=_CONNECT_TIMEOUT.total_seconds())
        self._fetch_timeout = fetch_timeout.total_seconds()

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        """Send `text` to `address`, a JID or a phone number in E.164; see `shared.ports.Gateway`."""
        body = {"number": address.removeprefix("+"), "text": text, "linkPreview": False}
        response = await self._request("POST", f"/message/sendText/{quote(instance, safe='')}", body)
        if not response.is_success:
            raise _failure(response)
        answer = members(_json(response))
        message_id = id_of(members(answer.get("key")).get("id"))
        if message_id is None:
            raise OutcomeUnknownError("evolution: took the message but named no id for it")
        return Sent(provider_message_id=message_id, accepted_at=moment_of(answer.get("messageTimestamp")))

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        """Look among the instance's newest outgoing messages; see `shared.ports.Gateway`."""
        body = {"where": {"key": {"fromMe": True}}, "page": 1, "offset": _LOOK_BACK}
        try:
            response = await self._request("POST", f"/chat/findMessages/{quote(instance, safe='')}", body)
        except OutcomeUnknownError as error:
            raise GatewayError("evolution: does not say what was sent") from error
        records = members(members(_json(response)).get("messages")).get("records") if response.is_success else None
        if not isinstance(records, list):
            raise GatewayError(f"evolution: does not say what was sent (status {response.status_code})")
        for echo in _echoes(records, instance):
            if echo.text == text and echo.sent_at >= since - _CLOCK_SKEW and _may_be_same_person(echo.peer, address):
                return echo.provider_message_id
        return None

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        """Fetch the file of a message; see `shared.ports.Gateway`. Nothing larger is ever in memory."""
        body = {"message": {"key": {"id": provider_message_id}}, "convertToMp4": False}
        longest = _encoded_size(limit_bytes) + _AROUND_A_FILE
        try:
            async with asyncio.timeout(self._fetch_timeout):
                path = f"/chat/getBase64FromMediaMessage/{quote(instance, safe='')}"
                response = await self._request("POST", path, body, longest=longest)
        except (OutcomeUnknownError, TimeoutError):
            raise GatewayError("evolution: does not hand over the file in time") from None
        if not response.is_success:
            raise _not_fetched(response)
        return _file(members(_json(response)), limit_bytes)

    async def check(self) -> None:
        """Return when the gateway answers and takes our key, with instances or without.

        Raises `GatewayRefusedError` when it refuses the key or is no Evolution, `GatewayError` otherwise.
        """
        try:
            response = await self._request("GET", "/instance/fetchInstances")
        except OutcomeUnknownError as error:
            raise GatewayError("evolution: does not answer") from error
        if response.status_code == HTTPStatus.NOT_FOUND or (
            response.is_success and not isinstance(_json(response), list)
        ):
            raise GatewayRefusedError("evolution: something else answers at EVOLUTION_URL")
        if not response.is_success:
            failure = _failure(response)
            raise failure if isinstance(failure, GatewayRefusedError) else GatewayError(str(failure))

    async def aclose(self) -> None:
        """Close the connections, unless the client is the caller's."""
        if self._owns_client:
            await self._client.aclose()

    async def _request(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, longest: int | None = None
    ) -> httpx.Response:
        """Make the call once and return whatever was answered.

        Raises `MediaUnavailableError` for an answer of more than `longest` bytes.
        """
        # ASCII escapes: half a surrogate pair written by a model must not break the request that carries it.
        content = None if body is None else json.dumps(body).encode("ascii")
        try:
            async with self._client.stream(
                method,
                self._url + path,
                content=content,
                headers=self._headers,
                timeout=self._timeout,
                follow_redirects=False,
            ) as response:
                return await _read(response, longest)
        except _NEVER_LEFT as error:
            # Only the connection's own message is free of what was to be sent.
            detail = f": {error}" if isinstance(error, httpx.ConnectError) else ""
            raise GatewayError(f"evolution: cannot be reached ({type(error).__name__}{detail})") from None
        except _NEVER_VALID as error:
            raise GatewayRefusedError(
                f"evolution: cannot be called ({type(error).__name__}); correct EVOLUTION_URL"
            ) from None
        except httpx.RequestError as error:
            raise OutcomeUnknownError(f"evolution: no answer after the request left ({type(error).__name__})") from None


async def _read(response: httpx.Response, longest: int | None) -> httpx.Response:
    """Return `response` with its body, which is let go as soon as it proves longer than `longest` bytes."""
    if longest is None:
        await response.aread()
        return response
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > longest:
            raise MediaUnavailableError("evolution: the file is too large")
    return httpx.Response(response.status_code, content=bytes(body))


def _echoes(records: Sequence[object], instance: str) -> Iterator[MessageEcho]:
    """Read stored messages as if each had just been reported: their shape is that of a `send.message` event."""
    for record in records:
        with contextlib.suppress(MalformedWebhookError):
            for event in parse({"event": "send.message", "instance": instance, "data": record}, instance=instance):
                if isinstance(event, MessageEcho):
                    yield event


def _may_be_same_person(peer: Identity, address: str) -> bool:
    """Tell whether nothing speaks against `peer` having `address`.

    A phone and a hidden id cannot be compared: the address of a person moves from one to the other, also between a send
    and the look for it, and to take what was sent for missing would send it twice.
    """
    jid = parse_jid(address if "@" in address else f"{address.removeprefix('+')}@s.whatsapp.net")
    comparable = [(mine, theirs) for mine, theirs in ((jid.phone, peer.phone), (jid.lid, peer.lid)) if mine and theirs]
    return peer.address == address or all(mine == theirs for mine, theirs in comparable)


def _own_client() -> httpx.AsyncClient:
    """Return a client that never reuses a connection.

    One that the gateway closes in the moment of its reuse makes an unsent message look like one that may have left.
    """
    return httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0))


def _failure(response: httpx.Response) -> GatewayError:
    """Return the error that an answer other than 2xx stands for; the module tells the rules."""
    status, answer = response.status_code, members(_json(response))
    if answer.get("code") == "LICENSE_REQUIRED":
        return GatewayRefusedError("evolution: asks for its licence; activate the gateway (Evolution 2.4)")
    if _says_no_whatsapp(members(answer.get("response")).get("message")):
        return GatewayRefusedError("evolution: this number has no WhatsApp; correct the contact's number")
    if status in _REMEDIES:
        return GatewayRefusedError(f"evolution: {_REMEDIES[HTTPStatus(status)]} ({status})")
    if status in _NOT_TAKEN:
        return GatewayError(f"evolution: is not taking messages now ({status})")
    if _CAUGHT_WHILE_SENDING.search(response.text):
        return OutcomeUnknownError(f"evolution: failed while sending, so the message may have left ({status})")
    if status < HTTPStatus.BAD_REQUEST:
        return GatewayRefusedError(f"evolution: redirects; set EVOLUTION_URL to the final address ({status})")
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return GatewayRefusedError(f"evolution: does not accept the request as it is ({status})")
    if status == HTTPStatus.INTERNAL_SERVER_ERROR and "response" in answer:
        return GatewayError(f"evolution: failed before sending ({status})")
    return OutcomeUnknownError(f"evolution: a server on the way failed, so the message may have left ({status})")


def _not_fetched(response: httpx.Response) -> GatewayError:
    """Return the error that a refused file stands for."""
    if response.status_code == HTTPStatus.BAD_REQUEST and not _NOT_CONNECTED.search(response.text):
        return MediaUnavailableError("evolution: does not have this file")
    failure = _failure(response)
    return (
        failure if isinstance(failure, GatewayRefusedError) else GatewayError("evolution: does not hand over files now")
    )


def _encoded_size(size: int) -> int:
    """Return how many characters of base64 `size` bytes are."""
    return -(-size // 3) * 4


def _file(answer: Mapping[str, object], limit_bytes: int) -> MediaFile:
    encoded = answer.get("base64")
    if not (isinstance(encoded, str) and encoded):
        raise MediaUnavailableError("evolution: answers without the file")
    if len(encoded) > _encoded_size(limit_bytes):
        raise MediaUnavailableError("evolution: the file is too large")
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise MediaUnavailableError("evolution: answers with a file that is not base64") from None
    mimetype = (name_of(answer.get("mimetype")) or "application/octet-stream").partition(";")[0].strip().lower()
    return MediaFile(content=content, mimetype=mimetype, filename=name_of(answer.get("fileName")))


def _says_no_whatsapp(said: object) -> bool:
    entries = said if isinstance(said, list) else [said]
    return any(members(entry).get("exists") is False for entry in entries)


def _json(response: httpx.Response) -> object:
    """Return what the answer holds, `None` when it is no JSON: a proxy's page, a cut body."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
