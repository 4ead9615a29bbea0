"""The real Valkey, reached without a socket's uncertainties."""

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NoReturn

import hiredis

from infra.simulation.wire import Errors, Wire
from shared.errors import LimiterError
from shared.ports import Clock, RateLimit, Verdict


class SimulatedRedis:
    """A Valkey server that one world after the other uses. Its own clock is the machine's."""

    def __init__(self, address: str) -> None:
        """`address` is `unix://` and a path."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(address.removeprefix("unix://"))
        self._reader = hiredis.Reader(encoding="utf-8")

    def execute(self, *command: str) -> Any:
        """Run one command. Raises `LimiterError` for one that Valkey refuses."""
        self._socket.sendall(hiredis.pack_command(command))  # type: ignore[arg-type]  # takes any sequence of texts
        while (answer := self._reader.gets()) is False:
            self._reader.feed(self._socket.recv(65536))
        if isinstance(answer, Exception):
            raise LimiterError(f"Upstash Redis refused a command: {answer}")
        return answer

    def begin(self) -> None:
        """Forget everything, for the next world."""
        self.execute("FLUSHALL")

    def close(self) -> None:
        self._socket.close()


def _refused() -> NoReturn:
    raise LimiterError("Upstash Redis cannot be reached")


def _timed_out() -> NoReturn:
    raise LimiterError("Upstash Redis did not answer in time")


_ERRORS = Errors(refused=_refused, lost=_refused, timed_out=_timed_out)


Command = Callable[[], Any]


class VirtualLimits:
    """The rate limits of all processes, counted as the real ones are: a window that slides, one verdict for each mark.

    The library that makes the real script takes the machine's time for it; here it is the virtual time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._verdicts: dict[str, Verdict] = {}
        self._uses: dict[str, list[datetime]] = defaultdict(list)
        self._told: dict[str, datetime] = {}

    def admit(self, subject: str, mark: str, amount: int, limit: RateLimit) -> Verdict:
        """Count `amount` of `subject`, unless the mark has its verdict already."""
        if mark not in self._verdicts:
            self._verdicts[mark] = self._count(subject, amount, limit)
        return self._verdicts[mark]

    def _count(self, subject: str, amount: int, limit: RateLimit) -> Verdict:
        now = self._clock.now()
        uses = [at for at in self._uses[subject] if at > now - limit.window]
        if len(uses) + amount <= limit.amount:
            self._uses[subject] = [*uses, *[now] * amount]
            return Verdict.ALLOWED
        told = self._told.get(subject)
        if told is not None and told > now - limit.notice_every:
            return Verdict.SILENT
        self._told[subject] = now
        return Verdict.NOTICE


class WiredRedis:
    """The port `shared.ports.LimitingRedis` of one process over a wire. What is asked together travels as one call."""

    def __init__(self, redis: SimulatedRedis, wire: Wire, limits: VirtualLimits) -> None:
        self._redis = redis
        self._wire = wire
        self._limits = limits
        self._next: tuple[list[Command], asyncio.Task[list[Any]]] | None = None

    async def run(self, *command: str) -> Any:
        """Run one command. Raises `LimiterError`."""
        return await self._ask(lambda: self._redis.execute(*command))

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> Any:
        """Run a Lua script atomically. Raises `LimiterError`."""
        return await self.run("EVAL", source, str(len(keys)), *keys, *arguments)

    async def admit(self, subject: str, *, mark: str, amount: int, limit: RateLimit) -> Verdict:
        """See `shared.ports.RateLimiter`."""
        verdict: Verdict = await self._ask(lambda: self._limits.admit(subject, mark, amount, limit))
        return verdict

    async def check(self) -> None:
        """Return when Redis answers. Raises `LimiterError`."""
        await self.run("PING")

    async def _ask(self, command: Command) -> Any:
        if self._next is None:
            commands: list[Command] = []
            self._next = commands, asyncio.get_running_loop().create_task(self._send(commands))
        commands, answers = self._next
        commands.append(command)
        position = len(commands) - 1
        return (await asyncio.shield(answers))[position]

    async def _send(self, commands: list[Command]) -> list[Any]:
        self._next = None

        async def serve() -> list[Any]:
            return [command() for command in commands]

        self._wire.count("redis commands", len(commands))
        return await self._wire.carry("commands", serve, errors=_ERRORS, broken=_refused, limit=1.5)
