"""Serve an ASGI application on 127.0.0.1 inside the running event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import uvicorn
from starlette.types import ASGIApp

from infra.errors import InfraError

HOST = "127.0.0.1"


class PortTakenError(InfraError):
    """Somebody else listens on the port that was asked for."""


class _Server(uvicorn.Server):
    """A server that leaves signals to its host process."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]  # the parent's generator type is not exported
        yield


def bind(port: int = 0) -> socket.socket:
    """Return a listening socket on `port`; 0 takes a free one.

    Raises `PortTakenError` naming the port when it is taken.
    """
    # The protocol must be named: asyncio turns Nagle off only then, and with it on every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(f"port {port} on {HOST} is taken: {error.strerror}") from error
    listener.listen(2048)
    return listener


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, *, port: int = 0) -> AsyncIterator[str]:
    """Serve `app` while the block runs and yield its base URL, without a trailing slash.

    The application's lifespan runs; an error in its start-up is raised here. Before the server waits for what it still
    answers, it calls `app.state.stopping` when there is one: an application with endless streams ends them there.
    """
    listener = bind(port)
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=3)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
                raise RuntimeError("the application did not start; its error is in the log above")
            await asyncio.sleep(0.005)
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        stopping: Callable[[], None] | None = getattr(getattr(app, "state", None), "stopping", None)
        if stopping is not None:
            stopping()
        server.should_exit = True
        await task
        listener.close()
