"""Serve an ASGI application on 127.0.0.1 inside the running event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import uvicorn
from starlette.types import ASGIApp, Message

from infra.errors import InfraError

HOST = "127.0.0.1"


class PortTakenError(InfraError):
    """Somebody else listens on the port that was asked for."""


class _Server(uvicorn.Server):
    """A server that leaves signals to its host process and costs nothing while nobody calls."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait to be stopped: uvicorn's own loop wakes ten times a second for a date header that is off here."""
        await self.on_tick(0)
        await self.stopping.wait()

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

    The application's lifespan runs; an error in its start-up or shutdown is raised here. Before the server waits for
    what it still answers, it calls `app.state.stopping` when there is one: an application with endless streams ends
    them there.
    """
    with contextlib.closing(bind(port)) as listener:
        async with _lifespan(app), _answering(app, listener):
            yield f"http://{HOST}:{listener.getsockname()[1]}"


@contextlib.asynccontextmanager
async def _answering(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, date_header=False, lifespan="off", timeout_graceful_shutdown=3
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:  # uvicorn offers nothing to wait for
            if task.done():
                await task
            await asyncio.sleep(0.005)
        yield
    finally:
        stopping: Callable[[], None] | None = getattr(getattr(app, "state", None), "stopping", None)
        if stopping is not None:
            stopping()
        server.stopping.set()
        await task


@contextlib.asynccontextmanager
async def _lifespan(app: ASGIApp) -> AsyncIterator[None]:
    """Run the application's lifespan around the block. uvicorn would end the whole process when it fails to start."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    answered: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.create_task(_run(app(scope, told.get, answered.put), answered))

    async def ask(phase: str) -> None:
        await told.put({"type": f"lifespan.{phase}"})
        if (await answered.get())["type"] != f"lifespan.{phase}.complete":
            await task  # raises what went wrong
            raise RuntimeError(f"the application ended at its {phase}")

    await ask("startup")
    try:
        yield
    finally:
        await ask("shutdown")
        await task


async def _run(lifespan: Awaitable[None], answered: "asyncio.Queue[Message]") -> None:
    try:
        await lifespan
    finally:
        await answered.put({"type": "lifespan.ended"})
