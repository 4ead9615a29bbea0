"""The durable state of the gateway: one SQLite file, opened on the event loop's thread."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local.whatsapp.models import Instance, Person, Webhook

_SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
    name TEXT PRIMARY KEY, id TEXT NOT NULL, token TEXT NOT NULL, number TEXT NOT NULL, profile_name TEXT NOT NULL,
    state TEXT NOT NULL, settings TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS webhooks (
    instance TEXT PRIMARY KEY REFERENCES instances, id TEXT NOT NULL, enabled INTEGER NOT NULL, url TEXT NOT NULL,
    headers TEXT NOT NULL, by_events INTEGER NOT NULL, base64 INTEGER NOT NULL, events TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS people (
    phone TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, jid TEXT NOT NULL UNIQUE, lid TEXT NOT NULL UNIQUE,
    instance TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT, revision INTEGER NOT NULL UNIQUE,
    id TEXT NOT NULL, row_id TEXT NOT NULL, instance TEXT NOT NULL, person TEXT NOT NULL, author TEXT NOT NULL,
    text TEXT NOT NULL, status TEXT NOT NULL, timestamp INTEGER NOT NULL, quoted TEXT,
    edited INTEGER NOT NULL DEFAULT 0, revoked INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0,
    UNIQUE (instance, id)
) STRICT;
CREATE INDEX IF NOT EXISTS messages_by_chat ON messages (person, instance, position);
CREATE TABLE IF NOT EXISTS attachments (
    position INTEGER PRIMARY KEY REFERENCES messages, kind TEXT NOT NULL, mimetype TEXT NOT NULL, filename TEXT,
    seconds INTEGER, view_once INTEGER NOT NULL, content BLOB NOT NULL
) STRICT;
CREATE VIEW IF NOT EXISTS chat_messages AS
SELECT messages.*, CASE WHEN kind IS NOT NULL THEN json_object(
    'kind', kind, 'mimetype', mimetype, 'filename', filename, 'seconds', seconds, 'view_once', view_once,
    'size', length(content)
) END AS media
FROM messages LEFT JOIN attachments USING (position);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, event TEXT NOT NULL, data TEXT NOT NULL,
    date_time TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL,
    dropped INTEGER NOT NULL DEFAULT 0, last_error TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class Store:
    """Instances, webhooks, people and switches, and the connection that the other tables share."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(folder / "whatsapp.sqlite3" if folder else ":memory:", isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of the block or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def save_instance(self, instance: Instance) -> None:
        """Write an instance under its name."""
        values = (instance.name, instance.id, instance.token, instance.number, instance.profile_name, instance.state)
        self.db.execute(
            "INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, json.dumps(instance.settings), instance.created_at),
        )

    def instance(self, name: str) -> Instance | None:
        """Return the instance of that name."""
        row = self.db.execute("SELECT * FROM instances WHERE name = ?", (name,)).fetchone()
        return _instance(row) if row else None

    def instances(self) -> list[Instance]:
        """Return all instances, oldest first."""
        return [_instance(row) for row in self.db.execute("SELECT * FROM instances ORDER BY created_at, name")]

    def save_webhook(self, webhook: Webhook) -> None:
        """Write the one webhook of an instance."""
        flags = (webhook.enabled, webhook.url, json.dumps(webhook.headers), webhook.by_events, webhook.base64)
        self.db.execute(
            "INSERT OR REPLACE INTO webhooks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (webhook.instance, webhook.id, *flags, json.dumps(webhook.events), webhook.created_at, webhook.updated_at),
        )

    def webhook(self, instance: str) -> Webhook | None:
        """Return the webhook of an instance."""
        row = self.db.execute("SELECT * FROM webhooks WHERE instance = ?", (instance,)).fetchone()
        return _webhook(row) if row else None

    def save_person(self, person: Person) -> None:
        """Write a person under their phone."""
        values = (person.phone, person.name, person.role, person.jid, person.lid, person.instance)
        self.db.execute(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (phone) DO UPDATE"
            " SET name = excluded.name, role = excluded.role, instance = excluded.instance",
            values,
        )

    def person(self, address: str) -> Person | None:
        """Return the person of that phone, WhatsApp address or LID."""
        query = "SELECT * FROM people WHERE ? IN (phone, jid, lid)"
        row = self.db.execute(query, (address,)).fetchone()
        return Person(**row) if row else None

    def people(self) -> list[Person]:
        """Return everybody, in the order they came."""
        return [Person(**row) for row in self.db.execute("SELECT * FROM people ORDER BY rowid")]

    def switch(self, name: str, default: str) -> str:
        """Return the value of a switch."""
        row = self.db.execute("SELECT value FROM switches WHERE name = ?", (name,)).fetchone()
        return str(row["value"]) if row else default

    def set_switch(self, name: str, value: str) -> None:
        """Set a switch."""
        self.db.execute("INSERT OR REPLACE INTO switches VALUES (?, ?)", (name, value))


def _instance(row: sqlite3.Row) -> Instance:
    values: dict[str, Any] = {**dict(row), "settings": json.loads(row["settings"])}
    return Instance(**values)


def _webhook(row: sqlite3.Row) -> Webhook:
    values: dict[str, Any] = dict(row)
    values |= {name: bool(row[name]) for name in ("enabled", "by_events", "base64")}
    values |= {"headers": json.loads(row["headers"]), "events": tuple(json.loads(row["events"]))}
    return Webhook(**values)
