"""Deduplication ids and the window in which they count.

An id belongs to the account, and on a URL group to each endpoint of it. A failed original blocks its id like any
other, for the whole window.
"""

import hashlib
import json

from infra.local.qstash.journal import Transaction
from infra.local.qstash.values import Options, Publication

WINDOW_MS = 10 * 60 * 1000


def deduplication_key(
    publication: Publication, options: Options, *, body: bytes, url: str, topic: str | None
) -> str | None:
    """Return the key of one message to `url`, or None if it is not to be deduplicated; an explicit id wins."""
    if publication.deduplication_id is not None:
        return f"id\n{publication.deduplication_id}" + (f"\n{topic}\n{url}" if topic is not None else "")
    if publication.content_based:
        return f"content\n{_digest(url, options, body=body)}"
    return None


def original(tx: Transaction, key: str) -> str | None:
    """Return the id of the message that holds `key`, if its window is still open."""
    message_id: str | None = tx.scalar(
        "select message_id from deduplications where key = ? and expires_at > ?", (key, tx.now)
    )
    return message_id


def remember(tx: Transaction, key: str, *, message_id: str) -> None:
    """Let `message_id` hold `key` for the window that begins now."""
    tx.execute("delete from deduplications where expires_at <= ?", (tx.now,))
    tx.execute(
        "insert or replace into deduplications (key, message_id, expires_at) values (?, ?, ?)",
        (key, message_id, tx.now + WINDOW_MS),
    )


def _digest(url: str, options: Options, *, body: bytes) -> str:
    digest = hashlib.sha256(json.dumps([url, sorted(options.headers.items())]).encode())
    digest.update(b"\0")
    digest.update(body)
    return digest.hexdigest()
