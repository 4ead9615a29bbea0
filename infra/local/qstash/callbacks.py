"""Callback and failure callback messages: ordinary messages that report on another one."""

import base64
import json

from infra.local.qstash import messages
from infra.local.qstash.ids import Ids
from infra.local.qstash.journal import Transaction
from infra.local.qstash.messages import NewMessage
from infra.local.qstash.values import Callback, Message, Options, Outcome


def publish_callback(tx: Transaction, ids: Ids, message: Message, outcome: Outcome) -> None:
    """Report the attempt `outcome` to the callback of `message`, if it has one; it fires after every attempt."""
    callback = message.options.callback
    if callback is not None:
        _publish(tx, ids, message, callback, _report(message, outcome))


def publish_failure_callback(tx: Transaction, ids: Ids, message: Message, outcome: Outcome, dlq_id: str) -> None:
    """Report to the failure callback of `message`, if it has one, that it went to the dead letters as `dlq_id`."""
    callback = message.options.failure_callback
    if callback is not None:
        _publish(tx, ids, message, callback, _report(message, outcome) | {"dlqId": dlq_id})


def _publish(tx: Transaction, ids: Ids, message: Message, callback: Callback, report: dict[str, object]) -> None:
    options = Options(
        method=callback.method,
        headers={"Content-Type": ["application/json"], **callback.headers},
        retries=message.options.retries if callback.retries is None else callback.retries,
        retry_delay=callback.retry_delay,
        timeout=callback.timeout,
    )
    messages.insert(
        tx,
        NewMessage(
            id=ids.message(),
            url=callback.url,
            options=options,
            body=json.dumps(report).encode(),
            not_before=tx.now + callback.delay * 1000,
            caller_ip=message.caller_ip,
            # A queue waits for the callbacks of its message before it goes on.
            slot=message.slot,
            source_id=message.id,
        ),
    )


def _report(message: Message, outcome: Outcome) -> dict[str, object]:
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
