"""A sample of every job's payload can be made of its type alone."""

from typing import Any
from uuid import UUID

import pytest

from infra.sample_payloads import TEST_PHONE, TEST_TEXT, sample_of
from shared.jobs import load_jobs
from shared.jobs.message_receive import MessageReceive
from shared.jobs.message_send import MessageSend
from shared.registry import Payload, registry

load_jobs()


@pytest.mark.parametrize("name", sorted(registry.jobs))
def test_every_job_has_a_valid_sample(name: str) -> None:
    """What is made survives the way of a delivery: to JSON and back through the job's own validation."""
    payload: type[Payload] = registry.find(name).payload
    sample = sample_of(payload)
    assert payload.model_validate_json(sample.model_dump_json(exclude_none=True)) == sample


def test_a_sample_names_nothing_that_exists() -> None:
    """Ids are nil: no row has them."""
    sample = sample_of(MessageSend)
    assert {sample.organization_id, sample.message_id, sample.instance_id} == {UUID(int=0)}


def test_a_sample_message_is_marked_as_a_test() -> None:
    """Whoever sees the message in a chat knows where it comes from."""
    message = sample_of(MessageReceive).message
    assert (message.peer.phone, message.text) == (TEST_PHONE, TEST_TEXT)
    assert "teste" in TEST_TEXT


def test_two_samples_are_two_messages() -> None:
    """The second try of a command must not be taken for a repetition of the first."""
    first, second = sample_of(MessageReceive), sample_of(MessageReceive)
    assert first.message.provider_message_id != second.message.provider_message_id


class Odd(Payload):
    shape: complex | dict[str, Any]


def test_a_type_that_cannot_be_made_up_is_named() -> None:
    """Better an error that names the field than an event that the job refuses."""
    with pytest.raises(TypeError, match=r"Odd\.shape: no sample of <class 'complex'>"):
        sample_of(Odd)
