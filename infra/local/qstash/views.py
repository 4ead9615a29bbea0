"""The JSON objects of the API. Absent values have no key at all, as the SDKs expect."""

import base64
import json
import sqlite3

from infra.local.qstash import messages
from infra.local.qstash.dead_letters import DeadLetter
from infra.local.qstash.flow_control import FlowControl
from infra.local.qstash.headers import Headers
from infra.local.qstash.queues import Queue
from infra.local.qstash.redaction import redact_body, redact_headers
from infra.local.qstash.schedules import Schedule
from infra.local.qstash.url_groups import UrlGroup
from infra.local.qstash.values import Callback, Message, Options, Receipt

View = dict[str, object]


def _present(view: dict[str, object | None]) -> View:
    return {name: value for name, value in view.items() if value not in (None, {}, [], "")}


def message_view(message: Message) -> View:
    """Return a Message object."""
    return {
        "messageId": message.id,
        "url": message.url,
        **_origin(message),
        "maxRetries": message.options.retries,
        "notBefore": message.not_before,
        "createdAt": message.created_at,
        **_options_view(message.options),
        **_body_view(message.body, message.options),
        **_present({"retryDelayExpression": message.options.retry_delay, "callerIP": message.caller_ip}),
    }


def dead_letter_view(letter: DeadLetter) -> View:
    """Return a DLQ object: the message with its last response; status 0 stands for none."""
    return {
        **message_view(letter.message),
        "dlqId": letter.id,
        "responseStatus": letter.response_status,
        **_present({"responseHeader": letter.response_headers}),
        **_text_or_base64(letter.response_body, "responseBody"),
    }


def event_view(row: sqlite3.Row) -> View:
    """Return an Event object of a row with `event_time`, `event_state`, `detail` and the message's columns.

    Response fields are there on ERROR only. Names that differ between the SDKs and the documents come twice.
    """
    message = messages.from_row(row)
    detail: dict[str, object] = json.loads(row["detail"] or "{}")
    options = _options_view(message.options)
    shown_body = redact_body(message.body, message.options.redaction)
    view: dict[str, object | None] = {
        "time": row["event_time"],
        "messageId": message.id,
        "state": row["event_state"],
        "url": message.url,
        **detail,
        "responseHeaders": detail.get("responseHeader"),
        **_origin(message),
        **options,
        "body": shown_body or base64.b64encode(message.body).decode(),
        "callbackHeaders": options.get("callbackHeader"),
        "failureCallbackHeaders": options.get("failureCallbackHeader"),
        "timeout": message.options.timeout and message.options.timeout * 1000,
        "maxRetries": message.options.retries,
        "retryDelayExpr": message.options.retry_delay,
        "retryDelayExpression": message.options.retry_delay,
        "callerIP": message.caller_ip,
    }
    return _present(view)


def schedule_view(schedule: Schedule, last_states: dict[str, str]) -> View:
    """Return a Schedule object."""
    options = schedule.publication.options
    return {
        "scheduleId": schedule.id,
        "destination": schedule.publication.destination,
        "cron": schedule.cron,
        "createdAt": schedule.created_at,
        "retries": options.retries,
        "isPaused": schedule.paused,
        **_options_view(options),
        **_body_view(schedule.body, options),
        **_present(
            {
                "delay": schedule.publication.delay or None,
                "timeout": options.timeout,
                "queueName": schedule.publication.queue,
                "retryDelayExpression": options.retry_delay,
                "callerIP": schedule.caller_ip,
                "lastScheduleTime": schedule.last_time,
                "nextScheduleTime": schedule.next_time,
                "lastScheduleStates": last_states,
                "error": schedule.error,
            }
        ),
    }


def receipt_view(receipt: Receipt) -> View:
    view: View = {"messageId": receipt.message_id, "url": receipt.url}
    return view | {"deduplicated": True} if receipt.deduplicated else view


def queue_view(queue: Queue) -> View:
    return {
        "name": queue.name,
        "parallelism": queue.parallelism,
        "paused": queue.paused,
        "lag": queue.lag,
        "createdAt": queue.created_at,
        "updatedAt": queue.updated_at,
    }


def url_group_view(group: UrlGroup) -> View:
    endpoints = [_present({"url": endpoint.url, "name": endpoint.name}) for endpoint in group.endpoints]
    return {
        "name": group.name,
        "createdAt": group.created_at,
        "updatedAt": group.updated_at,
        "endpoints": endpoints,
        **_present({"headers": group.headers}),
    }


def flow_control_view(flow: FlowControl, *, waiting: int, active: int, now: int) -> View:
    """Return a FlowControl object; `waiting` messages of the key are due and held back."""
    flow = flow.at(now)
    return {
        "flowControlKey": flow.key,
        "waitListSize": waiting,
        "parallelismMax": flow.parallelism,
        "parallelismCount": active,
        "rateMax": flow.rate,
        "rateCount": flow.rate_count,
        "ratePeriod": flow.period,
        "ratePeriodStart": flow.period_start // 1000,
        "isPaused": flow.paused,
        "isPinnedParallelism": flow.pinned_parallelism,
        "isPinnedRate": flow.pinned_rate,
    }


def _origin(message: Message) -> View:
    return _present(
        {
            "topicName": message.topic,
            "endpointName": message.endpoint,
            "queueName": message.queue,
            "scheduleId": message.schedule_id,
        }
    )


def _options_view(options: Options) -> View:
    view: dict[str, object | None] = {
        "method": options.method,
        "header": redact_headers(options.headers, options.redaction),
        "callback": options.callback and options.callback.url,
        "callbackHeader": _callback_headers(options.callback, options),
        "failureCallback": options.failure_callback and options.failure_callback.url,
        "failureCallbackHeader": _callback_headers(options.failure_callback, options),
        "label": options.labels[0] if options.labels else None,
        "labels": list(options.labels),
    }
    if options.flow_key is not None:
        view |= {
            "flowControlKey": options.flow_key,
            "parallelism": options.flow.parallelism,
            "rate": options.flow.rate,
            "period": options.flow.period,
        }
    return _present(view)


def _callback_headers(callback: Callback | None, options: Options) -> Headers | None:
    return None if callback is None else redact_headers(callback.headers, options.redaction)


def _body_view(body: bytes, options: Options) -> View:
    shown = redact_body(body, options.redaction)
    return {"body": shown} if shown is not None else _text_or_base64(body, "body")


def _text_or_base64(raw: bytes, name: str) -> View:
    if not raw:
        return {}
    try:
        return {name: raw.decode()}
    except UnicodeDecodeError:
        return {f"{name}Base64": base64.b64encode(raw).decode()}
