"""The WhatsApp providers Aurora understands. Another one is its module and one line here."""

from collections.abc import Mapping
from typing import Protocol

from shared.errors import MalformedWebhookError
from shared.whatsapp import evolution
from shared.whatsapp.events import Event


class Parser(Protocol):
    """Reads a provider's webhook bodies."""

    def __call__(self, body: object, *, instance: str) -> tuple[Event, ...]:
        """Return what the decoded JSON `body` reports about `instance`, an empty tuple when nothing is of interest.

        Raises `MalformedWebhookError` when the body is not the provider's or is about another instance.
        """
        ...


_PARSERS: Mapping[str, Parser] = {
    "evolution": evolution.parse,
}


def parser(provider: str) -> Parser:
    """Return the parser of `provider`, a name as in the webhook's address.

    Raises `MalformedWebhookError` naming the known providers when there is none.
    """
    if provider not in _PARSERS:
        raise MalformedWebhookError(f"unknown WhatsApp provider; known: {', '.join(sorted(_PARSERS))}")
    return _PARSERS[provider]
