"""The stand-in as an ASGI application."""

import asyncio
import hmac
import json
import math
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from infra.local.llm.conversation import read
from infra.local.llm.decision import decide
from infra.local.llm.errors import ApiError, BadRequestError
from infra.local.llm.faults import Fault, Faults
from infra.local.llm.perception import heard_in
from infra.local.llm.protocol import completion, parse

_KEPT_CALLS = 100
_PICTURE = re.compile(rb"(data:image/[a-z]+;base64,)[A-Za-z0-9+/=]+")  # too much to keep


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class ModelConfig:
    """Settings of the stand-in."""

    #: The bearer token that callers must send.
    api_key: str = "local"
    #: What `GET /v1/models` lists; any other name is served, too.
    model: str = "aurora-local"
    #: Whether it looks at pictures; without, it refuses requests that hold one, as models do that cannot.
    vision: bool = True
    now: Callable[[], datetime] = utc_now


def create_app(config: ModelConfig | None = None) -> Starlette:
    """Return the stand-in; it keeps nothing but the faults and its last hundred calls, in memory."""
    routes = [
        Route("/v1/chat/completions", chat_completions, methods=["POST"]),
        Route("/v1/audio/transcriptions", transcriptions, methods=["POST"]),
        Route("/v1/models", list_models),
        Route("/_dev/faults", change_faults, methods=["POST", "DELETE"]),
        Route("/_requests", list_requests),
    ]
    app = Starlette(routes=routes, exception_handlers={ApiError: refuse})
    app.state.config = config or ModelConfig()
    app.state.faults = Faults()
    app.state.calls = deque(maxlen=_KEPT_CALLS)
    return app


async def chat_completions(request: Request) -> Response:
    """POST /v1/chat/completions."""
    config = _authorized(request)
    raw = await request.body()
    response = await _spoilt(request)
    if response is not None:
        _record(request, raw, response.status_code, None)
        return response
    answer = _answer(request, raw, config)
    _record(request, raw, 200, answer)
    return JSONResponse(answer)


async def transcriptions(request: Request) -> Response:
    """POST /v1/audio/transcriptions, a form with `file` and `model`; faults and `/_requests` are those of all calls."""
    _authorized(request)
    async with request.form() as form:
        file, model = form.get("file"), form.get("model")
        if not isinstance(file, UploadFile) or not isinstance(model, str) or not model:
            raise BadRequestError("Invalid value: the form needs 'file' and 'model'.", "model" if file else "file")
        content, asked = await file.read(), {"model": model, "language": form.get("language"), "file": file.filename}
    response = await _spoilt(request)
    if response is not None:
        _record(request, json.dumps(asked).encode(), response.status_code, None)
        return response
    text, seconds = heard_in(content)
    answer = {"text": text, "usage": {"type": "duration", "seconds": math.ceil(seconds)}}
    _record(request, json.dumps(asked).encode(), 200, answer)
    return JSONResponse(answer)


async def list_models(request: Request) -> Response:
    """GET /v1/models."""
    config = _authorized(request)
    created = int(config.now().timestamp())
    model = {"id": config.model, "object": "model", "created": created, "owned_by": "local"}
    return JSONResponse({"object": "list", "data": [model]})


async def change_faults(request: Request) -> Response:
    """POST /_dev/faults {"kind","count"?,"ms"?,"retry_after"?}; DELETE lets every call pass again."""
    _authorized(request)
    if request.method == "DELETE":
        request.app.state.faults.clear()
        return Response(status_code=204)
    try:
        fault = Fault.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequestError(first["msg"], ".".join(str(step) for step in first["loc"]) or None) from error
    request.app.state.faults.add(fault)
    return JSONResponse(fault.model_dump(), status_code=201)


async def list_requests(request: Request) -> Response:
    """GET /_requests: the last hundred calls, oldest first."""
    _authorized(request)
    # ASCII escapes: a recorded body may hold half a character, which UTF-8 cannot.
    return Response(json.dumps({"requests": list(request.app.state.calls)}), media_type="application/json")


async def refuse(request: Request, error: Exception) -> Response:
    """Answer an error in OpenAI's shape."""
    if not isinstance(error, ApiError):
        raise error
    return JSONResponse(error.body, status_code=error.status, headers=error.headers)


class CutConnection(Response):
    """Promise a body and end without it: the server cuts the connection, the caller gets no answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a head only."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


def _authorized(request: Request) -> ModelConfig:
    config: ModelConfig = request.app.state.config
    given = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {config.api_key}".encode()):
        raise ApiError(401, "Incorrect API key provided.", kind="invalid_request_error", code="invalid_api_key")
    return config


def _answer(request: Request, raw: bytes, config: ModelConfig) -> dict[str, Any]:
    try:
        asked = parse(raw)
    except ApiError as error:
        _record(request, raw, error.status, error.body)
        raise
    if asked.shows_pictures() and not config.vision:
        raise BadRequestError("Invalid content type. image_url is only supported by certain models.", "messages")
    reply = decide(read(asked.turns()), asked.offered(), asked.choice())
    return completion(asked, reply, int(config.now().timestamp()))


async def _spoilt(request: Request) -> Response | None:
    """Play the fault that waits, and return its answer; None when the call goes on."""
    fault = request.app.state.faults.take()
    if fault and fault.kind == "slow":
        await asyncio.sleep(fault.ms / 1000)
    return _played(fault) if fault else None


def _played(fault: Fault) -> Response | None:
    if fault.kind == "hang_up":
        return CutConnection()
    if fault.kind == "error":
        error = ApiError(500, "The server had an error while processing your request.", kind="server_error")
        return JSONResponse(error.body, status_code=500)
    if fault.kind == "rate_limit":
        error = ApiError(429, "Rate limit reached.", kind="requests", code="rate_limit_exceeded")
        return JSONResponse(error.body, status_code=429, headers={"retry-after": str(fault.retry_after)})
    return None


def _record(request: Request, raw: bytes, status: int, answer: dict[str, Any] | None) -> None:
    try:
        body = json.loads(_PICTURE.sub(rb"\1...", raw))
    except ValueError:
        body = raw.decode(errors="replace")
    request.app.state.calls.append({"body": body, "status": status, "answer": answer})
