"""What runs the functions: a gateway in front of processes that are made, kept warm, killed and timed out."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
from fastapi import FastAPI

from functions import callbacks, jobs, schedules, webhooks
from infra.simulation.processes import Process, current_process
from infra.simulation.story import Story
from shared.services import Services

#: How each function is built and how long one request may take, in seconds, as `serverless.yml` says.
FUNCTIONS: dict[str, tuple[Callable[[Services], FastAPI], float]] = {
    "webhooks": (webhooks.build, 30.0),
    "jobs": (jobs.build, 30.0),
    "schedules": (schedules.build, 30.0),
    "callbacks": (callbacks.build, 30.0),
}


class _Container:
    """A warm process with its application."""

    def __init__(self, process: Process, app: FastAPI) -> None:
        self.process = process
        self.transport = httpx.ASGITransport(app)


class Functions:
    """All functions of one deployment."""

    def __init__(self, services: Callable[[], Services], story: Story) -> None:
        """`services` composes the services of one new process."""
        self._services = services
        self._story = story
        self._warm: dict[str, list[_Container]] = {name: [] for name in FUNCTIONS}
        self._running: set[asyncio.Task[httpx.Response]] = set()
        self._started = 0
        #: Ids of the messages whose webhook was answered 2xx, whether or not the gateway heard it.
        self.acknowledged: set[str] = set()
        #: Errors that no function expected.
        self.crashes: list[str] = []
        #: Calls to the outside and requests answered, by path.
        self.calls: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()

    async def serve(self, request: httpx.Request) -> httpx.Response:
        """Answer a request; it runs on when the caller gives up. A process that ends on the way answers 502."""
        name = request.url.path.split("/")[1]
        if name not in FUNCTIONS:
            return httpx.Response(404, json={"message": "Not Found"})
        container = self._warm[name].pop() if self._warm[name] else self._start(name)
        task = asyncio.get_running_loop().create_task(self._run(name, container, request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    @property
    def idle(self) -> bool:
        """Tell whether no request is being answered."""
        return not self._running

    def _start(self, name: str) -> _Container:
        self._started += 1
        return _Container(Process(f"{name}-{self._started}"), FUNCTIONS[name][0](self._services()))

    async def _run(self, name: str, container: _Container, request: httpx.Request) -> httpx.Response:
        process = container.process
        before = process.calls
        work = asyncio.get_running_loop().create_task(_inside(process, container.transport, request))
        limit = FUNCTIONS[name][1]
        ends: list[asyncio.Future[Any]] = [work, process.death]
        await asyncio.wait(ends, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        self.requests[request.url.path] += 1
        self.calls[request.url.path] += process.calls - before
        if work.done():
            self._warm[name].append(container)
            return self._answer(process, work, request)
        if not process.is_dead:
            self._story.tell(process.name, f"took longer than {limit:g} s and was ended")
            self._story.count("fault: function timed out")
        process.kill()
        _ABANDONED.append(work)
        return httpx.Response(502, json={"message": "Internal Server Error"})

    def _answer(self, process: Process, work: asyncio.Task[httpx.Response], request: httpx.Request) -> httpx.Response:
        path = request.url.path
        error = work.exception()
        if error is not None:
            self._story.tell(process.name, f"{path}: crashed with {type(error).__name__}: {error}")
            self.crashes.append(f"{path}: {type(error).__name__}: {error}")
            return httpx.Response(500, json={"message": "Internal Server Error"})
        response = work.result()
        self._story.tell(process.name, f"{_named(request)} -> {response.status_code} {response.text[:100]}")
        if path.startswith("/webhooks") and response.is_success:
            self.acknowledged.update(_message_ids(request))
        return response


def _named(request: httpx.Request) -> str:
    """Return a request's path, and of a delivery which attempt it is."""
    retried = request.headers.get("upstash-retried")
    return request.url.path if retried is None else f"{request.url.path} attempt {int(retried) + 1}"


def _message_ids(request: httpx.Request) -> list[str]:
    body = json.loads(request.content)
    return [body["data"]["key"]["id"]] if body["event"] == "messages.upsert" else []


#: Ended in the middle: they must never go on, so nothing may collect them before their loop is closed.
_ABANDONED: list[asyncio.Task[Any]] = []


async def _inside(process: Process, transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
    current_process.set(process)
    response = await transport.handle_async_request(request)
    await response.aread()
    return response


async def bury() -> None:
    """Clear away the processes that were ended, when all is over."""
    for task in _ABANDONED:
        task.cancel()
    for task in _ABANDONED:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    _ABANDONED.clear()
