"""Keep a moved clock over a restart, so that what waits for its time is still in the same distance."""

import json

from infra.local.qstash.clock import Clock
from infra.local.qstash.journal import Transaction


def store(tx: Transaction, clock: Clock) -> None:
    state = {"frozen_at": clock.now() if clock.frozen else None, "offset": clock.offset}
    tx.execute("insert or replace into settings values ('clock', ?)", (json.dumps(state),))


def restore(tx: Transaction, clock: Clock) -> None:
    """Put `clock` where it was stored; a clock that its owner already froze is left alone."""
    text = tx.scalar("select value from settings where name = 'clock'")
    if text is not None and not clock.frozen:
        clock.restore(**json.loads(text))
