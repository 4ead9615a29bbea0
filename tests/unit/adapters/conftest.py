"""Servers that answer what no real one can be made to answer, that are silent, and that are not there."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, closing

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.server import serving

Answering = Callable[..., object]


@pytest.fixture
async def answering() -> AsyncIterator[Callable[..., object]]:
    """A function `(body, status=200)` that starts a server with one answer to everything and returns its address."""
    async with AsyncExitStack() as servers:

        async def start(body: str, *, status: int = 200, media_type: str = "application/json") -> str:
            async def answer(request: Request) -> Response:
                return Response(body, status_code=status, media_type=media_type)

            app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
            return await servers.enter_async_context(serving(app))

        yield start


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def closed_port() -> str:
    """An address where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"
