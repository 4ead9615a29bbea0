"""Queues: ordered lanes with a number of consumers."""

from dataclasses import dataclass

from infra.local.qstash import messages
from infra.local.qstash.journal import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One queue. `lag` counts the messages not yet finished, the one in flight included."""

    name: str
    parallelism: int
    paused: bool
    lag: int
    created_at: int
    updated_at: int


_SELECT = (
    "select name, parallelism, paused, created_at, updated_at,"
    " (select count(*) from messages where queue = name and state in (0, 1)) as lag from queues"
)


def find_all(tx: Transaction) -> list[Queue]:
    return [Queue(**row) for row in tx.execute(f"{_SELECT} order by name")]


def find(tx: Transaction, name: str) -> Queue | None:
    row = tx.one(f"{_SELECT} where name = ?", (name,))
    return None if row is None else Queue(**row)


def ensure(tx: Transaction, name: str) -> None:
    """Create queue `name` with one consumer; one that exists keeps its settings."""
    tx.execute("insert or ignore into queues values (?, 1, 0, ?, ?)", (name, tx.now, tx.now))


def upsert(tx: Transaction, name: str, *, parallelism: int | None = None, paused: bool | None = None) -> None:
    """Create queue `name` or change what is given."""
    ensure(tx, name)
    tx.execute(
        "update queues set parallelism = coalesce(?, parallelism), paused = coalesce(?, paused), updated_at = ?"
        " where name = ?",
        (parallelism, paused, tx.now, name),
    )
    tx.lanes.update((f"q:{name}", f"h:{name}"))


def delete(tx: Transaction, name: str) -> int:
    """Remove queue `name` and cancel what waits in it; return how many messages that were.

    The documents do not say what happens to them; cancelling leaves a trace in the log.
    """
    rows = tx.execute(
        "select seq, state, cancelling, lane, queue, slot from messages"
        " where queue = ? and state in (0, 1) and not cancelling",
        (name,),
    ).fetchall()
    for row in rows:
        messages.cancel(tx, row)
    tx.execute("delete from queues where name = ?", (name,))
    return len(rows)
