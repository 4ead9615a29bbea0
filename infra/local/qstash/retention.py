"""How long finished things stay readable: a week, dead letters until deleted or as long as the plan keeps them.

Flow control keys go with their last message, unless somebody paused or pinned them.
"""

from infra.local.qstash.journal import Transaction
from infra.local.qstash.quotas import Limits

RETENTION_MS = 7 * 86_400_000
#: Pruning waits for this much to gather, so that it does not run with every message.
_STEP_MS = 3_600_000


def prune_due(tx: Transaction, limits: Limits) -> int | None:
    """Forget what has expired and return when to look again (Unix milliseconds); None while there is nothing."""
    oldest = tx.scalar("select min(time) from events")
    if limits.dead_letter_retention is not None:
        tx.execute("delete from dead_letters where time <= ?", (tx.now - limits.dead_letter_retention * 1000,))
    if oldest is None:
        return None
    due: int = oldest + RETENTION_MS + _STEP_MS
    if due > tx.now:
        return due
    limit = tx.now - RETENTION_MS
    tx.execute("delete from events where time <= ?", (limit,))
    tx.execute(
        "delete from messages where state >= 2 and created_at <= ?"
        " and seq not in (select message_seq from dead_letters)"
        " and seq not in (select message_seq from events)",
        (limit,),
    )
    tx.execute(
        "delete from flow_controls where not (paused or pinned_parallelism or pinned_rate)"
        " and period_start + period * 1000 <= ?"
        " and key not in (select flow_key from messages where flow_key is not null)",
        (limit,),
    )
    return tx.now + _STEP_MS
