"""Read commands out of a request and refuse those that a REST request cannot carry."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

# They wait, subscribe, change the connection that requests share, or govern the server.
_UNAVAILABLE = frozenset(
    b"""
    BLPOP BRPOP BLMOVE BLMPOP BRPOPLPUSH BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF
    SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE MONITOR
    MULTI EXEC DISCARD WATCH UNWATCH AUTH HELLO SELECT QUIT RESET CLIENT
    SHUTDOWN CONFIG DEBUG SAVE BGSAVE BGREWRITEAOF MODULE ACL CLUSTER MIGRATE FAILOVER REPLICAOF SLAVEOF SYNC PSYNC
    """.split()
)


class BadCommandError(Exception):
    """The request holds no command that can be run; the message goes to the caller."""


def command_of_body(body: bytes) -> list[bytes]:
    """Return the command of a JSON array such as `["SET", "key", 1]`."""
    return _command(_json(body))


def commands_of_body(body: bytes) -> list[list[bytes]]:
    """Return the commands of a JSON array of arrays."""
    document = _json(body)
    if not isinstance(document, list) or not document:
        raise BadCommandError("ERR failed to parse: expected a JSON array of commands")
    return [_command(item) for item in document]


def command_of_path(raw_path: bytes, query: str, body: bytes) -> list[bytes]:
    """Return the command of `/SET/key/value?EX=10`; a body is the argument after the path, the query comes last."""
    command = [unquote_to_bytes(part) for part in raw_path.strip(b"/").split(b"/")]
    if body:
        command.append(body)
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name != "_token":
            command += [part.encode() for part in (name, value) if part]
    return _checked(command)


def _command(item: object) -> list[bytes]:
    if not isinstance(item, list) or not item:
        raise BadCommandError("ERR failed to parse: expected a JSON array of command and arguments")
    return _checked([_argument(argument) for argument in item])


def _checked(command: list[bytes]) -> list[bytes]:
    name = command[0].upper()
    if not name:
        raise BadCommandError("ERR empty command")
    waits = name in {b"XREAD", b"XREADGROUP"} and b"BLOCK" in _options(command)
    if name in _UNAVAILABLE or waits:
        shown = name.decode(errors="replace") + (" BLOCK" if waits else "")
        raise BadCommandError(f"ERR Command is not available: '{shown}'")
    return command


def _options(command: Sequence[bytes]) -> list[bytes]:
    """The arguments before the stream names, which could be called anything."""
    upper = [argument.upper() for argument in command]
    return upper[: upper.index(b"STREAMS")] if b"STREAMS" in upper else upper


def _argument(value: object) -> bytes:
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, str):
        # Lone surrogates cannot be text, but they must not break the request either.
        return value.encode("utf-8", "replace")
    raise BadCommandError(f"ERR an argument must be a text, a number or a boolean, not {json.dumps(value)}")


def _json(body: bytes) -> Any:
    """Parse a body; numbers stay as they are written, since Redis knows only texts."""
    try:
        return json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except ValueError as error:
        raise BadCommandError(f"ERR failed to parse the JSON of the request: {error}") from error
