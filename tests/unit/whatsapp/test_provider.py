"""Which providers exist."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import MalformedWebhookError
from shared.whatsapp.events import MessageReceived
from shared.whatsapp.provider import parser


def test_a_known_provider_gives_its_parser(fixture_body: Callable[[str], Any]) -> None:
    """The parser found by name reads that provider's bodies."""
    (event,) = parser("evolution")(fixture_body("text"), instance="loja-a")
    assert isinstance(event, MessageReceived)


@pytest.mark.parametrize("provider", ["", "Evolution", "telegram", "__class__"])
def test_an_unknown_provider_is_refused_with_the_known_ones(provider: str) -> None:
    """A mistyped address tells what could have been meant."""
    with pytest.raises(MalformedWebhookError, match="known: evolution"):
        parser(provider)
