"""Webhook delivery by the rules of Evolution 2.3.7: one task per event, no order, ten attempts, some statuses final.

The original keeps this in process memory and loses it on a restart. Here an event is on disk before its first attempt
and leaves the disk only when it was delivered or given up, so a new process goes on where the old one stopped.
"""

import asyncio
import json
import sqlite3
from dataclasses import dataclass

import httpx

from infra.local.whatsapp import wire
from infra.local.whatsapp.background import Background
from infra.local.whatsapp.config import GatewayConfig
from infra.local.whatsapp.models import Delivery, Instance, Webhook
from infra.local.whatsapp.store import Store

#: Never retried (WEBHOOK_RETRY_NON_RETRYABLE_STATUS_CODES).
FINAL_STATUSES = frozenset({400, 401, 403, 404, 422})
_KEPT_DROPPED = 200


@dataclass(frozen=True)
class Failure:
    """Why an attempt did not deliver; a final one is not repeated."""

    cause: str
    final: bool


class WebhookSender:
    """Sends the events of all instances."""

    def __init__(self, config: GatewayConfig, store: Store) -> None:
        self._config = config
        self._store = store
        self._tasks = Background()
        # A slow receiver holds its own connections only, so there is no limit to share.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._client = httpx.AsyncClient(timeout=config.webhook_timeout, limits=limits)

    def emit(self, instance: Instance, event: str, data: dict[str, object]) -> None:
        """Keep an event for the instance's webhook and start its delivery.

        While the instance is closed WhatsApp hands over nothing: only `connection.update` leaves, the rest waits for
        `release`. Call it inside the transaction that causes the event; its task starts after that.
        """
        if not self._wanted(instance.name, event):
            return
        current = self._store.instance(instance.name) or instance
        held = current.state == "close" and event != "connection.update"
        row = self._store.db.execute(
            "INSERT INTO deliveries (instance, event, data, date_time, held) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (instance.name, event, json.dumps(data), wire.local_time_with_z(self._config.now()), held),
        ).fetchone()
        if not held:
            self._tasks.start(self._deliver(row["id"]))

    def release(self, instance: str) -> None:
        """Start what waited for the instance to open."""
        query = "UPDATE deliveries SET held = 0 WHERE instance = ? AND held = 1 RETURNING id"
        for row in self._store.db.execute(query, (instance,)).fetchall():
            self._tasks.start(self._deliver(row["id"]))

    def resume(self) -> None:
        """Go on with what an earlier process left."""
        for row in self._store.db.execute("SELECT id FROM deliveries WHERE held = 0 AND dropped = 0").fetchall():
            self._tasks.start(self._deliver(row["id"]))

    def undelivered(self) -> list[Delivery]:
        """Return what is pending, held or given up, oldest first."""
        return [_delivery(row) for row in self._store.db.execute("SELECT * FROM deliveries ORDER BY id")]

    async def idle(self, seconds: float) -> None:
        """Wait until every event is delivered, held or given up, at most `seconds`."""
        await self._tasks.idle(seconds)

    async def close(self) -> None:
        """Stop all attempts; what is pending stays on disk."""
        await self._tasks.close()
        await self._client.aclose()

    def _wanted(self, instance: str, event: str) -> bool:
        webhook = self._store.webhook(instance)
        name = event.replace(".", "_").replace("-", "_").upper()
        return webhook is not None and webhook.enabled and name in webhook.events

    async def _deliver(self, delivery_id: int) -> None:
        wait: float | None = 0.0
        while wait is not None:
            await asyncio.sleep(wait)
            row = self._store.db.execute("SELECT * FROM deliveries WHERE id = ?", (delivery_id,)).fetchone()
            if row is None:  # the transaction that caused it was rolled back
                return
            delivery = _delivery(row)
            wait = self._settle(delivery, await self._attempt(delivery))

    async def _attempt(self, delivery: Delivery) -> Failure | None:
        instance, webhook = self._store.instance(delivery.instance), self._store.webhook(delivery.instance)
        if instance is None or webhook is None or not webhook.enabled:
            return Failure("the instance has no webhook any more", final=True)
        try:
            response = await self._client.post(
                _url(webhook, delivery.event),
                json=wire.envelope(delivery, instance, webhook, self._config.server_url),
                headers=webhook.headers,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Failure(f"{type(error).__name__}: {error}", final=False)
        if response.is_success:
            return None
        return Failure(f"HTTP {response.status_code}", final=response.status_code in FINAL_STATUSES)

    def _settle(self, delivery: Delivery, failure: Failure | None) -> float | None:
        """Note how an attempt went; return the wait before the next one, None when there is none."""
        if failure is None:
            self._store.db.execute("DELETE FROM deliveries WHERE id = ?", (delivery.id,))
            return None
        delays = self._config.webhook_delays
        if failure.final or delivery.attempts >= len(delays):
            self._give_up(delivery, failure.cause)
            return None
        query = "UPDATE deliveries SET attempts = attempts + 1, last_error = ? WHERE id = ?"
        self._store.db.execute(query, (failure.cause, delivery.id))
        spread = self._config.webhook_jitter * (2 * self._config.chance() - 1)
        return delays[delivery.attempts] * (1 + spread)

    def _give_up(self, delivery: Delivery, cause: str) -> None:
        query = "UPDATE deliveries SET attempts = attempts + 1, dropped = 1, last_error = ? WHERE id = ?"
        self._store.db.execute(query, (cause, delivery.id))
        self._store.db.execute(
            "DELETE FROM deliveries WHERE dropped = 1 AND id NOT IN"
            " (SELECT id FROM deliveries WHERE dropped = 1 ORDER BY id DESC LIMIT ?)",
            (_KEPT_DROPPED,),
        )


def _url(webhook: Webhook, event: str) -> str:
    return f"{webhook.url}/{event.replace('.', '-')}" if webhook.by_events else webhook.url


def _delivery(row: sqlite3.Row) -> Delivery:
    values = {**dict(row), "data": json.loads(row["data"]), "held": bool(row["held"]), "dropped": bool(row["dropped"])}
    return Delivery(**values)
