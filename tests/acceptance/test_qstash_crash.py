"""The broker is killed at random moments, again and again, and nothing that it accepted is lost."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

MESSAGES = 10_000
KILLS = 10
BATCH = 500
#: Deliveries in flight at most, which bounds what a kill may repeat.
PARALLELISM = 100
#: Generous, for a machine that is busy with other things.
_DEADLINE_SECONDS = 240


class Arrivals:
    """How often each message arrived."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._awaited: tuple[int, asyncio.Event] | None = None

    def note(self, name: str) -> None:
        self.counts[name] += 1
        if self._awaited is not None and len(self.counts) >= self._awaited[0]:
            self._awaited[1].set()

    async def reach(self, count: int) -> None:
        """Return as soon as `count` different messages have arrived."""
        if len(self.counts) < count:
            self._awaited = (count, asyncio.Event())
            async with asyncio.timeout(_DEADLINE_SECONDS):
                await self._awaited[1].wait()


class Endpoint(asyncio.Protocol):
    """Answers 200 to everything and counts how often each message arrived."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            headers = dict(line.lower().split(b": ", 1) for line in self._buffer[:end].split(b"\r\n")[1:])
            size = end + 4 + int(headers.get(b"content-length", b"0"))
            if len(self._buffer) < size:
                return
            request, self._buffer = self._buffer[:size], self._buffer[size:]
            self._arrivals.note(json.loads(request[end + 4 :])["n"])
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class BrokerProcess:
    """The broker as its users run it, in a process that can be killed."""

    def __init__(self, port: int, data: Path) -> None:
        self._command = (sys.executable, "-m", "infra.commands.qstash", "--port", str(port), "--data", str(data))
        self.url = f"http://127.0.0.1:{port}"
        self.token = ""

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(*self._command, stdout=asyncio.subprocess.PIPE)
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            name, _, value = line.decode().strip().partition("=")
            if name == "QSTASH_TOKEN":
                self.token = value
            if name == "ready":
                return
        raise AssertionError("the broker did not start")

    async def kill(self) -> None:
        """`kill -9`: no handler runs, no buffer is flushed."""
        os.kill(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[BrokerProcess]:
    # The same port after every kill, as a publisher that retries expects.
    process = BrokerProcess(free_port(), tmp_path)
    await process.start()
    yield process
    await process.stop()


async def publish_all(broker: BrokerProcess, destination: str) -> None:
    """Publish every message once, repeating what was not answered under the same deduplication ids."""
    async with httpx.AsyncClient(timeout=30) as client:
        for first in range(0, MESSAGES, BATCH):
            items: list[dict[str, object]] = [
                {
                    "destination": destination,
                    "body": json.dumps({"n": str(number)}),
                    "headers": {"Upstash-Deduplication-Id": str(number), "Upstash-Label": "crash"},
                }
                for number in range(first, first + BATCH)
            ]
            await publish(client, broker, items)


async def publish(client: httpx.AsyncClient, broker: BrokerProcess, items: list[dict[str, object]]) -> None:
    while True:
        try:
            headers = {"Authorization": f"Bearer {broker.token}"}
            response = await client.post(f"{broker.url}/v2/batch", json=items, headers=headers)
        except httpx.TransportError:
            await asyncio.sleep(0.05)  # it was just killed
        else:
            assert response.is_success, response.text
            return


async def test_kill_9_loses_nothing_and_repeats_only_what_was_in_flight(broker: BrokerProcess) -> None:
    """10,000 messages, ten kills while they are published and delivered: all arrive, few of them twice."""
    arrivals = Arrivals()
    server = await asyncio.get_running_loop().create_server(lambda: Endpoint(arrivals), "127.0.0.1", 0)
    destination = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    publishing = asyncio.create_task(publish_all(broker, destination))
    moments = random.Random(7)  # noqa: S311 - chooses when to kill
    for kill in range(1, KILLS + 1):
        # Spread over the work by its progress and not by time, so that a slow machine is killed as often midway.
        progress = MESSAGES * kill // (KILLS + 1) - moments.randrange(MESSAGES // (2 * KILLS))
        await arrivals.reach(progress)
        await broker.kill()
        await broker.start()
    await publishing
    await arrivals.reach(MESSAGES)
    await finished(broker)
    server.close()
    assert arrivals.counts.keys() == {str(number) for number in range(MESSAGES)}
    repeated = sum(count - 1 for count in arrivals.counts.values())
    assert repeated <= KILLS * PARALLELISM
    assert max(arrivals.counts.values()) <= 1 + KILLS


async def finished(broker: BrokerProcess) -> None:
    """Wait until the log has one DELIVERED event for each message and nothing is left open."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {broker.token}"}, timeout=30) as client:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            while len(delivered := await log(client, broker, "DELIVERED")) < MESSAGES:  # noqa: ASYNC110 - no other sign
                await asyncio.sleep(0.1)
        assert len(delivered) == len(set(delivered)) == MESSAGES
        assert sorted(await log(client, broker, "CREATED")) == sorted(delivered)
        cancelled = await client.delete(f"{broker.url}/v2/messages")
        assert cancelled.json() == {"cancelled": 0}


async def log(client: httpx.AsyncClient, broker: BrokerProcess, state: str) -> list[str]:
    """Return the message ids of all events of `state`."""
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        parameters = {"state": state, "count": "1000"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"{broker.url}/v2/events", params=parameters)).json()
        ids.extend(event["messageId"] for event in page["events"])
        cursor = page.get("cursor")
    return ids
