"""The dead letters: failed messages with their last response."""

import json
import sqlite3
from dataclasses import dataclass

from infra.local.qstash import messages
from infra.local.qstash.headers import Headers
from infra.local.qstash.journal import Transaction
from infra.local.qstash.values import Attempt, Message

#: Columns of a dead letter next to those of its message; `letter_seq` orders and pages them.
COLUMNS = "d.seq as letter_seq, d.time as letter_time, d.response_status, d.response_header, d.response_body, m.*"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A failed message; status 0 means that the destination did not answer."""

    id: str
    message: Message
    response_status: int
    response_headers: Headers
    response_body: bytes


def insert(tx: Transaction, last: Attempt) -> str:
    """Add a message with its `last` attempt and return its dead letter id."""
    outcome = last.outcome
    seq = tx.execute(
        "insert into dead_letters (time, message_seq, response_status, response_header, response_body)"
        " values (?, ?, ?, ?, ?)",
        (tx.now, last.message.seq, outcome.status, json.dumps(outcome.headers), outcome.body),
    ).lastrowid
    return letter_id(tx.now, seq or 0)


def letter_id(time: int, seq: int) -> str:
    return f"{time}-{seq}"


def from_row(row: sqlite3.Row) -> DeadLetter:
    return DeadLetter(
        id=letter_id(row["letter_time"], row["letter_seq"]),
        message=messages.from_row(row),
        response_status=row["response_status"],
        response_headers=json.loads(row["response_header"]),
        response_body=row["response_body"],
    )


def find(tx: Transaction, dlq_id: str) -> DeadLetter | None:
    time, _, seq = dlq_id.partition("-")
    if not (time.isdecimal() and seq.isdecimal()):
        return None
    row = tx.one(
        f"select {COLUMNS} from dead_letters d join messages m on m.seq = d.message_seq"  # noqa: S608 - constants
        " where d.seq = ? and d.time = ?",
        (int(seq), int(time)),
    )
    return None if row is None else from_row(row)


def delete(tx: Transaction, letter: DeadLetter) -> None:
    """Remove `letter`. Its message stays readable, and in the log, for as long as any finished one."""
    tx.execute("delete from dead_letters where message_seq = ?", (letter.message.seq,))
