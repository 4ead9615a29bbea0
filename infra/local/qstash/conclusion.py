"""What an attempt leads to: delivered, tried again, dead or cancelled. One transaction for each."""

import base64
import json

from infra.local.qstash import callbacks, dead_letters, messages, retry
from infra.local.qstash.ids import Ids
from infra.local.qstash.journal import Transaction
from infra.local.qstash.values import EventState, Message, Outcome, State


def conclude(tx: Transaction, ids: Ids, message: Message, outcome: Outcome) -> None:
    """Store the `outcome` of the attempt of `message` that was in flight, with everything that follows from it."""
    cancelling = tx.scalar("select cancelling from messages where seq = ?", (message.seq,))
    if outcome.delivered:
        messages.close(tx, message, State.DELIVERED)
        messages.record(tx, message.seq, EventState.DELIVERED)
        callbacks.publish_callback(tx, ids, message, outcome)
        return
    messages.record(tx, message.seq, EventState.ERROR, _error_detail(outcome))
    if cancelling:
        messages.close(tx, message, State.CANCELLED)
        messages.record(tx, message.seq, EventState.CANCELED)
        return
    decision = retry.decide(message, outcome, now=tx.now)
    if isinstance(decision, retry.Retry):
        messages.retry_at(tx, message, decision.at)
        messages.record(tx, message.seq, EventState.RETRY, json.dumps({"nextDeliveryTime": decision.at}))
        callbacks.publish_callback(tx, ids, message, outcome)
    else:
        _bury(tx, ids, message, outcome)


def _bury(tx: Transaction, ids: Ids, message: Message, outcome: Outcome) -> None:
    messages.close(tx, message, State.FAILED)
    dlq_id = dead_letters.insert(tx, message, outcome)
    messages.record(tx, message.seq, EventState.FAILED)
    callbacks.publish_callback(tx, ids, message, outcome)
    callbacks.publish_failure_callback(tx, ids, message, outcome, dlq_id)


def _error_detail(outcome: Outcome) -> str:
    detail: dict[str, object] = {"error": outcome.error or f"destination answered {outcome.status}"}
    if outcome.status:
        detail["responseStatus"] = outcome.status
        detail["responseHeader"] = outcome.headers
        detail["responseBody"] = base64.b64encode(outcome.body).decode()
    return json.dumps(detail)
