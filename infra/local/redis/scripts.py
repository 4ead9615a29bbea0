"""Run scripts written for Upstash on a plain server, under the hashes that their clients compute.

Upstash knows a script flag `allow-key-locking` that no other server does; a script without it means the same here. As
the text changes, so does its SHA-1, and clients address scripts by the hash of the text that they sent.
"""

import hashlib
import re
from collections.abc import Sequence

from infra.local.redis.connections import Reply

_SHEBANG = re.compile(rb"#!lua(?P<options>[^\r\n]*)")
_FLAG = b"allow-key-locking"
_BY_TEXT = frozenset({b"EVAL", b"EVAL_RO"})
_BY_HASH = frozenset({b"EVALSHA", b"EVALSHA_RO"})


class ScriptHashes:
    """The scripts whose hash differs between client and server."""

    def __init__(self) -> None:
        self._server_hashes: dict[bytes, bytes] = {}

    def translate(self, command: Sequence[bytes]) -> list[bytes]:
        """Return the command as the server must get it."""
        name, *arguments = command
        upper = name.upper()
        if upper in _BY_TEXT and arguments:
            return [name, self._plain(arguments[0]), *arguments[1:]]
        if upper in _BY_HASH and arguments:
            return [name, self._server_hash(arguments[0]), *arguments[1:]]
        if upper == b"SCRIPT" and len(arguments) > 1 and arguments[0].upper() == b"LOAD":
            return [name, arguments[0], self._plain(arguments[1]), *arguments[2:]]
        if upper == b"SCRIPT" and arguments and arguments[0].upper() == b"EXISTS":
            return [name, arguments[0], *map(self._server_hash, arguments[1:])]
        return list(command)

    def answer(self, command: Sequence[bytes], reply: Reply) -> Reply:
        """Return the reply as the client expects it: `SCRIPT LOAD` gives the hash of the client's text."""
        words = [word.upper() for word in command[:2]]
        if words == [b"SCRIPT", b"LOAD"] and isinstance(reply, bytes):
            return _sha1(command[2])
        return reply

    def _plain(self, script: bytes) -> bytes:
        plain = without_flag(script)
        if plain != script:
            self._server_hashes[_sha1(script)] = _sha1(plain)
        return plain

    def _server_hash(self, client_hash: bytes) -> bytes:
        return self._server_hashes.get(client_hash.lower(), client_hash)


def without_flag(script: bytes) -> bytes:
    """Return a script without Upstash's flag; its lines keep their numbers."""
    shebang = _SHEBANG.match(script)
    if shebang is None or _FLAG not in shebang["options"]:
        return script
    options = []
    for option in shebang["options"].split():
        name, _, value = option.partition(b"=")
        kept = [flag for flag in value.split(b",") if flag != _FLAG]
        if name != b"flags":
            options.append(option)
        elif kept:
            options.append(b"flags=" + b",".join(kept))
    line = b" ".join([b"#!lua", *options]) if options else b""
    return line + script[shebang.end() :]


def _sha1(script: bytes) -> bytes:
    return hashlib.sha1(script, usedforsecurity=False).hexdigest().encode()
