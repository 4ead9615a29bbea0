"""When a failed message is tried again."""

import pytest

from infra.local.qstash.retry import GiveUp, Retry, backoff, decide, requested_delay
from infra.local.qstash.values import Attempt, Message, Options, Outcome, State

NOW = 1_735_689_600_000  # Wed, 01 Jan 2025 00:00:00 GMT
DAY_MS = 86_400_000


def message(*, retried: int = 0, retries: int = 3, retry_delay: str | None = None) -> Message:
    return Message(
        seq=1,
        id="msg_1",
        state=State.ACTIVE,
        lane="",
        slot=None,
        due_at=NOW,
        created_at=NOW,
        not_before=NOW,
        retried=retried,
        cancelling=False,
        url="https://shop.example/jobs",
        topic=None,
        endpoint=None,
        queue=None,
        schedule_id=None,
        caller_ip="127.0.0.1",
        source_id=None,
        options=Options(retries=retries, retry_delay=retry_delay),
        body=b"",
    )


def failure(status: int = 500, **headers: str) -> Outcome:
    return Outcome(
        status=status, headers={name.replace("_", "-"): [value] for name, value in headers.items()}, body=b""
    )


def decision(failed: Message, outcome: Outcome) -> Retry | GiveUp:
    return decide(Attempt(failed, outcome), now=NOW)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 12.182), (2, 148.413), (3, 1808.042), (4, 22026.465), (5, 86400), (99, 86400)]
)
def test_the_default_backoff_is_the_documented_table(failures: int, seconds: float) -> None:
    """12 s, 2 m 28 s, 30 m 8 s, 6 h 7 m 6 s, then a day."""
    assert backoff(failures) == pytest.approx(seconds * 1000, abs=1)


def test_retries_are_counted_after_the_first_attempt() -> None:
    """With 0 retries the first failure is the last; with 2 the third is."""
    assert decision(message(retries=0), failure()) == GiveUp()
    assert isinstance(decision(message(retries=2, retried=1), failure()), Retry)
    assert decision(message(retries=2, retried=2), failure()) == GiveUp()


@pytest.mark.parametrize("status", [0, 301, 400, 401, 404, 500, 503])
def test_every_failure_is_retried(status: int) -> None:
    """Client errors, redirects and silence are as retryable as server errors."""
    assert decision(message(), failure(status)) == Retry(NOW + backoff(1))


def test_489_is_final_only_with_its_header() -> None:
    """The status alone is an ordinary failure."""
    assert decision(message(), failure(489, Upstash_Nonretryable_Error="true")) == GiveUp()
    assert isinstance(decision(message(), failure(489)), Retry)
    assert isinstance(decision(message(), failure(500, Upstash_Nonretryable_Error="true")), Retry)


def test_the_expression_replaces_the_backoff() -> None:
    """Milliseconds, `retried` counted from 0, between nothing and a day."""
    assert decision(message(retry_delay="1000 * (1 + retried)", retried=1), failure()) == Retry(NOW + 2000)
    assert decision(message(retry_delay="0 - 5"), failure()) == Retry(NOW)
    assert decision(message(retry_delay="pow(10, 12)"), failure()) == Retry(NOW + DAY_MS)


def test_an_expression_without_a_value_falls_back_to_the_backoff() -> None:
    """An accepted expression may still divide by zero later; the message is retried all the same."""
    assert decision(message(retry_delay="100 / (1 - retried)", retried=1), failure()) == Retry(NOW + backoff(2))


def test_the_destination_beats_the_expression() -> None:
    """A delay in the response counts before the one of the publisher."""
    outcome = failure(429, Retry_After="7")
    assert decision(message(retry_delay="1000"), outcome) == Retry(NOW + 7000)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0),
        ("120", 120_000),
        ("1.5", 1500),
        ("6m5s", 365_000),
        ("250ms", 250),
        ("1h0m0.5s", 3_600_500),
        ("Wed, 01 Jan 2025 00:01:00 GMT", 60_000),
        ("Tue, 31 Dec 2024 23:00:00 GMT", 0),
        ("86400", DAY_MS),
        ("86401", None),
        ("25h", None),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_a_date_or_a_go_duration(text: str, milliseconds: int | None) -> None:
    """More than a day, or nonsense, is ignored."""
    assert requested_delay({"Retry-After": [text]}, now=NOW) == milliseconds


def test_the_first_of_the_four_headers_counts() -> None:
    """In the order Retry-After, X-RateLimit-Reset, -Requests, -Tokens; one that cannot be read is passed over."""
    headers = {"X-Ratelimit-Reset-Tokens": ["4"], "X-Ratelimit-Reset-Requests": ["3"]}
    assert requested_delay(headers, now=NOW) == 3000
    assert requested_delay(headers | {"X-Ratelimit-Reset": ["2"]}, now=NOW) == 2000
    assert requested_delay(headers | {"Retry-After": ["1"]}, now=NOW) == 1000
    assert requested_delay(headers | {"Retry-After": ["?"]}, now=NOW) == 3000
