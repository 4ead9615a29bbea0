"""Messages of all chats, each with a revision that grows with every change, so that a reader can catch up."""

import json
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from infra.local.whatsapp.models import STATUS_ORDER, Attachment, File, Message, NewMessage, Status
from infra.local.whatsapp.store import Store


class Messages:
    """The table of messages."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._db = store.db
        self._now = now

    def add(self, new: NewMessage) -> Message:
        """Write a message and return it with its id, time and revision."""
        row = self._db.execute(
            """
            INSERT INTO messages (revision, id, row_id, timestamp, instance, person, author, text, status, quoted, lost)
            SELECT coalesce(max(revision), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM messages RETURNING position
            """,
            (
                *(_new_id(new), f"cm{secrets.token_hex(12)[:23]}", int(self._now().timestamp())),
                *(new.instance, new.person, new.author, new.text, new.status, new.quoted, new.lost),
            ),
        ).fetchone()
        if new.file is not None:
            self._attach(row["position"], new.file)
        return self._at(row["position"])

    def content(self, message: Message) -> bytes | None:
        """Return the bytes of a message's file."""
        row = self._db.execute("SELECT content FROM attachments WHERE position = ?", (message.position,)).fetchone()
        return bytes(row["content"]) if row else None

    def get(self, instance: str, message_id: str) -> Message | None:
        """Return one message."""
        query = "SELECT * FROM chat_messages WHERE instance = ? AND id = ?"
        return next(iter(self._select(query, instance, message_id)), None)

    def save(self, message: Message) -> Message:
        """Write the text, status and marks of a message and return it with its new revision.

        A deleted one loses its file.
        """
        row = self._db.execute(
            """
            UPDATE messages SET text = ?, status = ?, edited = ?, revoked = ?,
                revision = (SELECT max(revision) + 1 FROM messages)
            WHERE instance = ? AND id = ? RETURNING position
            """,
            (message.text, message.status, message.edited, message.revoked, message.instance, message.id),
        ).fetchone()
        if message.revoked:
            self._db.execute("DELETE FROM attachments WHERE position = ?", (row["position"],))
        return self._at(row["position"])

    def raise_status(self, message: Message, status: Status) -> Message | None:
        """Move a status up; return None when it is there already."""
        current = self.get(message.instance, message.id)
        if current is None or current.status == "ERROR":
            return None
        if STATUS_ORDER.index(status) <= STATUS_ORDER.index(current.status):
            return None
        return self.save(replace(current, status=status))

    def changed_after(self, revision: int, *, instance: str | None = None, person: str | None = None) -> list[Message]:
        """Return what changed after a revision, in the order of change, without what never reached anybody."""
        query = """
            SELECT * FROM chat_messages WHERE revision > ? AND lost = 0
                AND instance = coalesce(?, instance) AND person = coalesce(?, person)
            ORDER BY revision
        """
        return self._select(query, revision, instance, person)

    def of_person(self, phone: str) -> list[Message]:
        """Return what a person sees of the chats with every instance, oldest first."""
        return self._select("SELECT * FROM chat_messages WHERE person = ? AND lost = 0 ORDER BY position", phone)

    def waiting_for_ticks(self) -> list[Message]:
        """Return the sent messages that may still move up."""
        return self._select(
            "SELECT * FROM chat_messages WHERE author <> 'person' AND lost = 0 AND status NOT IN ('READ', 'ERROR')"
        )

    def waiting_for_instance(self, instance: str) -> list[Message]:
        """Return what people wrote while the instance was closed."""
        query = """
            SELECT * FROM chat_messages WHERE author = 'person' AND instance = ? AND status = 'SERVER_ACK'
            ORDER BY position
        """
        return self._select(query, instance)

    def search(self, instance: str, where: dict[str, Any]) -> list[Message]:
        """Return the messages of an instance, newest first; `where` may hold `id`, `person` and `from_me`."""
        query = """
            SELECT * FROM chat_messages WHERE instance = ? AND id = coalesce(?, id) AND person = coalesce(?, person)
                AND (author <> 'person') = coalesce(?, author <> 'person')
            ORDER BY position DESC
        """
        return self._select(query, instance, where.get("id"), where.get("person"), where.get("from_me"))

    def newest_revision(self) -> int:
        """Return the revision of the last change, 0 before the first."""
        return int(self._db.execute("SELECT coalesce(max(revision), 0) FROM messages").fetchone()[0])

    def _at(self, position: int) -> Message:
        return self._select("SELECT * FROM chat_messages WHERE position = ?", position)[0]

    def _attach(self, position: int, file: File) -> None:
        known = file.attachment
        self._db.execute(
            "INSERT INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?)",
            (position, known.kind, known.mimetype, known.filename, known.seconds, known.view_once, file.content),
        )

    def _select(self, query: str, *values: Any) -> list[Message]:
        return [_message(row) for row in self._db.execute(query, values)]


def _new_id(new: NewMessage) -> str:
    """Return an id as the writing device makes them: web clients and the API start with 3EB0, iPhones with 3A."""
    return f"3A{secrets.token_hex(9)}".upper() if new.author == "phone" else f"3EB0{secrets.token_hex(9)}".upper()


def _message(row: sqlite3.Row) -> Message:
    values: dict[str, Any] = dict(row)
    values |= {name: bool(row[name]) for name in ("edited", "revoked", "lost")}
    media = json.loads(row["media"]) if row["media"] else None
    values["media"] = Attachment(**{**media, "view_once": bool(media["view_once"])}) if media else None
    return Message(**values)
