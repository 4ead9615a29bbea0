"""The real Valkey, reached without a socket's uncertainties."""

import socket
from collections.abc import Sequence
from typing import Any, NoReturn

import hiredis

from infra.simulation.wire import Errors, Wire
from shared.errors import LimiterError


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


class WiredRedis:
    """The port `shared.ports.Redis` over a wire."""

    def __init__(self, redis: SimulatedRedis, wire: Wire) -> None:
        self._redis = redis
        self._wire = wire

    async def run(self, *command: str) -> Any:
        """Run one command. Raises `LimiterError`."""

        async def serve() -> Any:
            return self._redis.execute(*command)

        return await self._wire.carry(command[0], serve, errors=_ERRORS, broken=_refused, limit=1.5)

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> Any:
        """Run a Lua script atomically. Raises `LimiterError`."""
        return await self.run("EVAL", source, str(len(keys)), *keys, *arguments)

    async def check(self) -> None:
        """Return when Redis answers. Raises `LimiterError`."""
        await self.run("PING")
