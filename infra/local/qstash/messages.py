"""The messages table: insert, read, move from state to state."""

import sqlite3
from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.local.qstash.journal import Transaction
from infra.local.qstash.values import EventState, Message, Options, State

#: Separates labels in their column, so that one can be looked for with its edges.
_LABEL_EDGE = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message that is about to be stored."""

    id: str
    url: str
    options: Options
    body: bytes
    not_before: int
    caller_ip: str
    topic: str | None = None
    endpoint: str | None = None
    queue: str | None = None
    #: Queue whose slot it holds; only callbacks are born holding one.
    slot: str | None = None
    schedule_id: str | None = None
    source_id: str | None = None


def label_text(labels: tuple[str, ...]) -> str | None:
    return _LABEL_EDGE + _LABEL_EDGE.join(labels) + _LABEL_EDGE if labels else None


def label_pattern(label: str) -> str:
    """Return what to look for in the labels column with `instr`."""
    return _LABEL_EDGE + label + _LABEL_EDGE


def insert(tx: Transaction, new: NewMessage) -> int:
    """Store `new` with its CREATED event and return its sequence number."""
    target = urlsplit(new.url)
    due_at = max(new.not_before, tx.now)
    lane = _lane(new)
    cursor = tx.execute(
        "insert into messages (id, state, lane, slot, due_at, created_at, not_before, url, host, path, topic, endpoint,"
        " queue, schedule_id, flow_key, caller_ip, labels, source_id, options, body)"
        " values (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.id,
            lane,
            new.slot,
            due_at,
            tx.now,
            due_at,
            new.url,
            target.netloc,
            target.path,
            new.topic,
            new.endpoint,
            new.queue,
            new.schedule_id,
            new.options.flow_key,
            new.caller_ip,
            label_text(new.options.labels),
            new.source_id,
            new.options.model_dump_json(exclude_defaults=True),
            new.body,
        ),
    )
    seq = cursor.lastrowid
    if seq is None:  # pragma: no cover - an insert into a rowid table always has one
        raise RuntimeError("the database gave the message no number")
    record(tx, seq, EventState.CREATED)
    if due_at <= tx.now:
        tx.lanes.add(lane)
    return seq


def _lane(new: NewMessage) -> str:
    if new.queue is not None:
        return f"q:{new.queue}"
    if new.options.flow_key is not None:
        return f"f:{new.options.flow_key}"
    return ""


def record(tx: Transaction, seq: int, state: EventState, *, detail: str | None = None) -> None:
    """Append an event of message number `seq` to the log; `detail` is a JSON object."""
    tx.execute(
        "insert into events (time, message_seq, state, detail) values (?, ?, ?, ?)", (tx.now, seq, state, detail)
    )


def from_row(row: sqlite3.Row) -> Message:
    """Return the message of a row with all columns of the table."""
    return Message(
        seq=row["seq"],
        id=row["id"],
        state=State(row["state"]),
        lane=row["lane"],
        slot=row["slot"],
        due_at=row["due_at"],
        created_at=row["created_at"],
        not_before=row["not_before"],
        retried=row["retried"],
        cancelling=bool(row["cancelling"]),
        url=row["url"],
        topic=row["topic"],
        endpoint=row["endpoint"],
        queue=row["queue"],
        schedule_id=row["schedule_id"],
        caller_ip=row["caller_ip"],
        source_id=row["source_id"],
        options=Options.model_validate_json(row["options"]),
        body=row["body"],
    )


def find(tx: Transaction, message_id: str) -> Message | None:
    """Return the message unless it does not exist or its cancellation was asked for."""
    row = tx.one("select * from messages where id = ? and state <> 4 and not cancelling", (message_id,))
    return None if row is None else from_row(row)


def close(tx: Transaction, message: Message, *, state: State) -> None:
    """Move `message` to a final state."""
    tx.execute("update messages set state = ?, cancelling = 0 where seq = ?", (state, message.seq))
    touch(tx, message)


def retry_at(tx: Transaction, message: Message, *, due_at: int) -> None:
    """Put `message` back to wait for its next attempt."""
    tx.execute("update messages set state = 0, due_at = ?, retried = retried + 1 where seq = ?", (due_at, message.seq))
    touch(tx, message)


def touch(tx: Transaction, message: Message) -> None:
    """Have the lanes looked at that `message` leaves room in."""
    tx.lanes.add(message.lane)
    for queue in {message.queue, message.slot} - {None}:
        tx.lanes.update((f"q:{queue}", f"h:{queue}"))
    if message.options.flow_key is not None:
        tx.lanes.add(f"f:{message.options.flow_key}")


def cancel(tx: Transaction, row: sqlite3.Row) -> None:
    """Cancel the open message of `row` (seq, state, cancelling, lane, queue, slot).

    A waiting one is gone at once. An attempt in flight cannot be recalled: it decides, delivered if it succeeds,
    cancelled if it does not.
    """
    seq = row["seq"]
    record(tx, seq, EventState.CANCEL_REQUESTED)
    if row["state"] == State.ACTIVE:
        tx.execute("update messages set cancelling = 1 where seq = ?", (seq,))
        return
    tx.execute("update messages set state = 4 where seq = ?", (seq,))
    record(tx, seq, EventState.CANCELED)
    for queue in {row["queue"], row["slot"]} - {None}:
        tx.lanes.update((f"q:{queue}", f"h:{queue}"))
