"""Models behind any server that speaks OpenAI's protocol: chat completions and audio transcriptions."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import ModelError, ModelRefusedError, RetryAfterError, SettingsError
from shared.media import MediaFile, Transcription
from shared.ports import ChatMessage, Completion, ToolCall, ToolSpec

#: What is wrong is the request, and another may be answered.
_ABOUT_THE_REQUEST = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)
_LONGEST_DELAY = timedelta(hours=1)
_ERROR_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


#: The server tells the format of a recording by the ending of its name.
_ENDINGS = {
    "audio/flac": "flac",
    "audio/m4a": "m4a",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/webm": "webm",
    "audio/x-m4a": "m4a",
    "audio/x-wav": "wav",
}


class _Server:
    """Calls to one server, each bounded as a whole by `timeout`.

    None is ever repeated. A 429 or 503 whose `Retry-After` is a number of seconds raises `RetryAfterError` (at most one
    hour), so that the job comes back when the server asks it to; what speaks against this request alone is a
    `ModelRefusedError`; every other failure is a `ModelError`. Messages of errors hold the status and the server's
    error code, never its prose: that quotes keys and customers.
    """

    def __init__(self, base_url: str, api_key: str, *, client: httpx.AsyncClient | None, timeout: timedelta) -> None:
        if not (api_key.isascii() and api_key.isprintable()):
            raise SettingsError("OPENAI_API_KEY holds characters that cannot go into a header")
        self._base_url = base_url.rstrip("/")
        self._headers = {"authorization": f"Bearer {api_key}"}
        self._client = client or httpx.AsyncClient()
        self._owns_client = client is None
        self._timeout = timeout.total_seconds()

    async def post(self, path: str, body: dict[str, Any]) -> bytes:
        """Send JSON and return the answer's body."""
        # ASCII escapes: half a surrogate pair written by a model must not break the request that repeats it.
        content = json.dumps(body).encode("ascii")
        return await self.request("POST", path, content=content, headers={"content-type": "application/json"})

    async def request(self, method: str, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> bytes:
        """Make one call, with a `body` in httpx's own arguments, and return the answer's body."""
        try:
            # The client's own limits are for each read: a server that trickles would never meet them.
            async with asyncio.timeout(self._timeout):
                response = await self._client.request(
                    method,
                    self._base_url + path,
                    headers=self._headers | (headers or {}),
                    timeout=self._timeout,
                    **body,
                )
        except TimeoutError:
            raise ModelError(f"{method} {path} took longer than {self._timeout:g} s") from None
        except httpx.HTTPError as error:
            # Only the connection's own message is free of what was sent.
            detail = f": {error}" if isinstance(error, httpx.ConnectError) else ""
            raise ModelError(f"{method} {path} failed with {type(error).__name__}{detail}") from None
        if not response.is_success:
            raise _refusal(method, path, response)
        return response.content

    async def aclose(self) -> None:
        """Close the connections, unless they belong to a client that was given."""
        if self._owns_client:
            await self._client.aclose()


class OpenAIModel:
    """A `LanguageModel` over `POST {base_url}/chat/completions` and `GET {base_url}/models`.

    An answer cut short is a `ModelRefusedError`; `_Server` tells the other errors.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        model: str,
        client: httpx.AsyncClient | None = None,
        timeout: timedelta = timedelta(seconds=30),
        max_completion_tokens: int = 800,
    ) -> None:
        """Without a `client` it makes its own, which `aclose` closes. `timeout` bounds each call as a whole.

        Raises `SettingsError` when `api_key` cannot be sent in a header.
        """
        self._server = _Server(base_url, api_key, client=client, timeout=timeout)
        self._model = model
        self._max_completion_tokens = max_completion_tokens

    async def complete(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> Completion:
        """Return the model's next message. Raises `ModelError` and `RetryAfterError`.

        A server that refuses a request with pictures is asked once more without them: not every model can see.
        """
        try:
            body = await self._server.post("/chat/completions", self._body(messages, tools))
        except ModelRefusedError:
            blind = [replace(message, images=()) for message in messages]
            if blind == list(messages):
                raise
            body = await self._server.post("/chat/completions", self._body(blind, tools))
        return _completion(_parse(_ChatCompletion, body, "/chat/completions"), requested=self._model)

    async def check(self) -> None:
        """Return when the server lists its models for our key; raise `ModelError` otherwise."""
        try:
            _parse(_ModelList, await self._server.request("GET", "/models"), "/models")
        except RetryAfterError as error:
            raise ModelError(str(error)) from error

    async def aclose(self) -> None:
        """Close the connections, unless they belong to a client that was given."""
        await self._server.aclose()

    def _body(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [_message(message) for message in messages],
            "max_completion_tokens": self._max_completion_tokens,
        }
        return body | {"tools": [_tool(tool) for tool in tools]} if tools else body


class OpenAITranscriber:
    """A `Transcriber` over `POST {base_url}/audio/transcriptions`. `_Server` tells its errors."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        model: str,
        client: httpx.AsyncClient | None = None,
        timeout: timedelta = timedelta(seconds=20),
    ) -> None:
        """Without a `client` it makes its own, which `aclose` closes. `timeout` bounds each call as a whole.

        Raises `SettingsError` when `api_key` cannot be sent in a header.
        """
        self._server = _Server(base_url, api_key, client=client, timeout=timeout)
        self._model = model

    async def transcribe(self, file: MediaFile, *, language: str) -> Transcription:
        """Return what is said in `file`; see `shared.ports.Transcriber`. The sender's own file name stays here."""
        path = "/audio/transcriptions"
        answer = await self._server.request(
            "POST",
            path,
            files={"file": (f"voice.{_ENDINGS.get(file.mimetype, 'ogg')}", file.content, file.mimetype)},
            data={"model": self._model, "language": language, "response_format": "json"},
        )
        heard = _parse(_Transcript, answer, path)
        counted = heard.usage.seconds if heard.usage else None
        return Transcription(text=heard.text.strip(), model=self._model, seconds=counted or heard.duration)

    async def aclose(self) -> None:
        """Close the connections, unless they belong to a client that was given."""
        await self._server.aclose()


