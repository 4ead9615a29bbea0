"""Serving applications inside a running event loop."""

import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from infra.local.server import PortTakenError, bind, serving


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.app.state.word)


def application(*, start: Exception | None = None, stop: Exception | None = None) -> Starlette:
    """An application that answers what its start-up left, and fails as it is told."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if start is not None:
            raise start
        app.state.word = "hello"
        yield
        app.state.word = "stopped"
        if stop is not None:
            raise stop

    return Starlette(routes=[Route("/", hello)], lifespan=lifespan)


async def test_an_application_is_served_between_its_startup_and_its_shutdown() -> None:
    """The lifespan surrounds the serving."""
    app = application()

    async with serving(app) as url, httpx.AsyncClient() as client:
        answer = await client.get(url)

    assert answer.text == "hello"
    assert app.state.word == "stopped"


@pytest.mark.parametrize("failing", [application(start=OSError("disk full")), application(stop=OSError("disk full"))])
async def test_an_error_of_the_lifespan_is_raised(failing: Starlette) -> None:
    """An application that cannot start, or stop, says why where it is served; the process goes on."""
    with pytest.raises(OSError, match="disk full"):
        async with serving(failing):
            pass


async def test_a_taken_port_is_named() -> None:
    """The error names the port, and nothing of the application has started."""
    app = application()
    with contextlib.closing(bind()) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            async with serving(app, port=port):
                pass

    assert not hasattr(app.state, "word")
