"""The broker as an ASGI application."""

import contextlib
import hmac
import logging
import random
import sqlite3
from collections.abc import AsyncIterator

import httpx
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Router as StarletteRouter
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.qstash.broker import Broker
from infra.local.qstash.calls import Call
from infra.local.qstash.clock import Clock
from infra.local.qstash.config import BrokerConfig
from infra.local.qstash.errors import BrokerError, MethodNotAllowedError, UnauthorizedError
from infra.local.qstash.router import Router
from infra.local.qstash.routes import DEV_ROUTES, ROUTES

logger = logging.getLogger(__name__)


def create_app(
    config: BrokerConfig,
    *,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    source: random.Random | None = None,
) -> ASGIApp:
    """Return the application of a broker; its lifespan opens the state and delivers, and stops both cleanly.

    Deliveries go through `transport`, time comes from `clock` and identifiers from `source`; a simulation passes
    its own, and with a frozen clock nothing in the broker sleeps on the wall clock.
    """
    return broker_app(Broker(config, clock=clock, transport=transport, source=source))


def api_app(broker: Broker) -> ASGIApp:
    """Return the API of `broker`, which its owner starts and stops."""
    return StarletteRouter(default=_Api(broker), redirect_slashes=False)


def broker_app(broker: Broker) -> ASGIApp:
    """Return the application of `broker`, for a caller that also holds the broker itself."""

    @contextlib.asynccontextmanager
    async def lifespan(app: object) -> AsyncIterator[None]:
        await broker.start()
        try:
            yield
        finally:
            await broker.stop()

    return StarletteRouter(default=_Api(broker), lifespan=lifespan, redirect_slashes=False)


class _Api:
    """Authenticates, routes and renders errors."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._router = Router(ROUTES + DEV_ROUTES if broker.config.dev_endpoints else ROUTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            response = await self._answer(scope, receive)
        except MethodNotAllowedError as error:
            response = PlainTextResponse(str(error), error.status)
        except BrokerError as error:
            response = JSONResponse({"error": str(error)}, error.status, headers=error.headers)
        except sqlite3.Error as error:
            logger.exception("the state could not be read or written")
            response = JSONResponse({"error": f"the state could not be read or written: {error}"}, 500)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        raw_path = scope["raw_path"].decode("latin-1")
        handler, parameters = self._router.find(scope["method"], raw_path)
        client = scope.get("client")
        call = Call(
            broker=self._broker,
            method=scope["method"],
            raw_path=raw_path,
            raw_query=scope["query_string"].decode("latin-1"),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            body=await _body(receive),
            caller_ip=client[0] if client else "127.0.0.1",
            parameters=parameters,
        )
        self._authenticate(call)
        return await handler(call)

    def _authenticate(self, call: Call) -> None:
        given = (call.directives.text("authorization") or "").removeprefix("Bearer ").strip()
        if not given:
            given = next((value for name, value in call.query if name == "qstash_token"), "")
        if not hmac.compare_digest(given.encode(), self._broker.config.token.encode()):
            raise UnauthorizedError("unable to authenticate: invalid token")


async def _body(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            break
        chunks.append(event.get("body", b""))
        more = event.get("more_body", False)
    return b"".join(chunks)