class _Received(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _Function(_Received):
    name: str
    arguments: str


class _ToolCall(_Received):
    id: str
    function: _Function


class _Message(_Received):
    content: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(_Received):
    message: _Message
    finish_reason: str | None = None


class _Usage(_Received):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _ChatCompletion(_Received):
    model: str | None = None
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class _ModelList(_Received):
    data: list[dict[str, Any]]


class _Length(_Received):
    seconds: float | None = None


class _Transcript(_Received):
    text: str
    duration: float | None = None
    usage: _Length | None = None


class _ErrorDetail(_Received):
    code: str | None = None
    type: str | None = None


class _ErrorBody(_Received):
    error: _ErrorDetail


_Shape = TypeVar("_Shape", bound=BaseModel)


def _parse(shape: type[_Shape], body: bytes, path: str) -> _Shape:
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        places = ", ".join(
            ".".join(str(part) for part in problem["loc"]) or "body"
            for problem in error.errors(include_url=False, include_input=False, include_context=False)
        )
        # The validation error quotes the answer, which quotes the customer.
        raise ModelError(f"{path} answered in a shape that is not the protocol's: {places}") from None


def _completion(answer: _ChatCompletion, *, requested: str) -> Completion:
    choice = answer.choices[0]
    # Half a sentence or half a tool's arguments is not an answer.
    if choice.finish_reason in {"length", "content_filter"}:
        raise ModelRefusedError(f"/chat/completions stopped before its end: {choice.finish_reason}")
    usage = answer.usage or _Usage()
    return Completion(
        content=choice.message.content,
        tool_calls=tuple(
            ToolCall(id=call.id, name=call.function.name, arguments=call.function.arguments)
            for call in choice.message.tool_calls or ()
        ),
        model=answer.model or requested,
        prompt_tokens=usage.prompt_tokens or 0,
        completion_tokens=usage.completion_tokens or 0,
    )


def _refusal(method: str, path: str, response: httpx.Response) -> ModelError | RetryAfterError:
    reason = f"{method} {path} answered {response.status_code}{_error_code(response.content)}"
    delay = _retry_after(response)
    if delay is not None and response.status_code in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return RetryAfterError(reason, delay=delay)
    return ModelRefusedError(reason) if response.status_code in _ABOUT_THE_REQUEST else ModelError(reason)


def _error_code(body: bytes) -> str:
    try:
        error = _ErrorBody.model_validate_json(body).error
    except ValidationError:
        return ""
    code = error.code or error.type or ""
    return f" {code}" if _ERROR_CODE.fullmatch(code) else ""


def _retry_after(response: httpx.Response) -> timedelta | None:
    raw = response.headers.get("retry-after", "").strip()
    if not re.fullmatch(r"[0-9]{1,9}", raw):
        return None
    return min(timedelta(seconds=int(raw)), _LONGEST_DELAY)


def _message(message: ChatMessage) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": _content(message)}
    if message.tool_calls:
        sent["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        sent["tool_call_id"] = message.tool_call_id
    return sent


def _content(message: ChatMessage) -> str | list[dict[str, Any]] | None:
    if not message.images:
        return message.content
    pictures = [{"type": "image_url", "image_url": {"url": image.data_url}} for image in message.images]
    return [{"type": "text", "text": message.content or ""}, *pictures]


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}
