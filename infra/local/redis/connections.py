"""Connections to the Valkey server: raw requests and replies, pooled."""

import asyncio
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import hiredis

Reply = bytes | int | None | Exception | list["Reply"]
Command = Sequence[bytes]

_CHUNK_BYTES = 64 * 1024


class ServerUnavailableError(Exception):
    """The server cannot be reached or went away before it answered; whether it ran the commands is unknown then."""


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._parser = hiredis.Reader(notEnoughData=Ellipsis)

    @property
    def usable(self) -> bool:
        """False once the server closed its end, which a restart does."""
        return not (self._reader.at_eof() or self._writer.is_closing())

    async def execute(self, commands: Sequence[Command]) -> list[Reply]:
        for command in commands:
            self._writer.write(hiredis.pack_command(tuple(command)))  # type: ignore[arg-type]  # typed for one item
        await self._writer.drain()
        return [await self._reply() for _ in commands]

    async def _reply(self) -> Reply:
        while (reply := self._parser.gets()) is Ellipsis:
            chunk = await self._reader.read(_CHUNK_BYTES)
            if not chunk:
                raise ServerUnavailableError("the server closed the connection before it answered")
            self._parser.feed(chunk)
        return reply  # type: ignore[no-any-return]  # hiredis types a reply as Any

    def close(self) -> None:
        self._writer.close()


class ConnectionPool:
    """Up to `size` connections to one server, opened when needed.

    `address` is `unix:///path/of/the.sock` or `redis://host:port/database`.
    """

    def __init__(self, address: str, *, size: int = 16) -> None:
        self._address = urlsplit(address)
        if self._address.scheme not in {"unix", "redis", "valkey"}:
            raise ValueError(f"the server's address must begin with unix:// or redis://, not {address!r}")
        self._idle: list[_Connection] = []
        self._places = asyncio.Semaphore(size)

    async def execute(self, commands: Sequence[Command]) -> list[Reply]:
        """Send commands back to back on one connection and return their replies; an error reply is an exception in it.

        Raises `ServerUnavailableError`.
        """
        async with self._places:
            connection = await self._take()
            try:
                replies = await connection.execute(commands)
            except OSError as error:
                connection.close()
                raise ServerUnavailableError(f"the server went away: {error}") from error
            except BaseException:  # a cancelled request leaves replies behind that belong to nobody
                connection.close()
                raise
            self._idle.append(connection)
            return replies

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    async def _take(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.close()
        try:
            return await self._open()
        except OSError as error:
            raise ServerUnavailableError(f"the server cannot be reached: {error}") from error

    async def _open(self) -> _Connection:
        if self._address.scheme == "unix":
            return _Connection(*await asyncio.open_unix_connection(unquote(self._address.path)))
        host, port = self._address.hostname or "127.0.0.1", self._address.port or 6379
        connection = _Connection(*await asyncio.open_connection(host, port))
        if database := self._address.path.strip("/"):
            (reply,) = await connection.execute([(b"SELECT", database.encode())])
            if isinstance(reply, Exception):
                connection.close()
                raise ServerUnavailableError(f"database {database}: {reply}")
        return connection
