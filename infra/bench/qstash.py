"""Measure the broker: `python -m infra.bench.qstash`.

The broker runs as its users run it, in a process of its own with durable state; this process publishes and is the
endpoint. Both sides here speak the little HTTP that they need over bare connections, so that the figures are the
broker's and not those of a client library on the same two cores.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

CONNECTIONS = 32
PUBLISHES = 5_000
BATCHES = 100
BATCH_ITEMS = 100
DELIVERIES = 5_000
IDLE_DELIVERIES = 300
PENDING = 100_000
_BODY = json.dumps({"job": "message.receive", "id": "0123456789abcdef", "text": "x" * 200}).encode()


class Connection:
    """One kept-alive connection to the broker."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token

    async def open(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def post(self, path: str, body: bytes = b"", headers: Sequence[str] = ()) -> bytes:
        """Send a request and return the body of the answer. Raises `RuntimeError` unless it is a 2xx."""
        lines = [
            f"POST {path} HTTP/1.1",
            "Host: broker",
            f"Authorization: Bearer {self._token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *headers,
        ]
        if self._reader.at_eof():  # the broker closes connections that are idle for some seconds
            await self.open()
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        answer = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"the broker answered {head.splitlines()[0]!r}: {answer!r}")
        return answer

    def close(self) -> None:
        self._writer.close()


