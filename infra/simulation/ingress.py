"""The calls from the outside to the functions: the queue's deliveries and the gateway's webhooks."""

import asyncio
import random

import httpx

from infra.simulation.chaos import Chaos, Mishap
from infra.simulation.functions import Functions
from infra.simulation.story import Story


class Ingress(httpx.AsyncBaseTransport):
    """Carries a request to the functions, unless something happens to it on the way."""

    def __init__(self, functions: Functions, chaos: Chaos, source: random.Random, story: Story) -> None:
        self._functions = functions
        self._chaos = chaos
        self._source = source
        self._story = story
        self._arriving: set[asyncio.Task[httpx.Response]] = set()
        #: A delivery of the queue that somebody listened in on.
        self.overheard: httpx.Request | None = None

    @property
    def idle(self) -> bool:
        """Tell whether nothing is under way."""
        return not self._arriving

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the functions' answer. Raises `httpx.TransportError` when none comes."""
        await request.aread()
        if "upstash-signature" in request.headers:
            self.overheard = request
        mishap = self._chaos.hit()
        if mishap is not None:
            self._story.tell("network", f"{request.url.path}: {mishap}")
            self._story.count(f"fault: delivery {mishap}")
        if mishap is Mishap.UNREACHABLE:
            raise httpx.ConnectError("connection refused")
        late = self._source.choice((3.0, 20.0, 100.0)) if mishap is Mishap.LATE else 0.0
        if mishap is Mishap.DOUBLED:
            self._arrive(request, after=self._source.choice((0.0, 1.0, 30.0)))
        arriving = self._arrive(request, after=late)
        if mishap is Mishap.CUT:
            await asyncio.sleep(self._source.uniform(0, 2))
            raise httpx.ReadError("connection reset")
        response = await asyncio.shield(arriving)
        if mishap is Mishap.LOST:
            raise httpx.ReadError("connection reset")
        return response

    def _arrive(self, request: httpx.Request, *, after: float) -> asyncio.Task[httpx.Response]:
        latency = after + self._source.uniform(0.005, 0.05)

        async def arrive() -> httpx.Response:
            await asyncio.sleep(latency)
            return await self._functions.serve(request)

        task = asyncio.get_running_loop().create_task(arrive())
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)
        return task
