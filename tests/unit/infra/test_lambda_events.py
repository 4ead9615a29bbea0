"""The events for trying a function carry what the function demands of a real caller."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.lambda_events import job_event, webhook_event
from infra.local.environment import stack_environment
from shared.adapters.signature import SignatureVerifier
from shared.errors import SignatureError, UnknownJobError
from shared.settings import Settings, load_settings
from shared.whatsapp.events import MessageReceived
from shared.whatsapp.evolution import parse
from shared.whatsapp.webhook_secret import verify_webhook_secret

STATIC_EVENT = Path(__file__).parents[2] / "events" / "evolution_text.json"


@pytest.fixture
def settings() -> Settings:
    return load_settings(stack_environment())


def verify(event: dict[str, Any], settings: Settings, *, body: str | None = None) -> None:
    verifier = SignatureVerifier(settings.qstash_current_signing_key, settings.qstash_next_signing_key)
    content = event["body"] if body is None else body
    verifier(event["headers"]["upstash-signature"], content.encode(), settings.public_url + event["rawPath"])


def test_a_job_event_is_signed_for_the_functions(settings: Settings) -> None:
    """The functions' own verifier takes the signature, and refuses it for another body."""
    event = job_event("doctor.ping", settings)
    verify(event, settings)
    with pytest.raises(SignatureError):
        verify(event, settings, body="{}")


def test_a_schedules_event_is_signed_for_its_own_function(settings: Settings) -> None:
    """The address is part of what is signed: the function for jobs would refuse it."""
    event = job_event("maintenance.sweep", settings, function="schedules")
    assert event["rawPath"] == "/schedules/maintenance.sweep"
    verify(event, settings)
    with pytest.raises(SignatureError):
        verify({**event, "rawPath": "/jobs/maintenance.sweep"}, settings)


def test_a_message_goes_to_the_example_business(settings: Settings) -> None:
    """The one job whose sample is to be stored names the instance of the example data."""
    assert json.loads(job_event("message.receive", settings)["body"])["instance"] == "patas"


def test_no_other_job_touches_the_example_business(settings: Settings) -> None:
    """A sample must not change the state of a number that is in use."""
    assert json.loads(job_event("instance.update", settings)["body"])["instance"] != "patas"


def test_an_unknown_job_is_named(settings: Settings) -> None:
    """A typing error shows."""
    with pytest.raises(UnknownJobError, match=r"mesage\.receive"):
        job_event("mesage.receive", settings)


def assert_is_evolutions_text(event: dict[str, Any], root: str) -> None:
    verify_webhook_secret(root, provider="evolution", instance="patas", presented=event["headers"]["x-webhook-secret"])
    (reported,) = parse(json.loads(event["body"]), instance="patas")
    assert isinstance(reported, MessageReceived)
    assert reported.text


def test_a_webhook_event_is_evolutions_and_has_the_instances_secret(settings: Settings) -> None:
    """The parser reads a text message in it, and the secret is the one of this instance."""
    assert_is_evolutions_text(webhook_event("patas", settings), settings.webhook_secret)


def test_the_kept_event_fits_the_local_stack() -> None:
    """`tests/events/evolution_text.json` works against the local stack as it is."""
    event = json.loads(STATIC_EVENT.read_text())
    assert event["rawPath"] == "/webhooks/evolution/patas"
    assert_is_evolutions_text(event, stack_environment()["WEBHOOK_SECRET"])


@pytest.mark.parametrize("instance", ["", "a/b"])
def test_a_name_that_no_instance_has_is_refused(settings: Settings, instance: str) -> None:
    """Such a name would make another address than the one meant."""
    with pytest.raises(ValueError, match="cannot be the name of an instance"):
        webhook_event(instance, settings)
