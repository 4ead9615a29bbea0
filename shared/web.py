"""HTTP around the core: the application factory, the Lambda handler, and how an outcome becomes a response."""

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from shared.bootstrap import bootstrap
from shared.errors import (
    AuroraError,
    MalformedWebhookError,
    NonRetriableError,
    RetryAfterError,
    SignatureError,
    UnauthenticWebhookError,
    UnavailableError,
)
from shared.logs import CORRELATION_HEADER
from shared.registry import Delivery
from shared.runner import Done, Failed, Outcome, RetryAfter
from shared.services import Services
from shared.whatsapp.json_values import id_of

MAX_BODY = 1024 * 1024

#: QStash's way to say "this will never work"; the header makes it final.
NON_RETRYABLE = 489


class BodyTooLargeError(AuroraError):
    """The request's body is larger than 1 MiB."""


_STATUS: dict[type[AuroraError], int] = {
    MalformedWebhookError: 400,
    UnauthenticWebhookError: 401,
    SignatureError: 401,
    BodyTooLargeError: 413,
    UnavailableError: 503,
}


def create_app() -> FastAPI:
    """Return an application that renders Aurora's errors as JSON `{"error": …}` and publishes no documentation."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(AuroraError, _render)
    return app


async def _render(request: Request, error: Exception) -> Response:
    if isinstance(error, NonRetriableError):
        return respond(Failed(str(error), retriable=False))
    if isinstance(error, RetryAfterError):
        return respond(RetryAfter(str(error), error.delay))
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return JSONResponse({"error": str(error)}, status_code=status)


async def read_body(request: Request) -> bytes:
    """Return the raw body. Raises `BodyTooLargeError` as soon as it is known to be larger than 1 MiB."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BodyTooLargeError(f"the body is larger than {MAX_BODY} bytes")
    return bytes(body)


async def read_signed(request: Request, services: Services) -> bytes:
    """Return the raw body of a QStash delivery to this address. Raises `SignatureError` before anything is done."""
    body = await read_body(request)
    address = public_address(services.settings.public_url, request.url.path)
    services.verify(request.headers.get("upstash-signature", ""), body, address)
    return body


def public_address(public_url: str, path: str) -> str:
    """Return the address that was called from outside.

    An API Gateway stage is part of the public URL and, for some integrations, of the path that arrives as well.
    """
    prefix = urlsplit(public_url).path
    return public_url + (path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path)


def correlation_of(request: Request) -> str:
    """Return the correlation id that came with a request, or a new one when none came that can travel on."""
    return id_of(request.headers.get(CORRELATION_HEADER)) or uuid4().hex


def delivery_of(request: Request) -> Delivery:
    """Describe the delivery a QStash request makes."""
    retried = request.headers.get("upstash-retried", "0")
    return Delivery(
        message_id=request.headers.get("upstash-message-id", "unknown"),
        attempt=1 + (int(retried) if retried.isdecimal() else 0),
        correlation_id=correlation_of(request),
    )


def respond(outcome: Outcome) -> Response:
    """Tell QStash what to do with a delivery, in status and headers."""
    match outcome:
        case Done(word):
            return JSONResponse({"outcome": word})
        case RetryAfter(reason, delay):
            seconds = max(1, math.ceil(delay.total_seconds()))
            return JSONResponse({"error": reason}, status_code=503, headers={"Retry-After": str(seconds)})
        case Failed(reason, retriable):
            if retriable:
                return JSONResponse({"error": reason}, status_code=500)
            return JSONResponse(
                {"error": reason}, status_code=NON_RETRYABLE, headers={"Upstash-NonRetryable-Error": "true"}
            )


def lambda_handler(build: Callable[[Services], FastAPI]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda entry point of the application that `build` makes.

    The application, and with it every client, is built at the first event and kept for the life of the container, on
    the one event loop that Mangum uses.
    """
    adapters: list[Callable[[Any, Any], dict[str, Any]]] = []

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if not adapters:
            from mangum import Mangum

            adapters.append(Mangum(build(bootstrap()), lifespan="off"))
        return adapters[0](event, context)

    return handle
