"""Schedules: publications repeated by cron."""

import json
import logging
import sqlite3
from dataclasses import dataclass, replace

from infra.local.qstash.config import MissedFires
from infra.local.qstash.cron import parse_cron
from infra.local.qstash.errors import BrokerError
from infra.local.qstash.journal import Transaction
from infra.local.qstash.publishing import Publisher, Request
from infra.local.qstash.values import Publication, Receipt, State

logger = logging.getLogger(__name__)

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule. Times are Unix milliseconds; `next_time` of a paused one is computed when it is read."""

    id: str
    cron: str
    paused: bool
    created_at: int
    next_time: int
    last_time: int | None
    last_messages: tuple[str, ...]
    #: Why the last fire published nothing.
    error: str | None
    caller_ip: str
    publication: Publication
    body: bytes


def from_row(row: sqlite3.Row) -> Schedule:
    return Schedule(
        id=row["id"],
        cron=row["cron"],
        paused=bool(row["paused"]),
        created_at=row["created_at"],
        next_time=row["next_time"],
        last_time=row["last_time"],
        last_messages=tuple(json.loads(row["last_messages"])),
        error=row["error"],
        caller_ip=row["caller_ip"],
        publication=Publication.model_validate_json(row["publication"]),
        body=row["body"],
    )


def find(tx: Transaction, schedule_id: str) -> Schedule | None:
    row = tx.one("select * from schedules where id = ?", (schedule_id,))
    return None if row is None else _as_read(tx, from_row(row))


def find_all(tx: Transaction) -> list[Schedule]:
    rows = tx.execute("select * from schedules order by created_at, id").fetchall()
    return [_as_read(tx, from_row(row)) for row in rows]


def _as_read(tx: Transaction, schedule: Schedule) -> Schedule:
    if not schedule.paused:
        return schedule
    return replace(schedule, next_time=parse_cron(schedule.cron).next(tx.now) or schedule.next_time)


def save(tx: Transaction, schedule: Schedule) -> None:
    """Store `schedule` whole, over one of the same id."""
    tx.execute(
        "insert or replace into schedules (id, destination, cron, paused, created_at, next_time, last_time,"
        " last_messages, error, caller_ip, publication, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            schedule.id,
            schedule.publication.destination,
            schedule.cron,
            schedule.paused,
            schedule.created_at,
            schedule.next_time,
            schedule.last_time,
            json.dumps(schedule.last_messages),
            schedule.error,
            schedule.caller_ip,
            schedule.publication.model_dump_json(exclude_defaults=True),
            schedule.body,
        ),
    )


def set_paused(tx: Transaction, schedule: Schedule, *, paused: bool) -> None:
    """Pause or resume; fires that fell into the pause are not made up for."""
    next_time = parse_cron(schedule.cron).next(tx.now) or schedule.next_time
    tx.execute("update schedules set paused = ?, next_time = ? where id = ?", (paused, next_time, schedule.id))


def delete(tx: Transaction, schedule_id: str) -> None:
    """Remove the schedule; messages that it made stay."""
    tx.execute("delete from schedules where id = ?", (schedule_id,))


def last_states(tx: Transaction, schedule: Schedule) -> dict[str, str]:
    """Return what became of the messages of the last fire, by message id."""
    words = {State.DELIVERED: "SUCCESS", State.FAILED: "FAIL", State.CANCELLED: "FAIL"}
    states = {}
    for message_id in schedule.last_messages:
        state = tx.scalar("select state from messages where id = ?", (message_id,))
        if state is not None:
            states[message_id] = words.get(State(state), "IN_PROGRESS")
    return states


class Scheduler:
    """Fires the schedules that are due."""

    def __init__(self, publisher: Publisher, missed_fires: MissedFires) -> None:
        self._publisher = publisher
        self._missed_fires = missed_fires

    def fire_due(self, tx: Transaction) -> int | None:
        """Fire what is due and return when the next one is.

        Fires that were missed while nothing ran become one late fire, or none, as configured.
        """
        rows = tx.execute("select * from schedules where not paused and next_time <= ?", (tx.now,)).fetchall()
        for row in rows:
            self._fire(tx, from_row(row))
        next_time: int | None = tx.scalar("select min(next_time) from schedules where not paused")
        return next_time

    def _fire(self, tx: Transaction, schedule: Schedule) -> None:
        next_time = parse_cron(schedule.cron).next(tx.now)
        late = tx.now - schedule.next_time
        fired = schedule
        if late >= _MINUTE_MS:
            logger.warning("schedule %s was due %d s ago", schedule.id, late // 1000)
        if late < _MINUTE_MS or self._missed_fires == "once":
            fired = self._publish(tx, schedule)
        if next_time is None:  # a fixed zone never runs out of years; an updated one might
            logger.warning("schedule %s never fires again and is paused", schedule.id)
            fired = replace(fired, paused=True)
        save(tx, replace(fired, next_time=next_time or schedule.next_time))

    def _publish(self, tx: Transaction, schedule: Schedule) -> Schedule:
        request = Request(
            publication=schedule.publication,
            body=schedule.body,
            caller_ip=schedule.caller_ip,
            schedule_id=schedule.id,
        )
        try:
            published = self._publisher.publish(tx, request)
        except BrokerError as error:
            logger.warning("schedule %s published nothing: %s", schedule.id, error)
            return replace(schedule, last_time=tx.now, last_messages=(), error=str(error))
        receipts = [published] if isinstance(published, Receipt) else published
        ids = tuple(receipt.message_id for receipt in receipts)
        return replace(schedule, last_time=tx.now, last_messages=ids, error=None)
