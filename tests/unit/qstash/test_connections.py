"""Connections to destinations, against a real server."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from infra.local.qstash.connections import Connections


class Server:
    """Answers 200 while `gate` is open, and counts the connections that it was asked for."""

    def __init__(self) -> None:
        self.opened = 0
        self.arrived = asyncio.Semaphore(0)
        self.gate = asyncio.Event()
        self.gate.set()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.arrived.release()
        while await reader.readline():
            while await reader.readline() != b"\r\n":
                pass
            await self.gate.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    async def request(self, connections: Connections) -> bytes:
        response = await connections.handle_async_request(httpx.Request("GET", f"http://127.0.0.1:{self.port}/"))
        try:
            return await response.aread()
        finally:
            await response.aclose()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    yield server
    listener.close()
    await listener.wait_closed()


async def test_a_free_connection_is_used_again(server: Server) -> None:
    """One after the other needs one connection."""
    connections = Connections(keep=5)
    assert [await server.request(connections) for _ in range(5)] == [b"ok"] * 5
    assert server.opened == 1
    await connections.aclose()


async def test_there_are_as_many_as_are_in_use(server: Server) -> None:
    """Requests at the same time never wait for one another, and only so many are kept."""
    connections = Connections(keep=2)
    server.gate.clear()
    requests = [asyncio.create_task(server.request(connections)) for _ in range(5)]
    for _ in requests:
        await server.arrived.acquire()
    server.gate.set()
    assert await asyncio.gather(*requests) == [b"ok"] * 5
    for _ in range(2):
        await asyncio.gather(*(server.request(connections) for _ in range(2)))
    assert server.opened == 5
    await connections.aclose()


async def test_an_abandoned_request_takes_its_connection_along(server: Server) -> None:
    """An answer that comes too late must not be read by the next request."""
    connections = Connections(keep=2)
    server.gate.clear()
    abandoned = asyncio.create_task(server.request(connections))
    await server.arrived.acquire()
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    server.gate.set()
    assert await server.request(connections) == b"ok"
    assert server.opened == 2
    await connections.aclose()


async def test_a_refused_connection_is_an_error(server: Server) -> None:
    """And leaves nothing behind."""
    connections = Connections(keep=2)
    with pytest.raises(httpx.ConnectError):
        await connections.handle_async_request(httpx.Request("GET", "http://127.0.0.1:1/"))
    await connections.aclose()
