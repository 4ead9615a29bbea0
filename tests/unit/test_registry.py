"""A job is declared in one place, and a publication follows from its declaration."""

import json
import re
from datetime import timedelta

import pytest
from pydantic import ValidationError

from shared.errors import UnknownJobError
from shared.jobs import load_jobs
from shared.ports import FlowControl
from shared.registry import Context, Delivery, Payload, Registry, exponential_backoff, job, registry


class Greeting(Payload):
    """Somebody to greet."""

    name: str
    note: str | None = None


async def greet(payload: Greeting, context: Context) -> str:
    return f"hello {payload.name}"


def test_a_declaration_becomes_a_publication() -> None:
    """Retries, backoff, timeout, flow control and privacy are the declaration's; delay and id are the caller's."""
    declared = job(
        "greet",
        retries=7,
        backoff=timedelta(seconds=0.5),
        timeout=timedelta(minutes=1),
        flow_control=lambda payload: FlowControl(key=payload.name, parallelism=2),
        personal=True,
        into=Registry(),
    )(greet)
    publication = declared.publication(Greeting(name="Ana"), deduplication_id="once", delay=timedelta(seconds=4))
    assert (publication.job, json.loads(publication.body)) == ("greet", {"name": "Ana"})
    assert (publication.retries, publication.retry_delay) == (7, "500 * pow(2, retried)")
    assert publication.timeout == timedelta(minutes=1)
    assert publication.flow_control == FlowControl(key="Ana", parallelism=2)
    assert (publication.deduplication_id, publication.delay) == ("once", timedelta(seconds=4))
    assert publication.personal


def test_the_default_policy_is_three_attempts_from_two_seconds() -> None:
    """What a job does not say is the policy of the architecture."""
    publication = job("greet", into=Registry())(greet).publication(Greeting(name="Ana"))
    assert (publication.retries, publication.retry_delay) == (2, "2000 * pow(2, retried)")
    assert publication.flow_control is None
    assert not publication.personal


@pytest.mark.parametrize(("first", "expression"), [(2, "2000"), (0.001, "1"), (60, "60000")])
def test_backoff_doubles(first: float, expression: str) -> None:
    """QStash computes in milliseconds over the number of retries made."""
    assert exponential_backoff(timedelta(seconds=first)) == f"{expression} * pow(2, retried)"


def test_a_payload_is_frozen_and_closed() -> None:
    """A field that nobody declared is a mistake, and a payload stays as it came."""
    with pytest.raises(ValidationError, match="more"):
        Greeting.model_validate({"name": "Ana", "more": 1})
    with pytest.raises(ValidationError, match="frozen"):
        Greeting(name="Ana").name = "Bia"  # type: ignore[misc]  # that is the mistake


def test_two_jobs_cannot_share_a_name() -> None:
    """The second would silently take the first one's deliveries."""
    jobs = Registry()
    job("greet", into=jobs)(greet)
    with pytest.raises(ValueError, match="greet"):
        job("greet", into=jobs)(greet)


def test_an_unknown_job_is_named() -> None:
    """The error says what was asked for."""
    with pytest.raises(UnknownJobError, match="'nothing'"):
        Registry().find("nothing")


def test_a_handler_says_what_it_takes() -> None:
    """A handler without a payload's type is refused when it is declared, not when it runs."""

    async def untyped(payload, context):  # type: ignore[no-untyped-def]  # that is what is tried
        return ""

    async def mistyped(payload: dict, context: Context) -> str:  # type: ignore[type-arg]  # same
        return ""

    for handler in (untyped, mistyped):
        with pytest.raises(TypeError, match="annotate"):
            job("greet", into=Registry())(handler)  # type: ignore[type-var]  # same


def test_every_job_of_the_project_can_be_published_to_one_address() -> None:
    """Names go into addresses and flow-control keys: lower case, dots, underscores. Loading twice changes nothing."""
    load_jobs()
    before = dict(registry.jobs)
    load_jobs()
    assert registry.jobs == before
    assert {"conversation.reply", "instance.update", "message.receive", "message.send", "message.update"} <= set(before)
    for name, declared in before.items():
        assert name == declared.name
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)*", name)
        assert declared.retries >= 0
        assert declared.timeout > timedelta(0)


def test_a_lease_names_the_job_and_its_attempt() -> None:
    """A later attempt of the same message takes over at once: the database needs both."""
    delivery = Delivery(message_id="msg_1", attempt=2, correlation_id="trip")
    assert delivery.lease(timedelta(seconds=90)) == {"owner": "msg_1", "attempt": 2, "seconds": 90.0}
