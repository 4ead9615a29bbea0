"""Every recorded body of Evolution, and what Aurora makes of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.errors import MalformedWebhookError
from shared.whatsapp.events import (
    Author,
    DeliveryStatus,
    Event,
    Identity,
    InstanceStateChanged,
    Kind,
    Media,
    MessageEcho,
    MessageEdited,
    MessageReceived,
    MessageRevoked,
    MessageStatusChanged,
)
from shared.whatsapp.evolution import parse

FIXTURES = sorted(
    path.stem for path in (Path(__file__).parents[2] / "fixtures" / "whatsapp" / "evolution").glob("*.json")
)
INSTANCE = "loja-a"
ANA = Identity(phone="+5511912345678", lid="203948572011933", address="5511912345678@s.whatsapp.net")
ANA_BY_PHONE = Identity(phone="+5511912345678", address="5511912345678@s.whatsapp.net")
MESSAGE = "3EB0C431C26A1916E07A01"
QUOTED = "3EB0AAAA0000000000000B"
SENT_AT = datetime(2026, 1, 20, 12, 15, 2, tzinfo=UTC)  # 1768911302; the recorded `date_time` is three hours earlier


def received(kind: Kind, text: str | None = None, **changes: Any) -> MessageReceived:
    """Return the message of Ana that most bodies carry."""
    fields: dict[str, Any] = {
        "provider_message_id": MESSAGE,
        "author": Author.CONTACT,
        "peer": ANA,
        "name": "Ana",
        "kind": kind,
        "text": text,
        "sent_at": SENT_AT,
    }
    return MessageReceived(**(fields | changes))


EXPECTED: dict[str, Event | None] = {
    "ad_click_text": received(Kind.TEXT, "Ola! Tenho interesse"),
    "audio_voice": received(
        Kind.VOICE,
        "oi tudo bem",  # what the gateway heard; its `base64` and `mediaUrl` stay behind
        media=Media(mimetype="audio/ogg; codecs=opus", seconds=7, size=48211),
    ),
    "buttons_response": received(Kind.CHOICE, "Sim", quoted_id=QUOTED),
    "connection_update_close": InstanceStateChanged(state="close", reason=401),
    "connection_update_open": InstanceStateChanged(state="open", reason=200, phone="+5511988887777"),
    "contact": received(Kind.CONTACT, "Bia: +5511977776666"),
    "document_caption": received(
        Kind.DOCUMENT, "segue a nota", media=Media(mimetype="application/pdf", filename="nota.pdf", size=48211)
    ),
    "edited_event_revoke": MessageRevoked(provider_message_id=MESSAGE),
    "edited_message": MessageEdited(provider_message_id=MESSAGE, text="corrigindo: depois de amanha"),
    "ephemeral_text": received(Kind.TEXT, "texto que some"),
    "extended_text_quoted": received(Kind.TEXT, "esse aqui", quoted_id=QUOTED),
    "from_me_phone": received(
        Kind.TEXT,
        "Oi, aqui e a Carla, ja te respondo",
        provider_message_id="3A9D5E0F6B7C8D9E0F1A",
        author=Author.BUSINESS,
        name=None,  # the body says "Você"
    ),
    "group_text": None,
    "image_caption": received(Kind.IMAGE, "minha cachorra", media=Media(mimetype="image/jpeg", size=48211)),
    "lid_with_alt": received(Kind.TEXT, "oi", peer=ANA_BY_PHONE),
    "list_response": received(Kind.CHOICE, "Banho"),
    "location": received(Kind.LOCATION, "Loja (-23.561300, -46.656500)"),
    "messages_update_read": MessageStatusChanged(provider_message_id=QUOTED, status=DeliveryStatus.READ),
    "qrcode_updated": None,
    "reaction": received(Kind.REACTION, "👍", quoted_id=QUOTED),
    "send_message_event": MessageEcho(
        provider_message_id="3EB0B5A2F1F2C3D4E5F6",
        peer=ANA_BY_PHONE,
        text="Tem sim! 10h ou 15h?",
        sent_at=datetime(2026, 1, 20, 12, 15, 20, tzinfo=UTC),
    ),
    "status_broadcast": None,
    "sticker": received(Kind.STICKER, media=Media(mimetype="image/webp", size=48211)),
    "text": received(Kind.TEXT, "Oi, tem horario amanha?"),
    "video": received(Kind.VIDEO, "olha", media=Media(mimetype="video/mp4", seconds=12, size=48211)),
}
ANSWERS_TO_US = {"send_text_response"}  #: what the gateway answers when asked to send: no webhook


@pytest.mark.parametrize("name", FIXTURES)
def test_every_recorded_body_becomes_what_it_says(name: str, fixture_body: Callable[[str], Any]) -> None:
    """Each body gives exactly one complete event, or none when it is of no interest; a body without a row fails."""
    if name in ANSWERS_TO_US:
        with pytest.raises(MalformedWebhookError, match="`event`"):
            parse(fixture_body(name), instance=INSTANCE)
        return
    expected = EXPECTED[name]
    assert parse(fixture_body(name), instance=INSTANCE) == (() if expected is None else (expected,))


def test_the_table_speaks_of_recorded_bodies_only() -> None:
    """A row whose body was renamed or lost does not pass unseen."""
    assert set(EXPECTED) | ANSWERS_TO_US == set(FIXTURES)


SECRET = frozenset({"apikey", "base64", "mediaUrl", "url", "directPath", "server_url", "destination"})


def secrets_in(node: object) -> list[str]:
    """Return every text below `node` that must not come out."""
    if isinstance(node, list):
        return [value for item in node for value in secrets_in(item)]
    if not isinstance(node, dict):
        return []
    own = [value for name, value in node.items() if name in SECRET and isinstance(value, str)]
    return own + [value for item in node.values() for value in secrets_in(item)]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_keys_addresses_of_files_and_bytes_stay_behind(name: str, fixture_body: Callable[[str], Any]) -> None:
    """What is queued holds neither the gateway's key nor anything to download or decrypt."""
    body = fixture_body(name)
    kept = "".join(event.model_dump_json() for event in parse(body, instance=INSTANCE))
    assert secrets_in(body)
    assert [value for value in secrets_in(body) if value in kept] == []
    assert len(kept) < 600
