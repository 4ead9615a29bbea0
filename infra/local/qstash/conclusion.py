"""What an attempt leads to: delivered, tried again, dead or cancelled. One transaction for each."""

import base64
import json

from infra.local.qstash import dead_letters, messages, retry
from infra.local.qstash.callbacks import Reporter
from infra.local.qstash.ids import Ids
from infra.local.qstash.journal import Transaction
from infra.local.qstash.values import Attempt, EventState, Outcome, State


class Concluder:
    """Stores the outcomes of attempts."""

    def __init__(self, ids: Ids) -> None:
        self._reporter = Reporter(ids)

    def conclude(self, tx: Transaction, attempt: Attempt) -> None:
        """Store the outcome of an attempt that was in flight, with everything that follows from it."""
        message, outcome = attempt.message, attempt.outcome
        cancelling = tx.scalar("select cancelling from messages where seq = ?", (message.seq,))
        if outcome.delivered:
            messages.close(tx, message, state=State.DELIVERED)
            messages.record(tx, message.seq, EventState.DELIVERED)
            self._reporter.report_attempt(tx, attempt)
            return
        messages.record(tx, message.seq, EventState.ERROR, detail=_error_detail(outcome))
        if cancelling:
            messages.close(tx, message, state=State.CANCELLED)
            messages.record(tx, message.seq, EventState.CANCELED)
            return
        decision = retry.decide(attempt, now=tx.now)
        if isinstance(decision, retry.Retry):
            messages.retry_at(tx, message, due_at=decision.at)
            messages.record(tx, message.seq, EventState.RETRY, detail=json.dumps({"nextDeliveryTime": decision.at}))
            self._reporter.report_attempt(tx, attempt)
        else:
            self._bury(tx, attempt)

    def _bury(self, tx: Transaction, attempt: Attempt) -> None:
        message = attempt.message
        messages.close(tx, message, state=State.FAILED)
        dlq_id = dead_letters.insert(tx, attempt)
        messages.record(tx, message.seq, EventState.FAILED)
        self._reporter.report_attempt(tx, attempt)
        self._reporter.report_failure(tx, attempt, dlq_id=dlq_id)


def _error_detail(outcome: Outcome) -> str:
    detail: dict[str, object] = {"error": outcome.error or f"destination answered {outcome.status}"}
    if outcome.status:
        detail["responseStatus"] = outcome.status
        detail["responseHeader"] = outcome.headers
        detail["responseBody"] = base64.b64encode(outcome.body).decode()
    return json.dumps(detail)