class Endpoint(asyncio.Protocol):
    """Answers 200 to everything and notes when each message arrived."""

    def __init__(self, arrivals: dict[str, float]) -> None:
        self._arrivals = arrivals
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream server makes no other
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            headers = dict(line.lower().split(b": ", 1) for line in self._buffer[:end].split(b"\r\n")[1:])
            size = end + 4 + int(headers.get(b"content-length", b"0"))
            if len(self._buffer) < size:
                return
            self._buffer = self._buffer[size:]
            self._arrivals.setdefault(headers[b"upstash-message-id"].decode(), time.perf_counter())
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class Bench:
    """The running broker, the connections to it and the endpoint."""

    def __init__(self, process: asyncio.subprocess.Process, connections: list[Connection], url: str) -> None:
        self._process = process
        self._connections = connections
        self._url = url
        self.arrivals: dict[str, float] = {}

    async def publish(self) -> tuple[float, list[float]]:
        """Return publishes per second and the seconds that each took; all wait for a day."""
        return await self._load(PUBLISHES, self._publish_later)

    async def _publish_later(self, connection: Connection) -> None:
        await connection.post(f"/v2/publish/{self._url}", _BODY, ["Upstash-Delay: 1d"])

    async def batch(self, batches: int = BATCHES) -> float:
        """Return batch items stored per second; all wait for a day."""
        content = self._batch_of(["Upstash-Delay", "1d"])

        async def send(connection: Connection) -> None:
            await connection.post("/v2/batch", content)

        rate, _ = await self._load(batches, send)
        return rate * BATCH_ITEMS

    async def deliver(self) -> float:
        """Return deliveries per second of a backlog that falls due at one moment."""
        self.arrivals.clear()
        content = self._batch_of(["Upstash-Not-Before", str(int(time.time()) + 6)])
        for _ in range(DELIVERIES // BATCH_ITEMS):
            await self._connections[0].post("/v2/batch", content)
        await self._arrived(DELIVERIES)
        moments = sorted(self.arrivals.values())
        return (len(moments) - 1) / (moments[-1] - moments[0])

    async def publish_and_deliver(self) -> float:
        """Return messages per second that are published and delivered at the same time."""
        self.arrivals.clear()
        start = time.perf_counter()

        async def send(connection: Connection) -> None:
            await connection.post(f"/v2/publish/{self._url}", _BODY)

        await self._load(DELIVERIES, send)
        await self._arrived(DELIVERIES)
        return DELIVERIES / (max(self.arrivals.values()) - start)

    async def deliver_when_idle(self) -> list[float]:
        """Return the seconds from publish to arrival, one message at a time."""
        seconds = []
        for _ in range(IDLE_DELIVERIES):
            self.arrivals.clear()
            start = time.perf_counter()
            await self._connections[0].post(f"/v2/publish/{self._url}", _BODY)
            await self._arrived(1)
            seconds.append(next(iter(self.arrivals.values())) - start)
            await asyncio.sleep(0.005)
        return seconds

    def memory_mib(self) -> float | None:
        """Return the resident memory of the broker; None where the system does not tell."""
        status = Path(f"/proc/{self._process.pid}/status")
        if not status.exists():
            return None
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def _batch_of(self, header: list[str]) -> bytes:
        name, value = header
        item = {"destination": self._url, "headers": {name: value}, "body": _BODY.decode()}
        return json.dumps([item] * BATCH_ITEMS).encode()

    async def _load(self, count: int, send: Callable[[Connection], Awaitable[None]]) -> tuple[float, list[float]]:
        """Send `count` requests over all connections; return requests per second and the seconds of each."""
        left = iter(range(count))
        seconds: list[float] = []

        async def work(connection: Connection) -> None:
            for _ in left:
                start = time.perf_counter()
                await send(connection)
                seconds.append(time.perf_counter() - start)

        start = time.perf_counter()
        await asyncio.gather(*(work(connection) for connection in self._connections))
        return count / (time.perf_counter() - start), seconds

    async def _arrived(self, count: int) -> None:
        deadline = time.perf_counter() + 120
        while len(self.arrivals) < count:
            if time.perf_counter() > deadline:
                raise RuntimeError(f"only {len(self.arrivals)} of {count} messages arrived")
            await asyncio.sleep(0.0005)


@contextlib.asynccontextmanager
async def running_bench() -> AsyncIterator[Bench]:
    """Start a broker on fresh durable state, with connections to it and an endpoint."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "infra.commands.qstash", "--port", "0", "--data", folder),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            url, token = await _variables(process)
            port = int(url.rpartition(":")[2])
            connections = [await Connection(port, token).open() for _ in range(CONNECTIONS)]
            bench = Bench(process, connections, "")
            server = await asyncio.get_running_loop().create_server(lambda: Endpoint(bench.arrivals), "127.0.0.1", 0)
            bench._url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            yield bench
            server.close()
            for connection in connections:
                connection.close()
        finally:
            process.terminate()
            await process.wait()


async def _variables(process: asyncio.subprocess.Process) -> tuple[str, str]:
    assert process.stdout is not None  # noqa: S101 - asked for above
    found: dict[str, str] = {}
    while (line := (await process.stdout.readline()).decode().strip()) != "ready":
        if not line:
            raise RuntimeError("the broker did not start")
        name, _, value = line.partition("=")
        found[name] = value
    return found["QSTASH_URL"], found["QSTASH_TOKEN"]


async def measure() -> AsyncIterator[str]:
    """Yield the figures, line by line as they are found."""
    async with running_bench() as bench:
        yield f"memory when idle            {_mib(bench.memory_mib())}"
        yield _latency("publish to delivery, idle", await bench.deliver_when_idle())
        rate, seconds = await bench.publish()
        yield f"publishes                   {rate:8.0f} /s     ({CONNECTIONS} connections)"
        yield _latency("publish", seconds)
        yield f"batch items                 {await bench.batch():8.0f} /s     ({BATCH_ITEMS} a batch)"
        yield f"deliveries                  {await bench.deliver():8.0f} /s     (backlog of {DELIVERIES})"
        yield f"published and delivered     {await bench.publish_and_deliver():8.0f} /s     (at the same time)"
    async with running_bench() as bench:
        await bench.batch(PENDING // BATCH_ITEMS)
        yield f"memory, {PENDING} pending      {_mib(bench.memory_mib())}"


def _latency(name: str, seconds: list[float]) -> str:
    p99 = statistics.quantiles(seconds, n=100)[98]
    return f"{name:27} {statistics.median(seconds) * 1000:8.1f} ms p50 {p99 * 1000:8.1f} ms p99"


def _mib(amount: float | None) -> str:
    return "not known on this system" if amount is None else f"{amount:8.0f} MiB"


async def main() -> None:
    async for line in measure():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
