"""A broker inside a test: virtual clock, scripted destination, the API without a socket.

    async with simulated_broker() as simulated:
        await simulated.publish("https://shop.example/jobs", body=b"{}", headers={"Upstash-Delay": "1h"})
        await simulated.advance("1h")
        assert simulated.destination.deliveries[0].body == b"{}"

Nothing sleeps on the wall clock, and identifiers repeat for the same seed.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from infra.local.qstash.app import api_app
from infra.local.qstash.broker import SETTLE_PATIENCE_SECONDS, Broker
from infra.local.qstash.clock import Clock
from infra.local.qstash.config import BrokerConfig
from infra.local.qstash.durations import parse_duration

#: Wednesday, 2025-01-01 00:00:00 UTC.
DEFAULT_START_MS = 1_735_689_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request that the broker sent; `at` is the virtual time in Unix milliseconds."""

    at: int
    method: str
    url: str
    headers: httpx.Headers
    body: bytes

    @property
    def message_id(self) -> str:
        return self.headers["Upstash-Message-Id"]

    @property
    def retried(self) -> int:
        return int(self.headers["Upstash-Retried"])


#: Answers a delivery with a status or a response; what it raises, such as `httpx.ConnectError`, fails the attempt.
Respond = Callable[[Delivery], Awaitable[int | httpx.Response] | int | httpx.Response]


class Destination(httpx.AsyncBaseTransport):
    """Receives every delivery in place of the network and answers as `respond` says, 200 by default."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.deliveries: list[Delivery] = []
        self._expected: tuple[int, asyncio.Event] | None = None
        self.respond: Respond = lambda delivery: 200

    def to(self, part: str) -> list[Delivery]:
        """Return the deliveries whose URL contains `part`, in order."""
        return [delivery for delivery in self.deliveries if part in delivery.url]

    async def reach(self, count: int) -> None:
        """Return once `count` deliveries have arrived in all, answered or not."""
        if len(self.deliveries) < count:
            self._expected = (count, asyncio.Event())
            await self._expected[1].wait()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        delivery = Delivery(
            at=self._clock.now(),
            method=request.method,
            url=str(request.url),
            headers=request.headers,
            body=await request.aread(),
        )
        self.deliveries.append(delivery)
        if self._expected is not None and len(self.deliveries) >= self._expected[0]:
            self._expected[1].set()
        answer = self.respond(delivery)
        if isinstance(answer, Awaitable):
            answer = await answer
        return httpx.Response(answer) if isinstance(answer, int) else answer


class SimulatedBroker:
    """A running broker with the handles that a test turns."""

    def __init__(
        self, config: BrokerConfig, *, start: int, seed: int, patience: float = SETTLE_PATIENCE_SECONDS
    ) -> None:
        """See `simulated_broker`, which also starts and stops it; a new `patience` counts from the next start."""
        self.clock = Clock(frozen_at=start)
        self.destination = Destination(self.clock)
        self._config = config
        self.patience = patience
        self._source = random.Random(seed)  # noqa: S311 - identifiers of a simulation

    async def start(self) -> None:
        """Start a broker on the data that there is."""
        self.broker = Broker(
            self._config,
            clock=self.clock,
            transport=self.destination,
            source=self._source,
            patience=self.patience,
        )
        self.api = httpx.AsyncClient(
            transport=httpx.ASGITransport(api_app(self.broker)),
            base_url="http://broker",
            headers={"Authorization": f"Bearer {self._config.token}"},
        )
        await self.broker.start()

    async def restart(self) -> None:
        """Stop and start over on the same data, as a deploy would; attempts in flight are abandoned."""
        await self.stop()
        await self.start()
        await self.settle()

    async def stop(self) -> None:
        await self.broker.stop()
        await self.api.aclose()

    async def publish(
        self, destination: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, queue: str | None = None
    ) -> str:
        """Publish, or enqueue on `queue`, and return the message id. Raises `httpx.HTTPStatusError`."""
        path = "publish" if queue is None else f"enqueue/{queue}"
        response = await self.api.post(f"/v2/{path}/{destination}", content=body, headers=headers)
        response.raise_for_status()
        message_id: str = response.json()["messageId"]
        return message_id

    async def get(self, path: str, /, **parameters: str | int) -> Any:
        """Return the JSON answer of a GET. Raises `httpx.HTTPStatusError`."""
        response = await self.api.get(path, params=parameters)
        response.raise_for_status()
        return response.json()

    async def states(self, message_id: str) -> list[str]:
        """Return the states that a message went through, in order."""
        log = await self.get("/v2/events", messageId=message_id, order="earliestFirst")
        return [event["state"] for event in log["events"]]

    async def settle(self) -> None:
        """Return when everything that is due has been attempted and stored."""
        await self.broker.settle()

    async def sent(self, count: int) -> None:
        """Return once `count` deliveries have been sent in all, while the destination has not answered them yet."""
        await self.destination.reach(count)
        await self.broker.journal.drained()

    async def advance(self, duration: str | int) -> None:
        """Let a duration such as `1h30m`, or milliseconds, pass with all that falls due on the way."""
        milliseconds = duration if isinstance(duration, int) else parse_duration(duration, "duration") * 1000
        await self.broker.advance(milliseconds)


@contextlib.asynccontextmanager
async def simulated_broker(
    config: BrokerConfig | None = None,
    *,
    start: int = DEFAULT_START_MS,
    seed: int = 0,
    patience: float = SETTLE_PATIENCE_SECONDS,
) -> AsyncIterator[SimulatedBroker]:
    """Run a broker, in memory by default, whose clock stands at `start` (Unix milliseconds) until advanced.

    Moving the clock and stopping wait for deliveries to be answered, but at most `patience` real seconds.
    """
    simulated = SimulatedBroker(config or BrokerConfig(), start=start, seed=seed, patience=patience)
    await simulated.start()
    try:
        yield simulated
    finally:
        await simulated.stop()
