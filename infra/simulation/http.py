"""HTTP over the wire: an httpx transport whose calls end in an ASGI application or a function of ours."""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import httpx

from infra.simulation.wire import Errors, Wire

Serve = Callable[[httpx.Request], Awaitable[httpx.Response]]


def _refused() -> NoReturn:
    raise httpx.ConnectError("connection refused")


def _lost() -> NoReturn:
    raise httpx.ReadError("connection reset")


def _timed_out() -> NoReturn:
    raise httpx.ReadTimeout("no answer in time")


_ERRORS = Errors(refused=_refused, lost=_lost, timed_out=_timed_out)


class WireTransport(httpx.AsyncBaseTransport):
    """Takes what an httpx client sends over a wire."""

    def __init__(self, wire: Wire, serve: Serve) -> None:
        self._wire = wire
        self._serve = serve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        again = httpx.Request(request.method, request.url, headers=request.headers, content=body)

        async def serve() -> httpx.Response:
            return await self._serve(again)

        return await self._wire.carry(
            f"{request.method} {request.url.path.split('/http', 1)[0]}",
            serve,
            errors=_ERRORS,
            broken=lambda: httpx.Response(503, json={"error": "out of order"}),
            limit=request.extensions.get("timeout", {}).get("read"),
        )
