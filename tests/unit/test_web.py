"""What the queue is told, in status and headers."""

import json
from datetime import timedelta

import pytest
from fastapi import Response

from shared.runner import Done, Failed, Outcome, RetryAfter
from shared.web import public_address, respond


def described(outcome: Outcome) -> tuple[int, object, str | None, str | None]:
    response: Response = respond(outcome)
    headers = response.headers
    body = json.loads(bytes(response.body))
    return response.status_code, body, headers.get("retry-after"), headers.get("upstash-nonretryable-error")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Done("stored"), (200, {"outcome": "stored"}, None, None)),
        (RetryAfter("busy", timedelta(seconds=90)), (503, {"error": "busy"}, "90", None)),
        (RetryAfter("busy", timedelta(seconds=1.2)), (503, {"error": "busy"}, "2", None)),
        (RetryAfter("busy", timedelta(0)), (503, {"error": "busy"}, "1", None)),
        (RetryAfter("busy", timedelta(seconds=-5)), (503, {"error": "busy"}, "1", None)),
        (Failed("away", retriable=True), (500, {"error": "away"}, None, None)),
        (Failed("never", retriable=False), (489, {"error": "never"}, None, "true")),
    ],
)
def test_an_outcome_has_one_answer(outcome: Outcome, expected: tuple[object, ...]) -> None:
    """Done is 2xx, a delay is 503 with whole seconds, a failure is 500, and one for good is 489 with its header."""
    assert described(outcome) == expected


@pytest.mark.parametrize(
    ("public_url", "path", "address"),
    [
        ("https://aurora.example", "/jobs/message.send", "https://aurora.example/jobs/message.send"),
        ("https://api.example/prod", "/jobs/message.send", "https://api.example/prod/jobs/message.send"),
        ("https://api.example/prod", "/prod/jobs/message.send", "https://api.example/prod/jobs/message.send"),
        ("https://api.example/job", "/jobs/message.send", "https://api.example/job/jobs/message.send"),
    ],
    ids=["no stage", "stage cut off", "stage kept", "stage that only looks like the path"],
)
def test_the_address_that_was_signed_names_a_stage_once(public_url: str, path: str, address: str) -> None:
    """Whether the gateway keeps its stage in the path or not, the address is the one that was published."""
    assert public_address(public_url, path) == address
