"""Keep a moved clock over a restart, so that what waits for its time is still in the same distance."""

import json

from infra.local.qstash.clock import Clock
from infra.local.qstash.journal import Transaction


def store(tx: Transaction, clock: Clock) -> None:
    state = {"frozenAt": clock.now()} if clock.frozen else {"offset": clock.offset}
    tx.execute("insert or replace into settings values ('clock', ?)", (json.dumps(state),))


def restore(tx: Transaction, clock: Clock) -> None:
    """Put `clock` where it was stored; a clock that its owner already froze is left alone."""
    text = tx.scalar("select value from settings where name = 'clock'")
    if text is None or clock.frozen:
        return
    state = json.loads(text)
    if "frozenAt" in state:
        clock.freeze(state["frozenAt"])
    elif state["offset"]:
        clock.resume(offset=state["offset"])
