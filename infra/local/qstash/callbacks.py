"""Callback and failure callback messages: ordinary messages that report on another one."""

import base64
import json

from infra.local.qstash import messages
from infra.local.qstash.ids import Ids
from infra.local.qstash.journal import Transaction
from infra.local.qstash.messages import NewMessage
from infra.local.qstash.values import Attempt, Callback, Message, Options


class Reporter:
    """Publishes the callbacks of messages."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def report_attempt(self, tx: Transaction, attempt: Attempt) -> None:
        """Report to the callback of the message, if it has one; it fires after every attempt."""
        callback = attempt.message.options.callback
        if callback is not None:
            self._publish(tx, attempt.message, callback=callback, report=_report(attempt))

    def report_failure(self, tx: Transaction, attempt: Attempt, *, dlq_id: str) -> None:
        """Report to the failure callback, if there is one, that the message went to the dead letters as `dlq_id`."""
        callback = attempt.message.options.failure_callback
        if callback is not None:
            self._publish(tx, attempt.message, callback=callback, report=_report(attempt) | {"dlqId": dlq_id})

    def _publish(self, tx: Transaction, message: Message, *, callback: Callback, report: dict[str, object]) -> None:
        options = Options(
            method=callback.method,
            headers={"Content-Type": ["application/json"], **callback.headers},
            retries=message.options.retries if callback.retries is None else callback.retries,
            retry_delay=callback.retry_delay,
            timeout=callback.timeout,
        )
        new = NewMessage(
            id=self._ids.message(),
            url=callback.url,
            options=options,
            body=json.dumps(report).encode(),
            not_before=tx.now + callback.delay * 1000,
            caller_ip=message.caller_ip,
            # A queue waits for the callbacks of its message before it goes on.
            slot=message.slot,
            source_id=message.id,
        )
        messages.insert(tx, new)


def _report(attempt: Attempt) -> dict[str, object]:
    message, outcome = attempt.message, attempt.outcome
    report: dict[str, object | None] = {
        "status": outcome.status,
        "header": outcome.headers,
        "body": _base64(outcome.body),
        "retried": message.retried,
        "maxRetries": message.options.retries,
        "sourceMessageId": message.id,
        "topicName": message.topic,
        "endpointName": message.endpoint,
        "url": message.url,
        "method": message.options.method,
        # Drawn as single values in one sample of the documents, as lists everywhere else.
        "sourceHeader": message.options.headers,
        "sourceBody": _base64(message.body),
        "notBefore": str(message.not_before),
        "createdAt": str(message.created_at),
        "scheduleId": message.schedule_id,
        "callerIP": message.caller_ip,
    }
    return {name: value for name, value in report.items() if value is not None}


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
