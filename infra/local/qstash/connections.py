"""Connections to destinations.

The pool of httpx looks at every connection it has for each request that begins or ends: with a hundred deliveries in
flight that is most of the broker's time. Here each connection is a pool of its own, taken from and put back on a
stack in constant time.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cached_property

import httpx

#: Shorter than servers keep idle connections (two to five seconds, commonly): one that the server closes at the very
#: moment that a delivery sets out costs that delivery an attempt.
_REUSE_SECONDS = 1.0

Origin = tuple[str, str, int | None]


class Connections(httpx.AsyncBaseTransport):
    """Opens as many connections as are in use and keeps up to `keep` free ones for each origin."""

    def __init__(self, *, keep: int) -> None:
        self._keep = keep
        self._free: dict[Origin, list[httpx.AsyncHTTPTransport]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        origin = (request.url.scheme, request.url.host, request.url.port)
        connection = self._take(origin)
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await connection.aclose()
            raise

        async def give_back() -> None:
            free = self._free.setdefault(origin, [])
            if len(free) < self._keep:
                free.append(connection)
            else:
                await connection.aclose()

        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - the transport is an asynchronous one
        response.stream = _Lent(response.stream, give_back)
        return response

    async def aclose(self) -> None:
        for free in self._free.values():
            for connection in free:
                await connection.aclose()
        self._free.clear()

    def _take(self, origin: Origin) -> httpx.AsyncHTTPTransport:
        free = self._free.get(origin)
        if free:
            return free.pop()
        context = self._verifying if origin[0] == "https" else self._plain
        limits = httpx.Limits(max_connections=1, keepalive_expiry=_REUSE_SECONDS)
        return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)

    @cached_property
    def _verifying(self) -> ssl.SSLContext:
        # Costs some 20 ms and a few MiB, which a broker that only delivers to this machine never pays.
        return httpx.create_ssl_context(trust_env=False)

    @cached_property
    def _plain(self) -> ssl.SSLContext:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _Lent(httpx.AsyncByteStream):
    """A response body that gives its connection back when it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, give_back: Callable[[], Awaitable[None]]) -> None:
        self._stream = stream
        self._give_back = give_back

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    async def aclose(self) -> None:
        await self._stream.aclose()
        await self._give_back()
