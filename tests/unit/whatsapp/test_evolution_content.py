"""What a WhatsApp message says."""

from typing import Any

import pytest

from shared.whatsapp.events import Kind, Media
from shared.whatsapp.evolution_content import Content, read_content


def read(message: dict[str, Any], context: dict[str, Any] | None = None) -> Content:
    """Return what `message` says, which is something."""
    content = read_content(message, context or {})
    assert content is not None
    return content


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        ({"conversation": " Oi \n"}, Kind.TEXT, " Oi \n"),
        ({"extendedTextMessage": {"text": "com link"}}, Kind.TEXT, "com link"),
        ({"conversation": "x" * 70_000}, Kind.TEXT, "x" * 65_536),
        ({"conversation": ""}, Kind.UNSUPPORTED, None),
        ({"imageMessage": {"mimetype": "image/png"}}, Kind.IMAGE, None),
        ({"videoMessage": {"caption": "olha"}}, Kind.VIDEO, "olha"),
        ({"ptvMessage": {"seconds": 3}}, Kind.VIDEO, None),
        ({"audioMessage": {"ptt": True}}, Kind.VOICE, None),
        ({"audioMessage": {"ptt": True}, "speechToText": "[audio] quero marcar"}, Kind.VOICE, "quero marcar"),
        ({"audioMessage": {"ptt": True}, "speechToText": "[audio] "}, Kind.VOICE, None),
        ({"audioMessage": {"ptt": False}, "speechToText": "[audio] música"}, Kind.AUDIO, None),
        ({"documentMessage": {"title": "nota.pdf"}}, Kind.DOCUMENT, None),
        ({"stickerMessage": {}}, Kind.STICKER, None),
        (
            {
                "locationMessage": {
                    "name": "Loja",
                    "address": "Rua A, 1",
                    "degreesLatitude": -23,
                    "degreesLongitude": 0.5,
                }
            },
            Kind.LOCATION,
            "Loja, Rua A, 1 (-23.000000, 0.500000)",
        ),
        (
            {"liveLocationMessage": {"degreesLatitude": -23.5, "degreesLongitude": -46.6}},
            Kind.LOCATION,
            "(-23.500000, -46.600000)",
        ),
        ({"locationMessage": {"degreesLatitude": "x"}}, Kind.LOCATION, None),
        ({"contactMessage": {"displayName": "Bia"}}, Kind.CONTACT, "Bia"),
        (
            {
                "contactMessage": {
                    "displayName": "Bia",
                    "vcard": "BEGIN:VCARD\r\nitem1.TEL;type=CELL:+351 912 345 678\r\nEND",
                }
            },
            Kind.CONTACT,
            "Bia: +351 912 345 678",
        ),
        (
            {
                "contactMessage": {
                    "displayName": "Bia",
                    "vcard": "TEL;waid=551187654321:+55 11\nTEL;waid=551187654321:+55",
                }
            },
            Kind.CONTACT,
            "Bia: +5511987654321",
        ),
        (
            {
                "contactsArrayMessage": {
                    "contacts": [{"displayName": "Bia"}, 7, {"displayName": "Léo"}] + [{"displayName": "x"}] * 20
                }
            },
            Kind.CONTACT,
            "Bia\nLéo" + "\nx" * 7,
        ),
        ({"reactionMessage": {"key": {"id": "3EB0"}, "text": "❤️"}}, Kind.REACTION, "❤️"),
        ({"buttonsResponseMessage": {"selectedButtonId": "sim", "selectedDisplayText": "Sim"}}, Kind.CHOICE, "Sim"),
        ({"buttonsResponseMessage": {"selectedButtonId": "sim"}}, Kind.CHOICE, "sim"),
        ({"templateButtonReplyMessage": {"selectedId": "sim", "selectedDisplayText": "Sim"}}, Kind.CHOICE, "Sim"),
        ({"listResponseMessage": {"singleSelectReply": {"selectedRowId": "banho"}}}, Kind.CHOICE, "banho"),
        ({"interactiveResponseMessage": {"body": {"text": "Sim"}}}, Kind.CHOICE, "Sim"),
        (
            {"interactiveResponseMessage": {"nativeFlowResponseMessage": {"paramsJson": '{"id":"sim"}'}}},
            Kind.CHOICE,
            "sim",
        ),
        (
            {"interactiveResponseMessage": {"nativeFlowResponseMessage": {"paramsJson": "[" * 4_000}}},
            Kind.CHOICE,
            None,
        ),
        ({"pollCreationMessageV3": {"name": "Qual dia?"}}, Kind.UNSUPPORTED, None),
        ({"orderMessage": {}}, Kind.UNSUPPORTED, None),
    ],
)
def test_each_kind_of_message_says_its_own(message: dict[str, Any], kind: Kind, text: str | None) -> None:
    """Text, caption, label tapped, place, card or emoji: what a reader sees is the text of the message."""
    content = read(message)
    assert (content.kind, content.text) == (kind, text)


WRAPPERS = [
    *("ephemeralMessage", "viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension"),
    *("documentWithCaptionMessage", "editedMessage", "associatedChildMessage"),
]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_what_travels_inside_another_message_is_found(wrapper: str) -> None:
    """A message that disappears or is seen once is read like any other."""
    inner = {"imageMessage": {"caption": "oi", "mimetype": "image/jpeg"}}
    media = Media(mimetype="image/jpeg", view_once=wrapper.startswith("viewOnce"))
    expected = Content(kind=Kind.IMAGE, text="oi", media=media)
    assert read({wrapper: {"message": inner}, "messageContextInfo": {}}) == expected


def test_what_is_seen_once_is_known_by_its_own_mark_too() -> None:
    """Some clients send it without the wrapper; what wraps it in turn changes nothing."""
    once: dict[str, Any] = {"imageMessage": {"mimetype": "image/jpeg", "viewOnce": True}}
    wrapped: dict[str, Any] = {
        "ephemeralMessage": {"message": {"viewOnceMessageV2": {"message": {"imageMessage": {}}}}}
    }
    marks = [content.media.view_once for content in (read(once), read(wrapped)) if content.media]
    assert marks == [True, True]


@pytest.mark.parametrize(
    ("depth", "kind"), [(1, Kind.TEXT), (5, Kind.TEXT), (6, Kind.UNSUPPORTED), (500, Kind.UNSUPPORTED)]
)
def test_wrapping_is_opened_five_deep(depth: int, kind: Kind) -> None:
    """WhatsApp's own clients open five; a body that is deeper is not followed for ever."""
    message: dict[str, Any] = {"conversation": "oi"}
    for _ in range(depth):
        message = {"ephemeralMessage": {"message": message}}
    assert read(message).kind is kind


@pytest.mark.parametrize(
    ("message", "context", "quoted"),
    [
        ({"conversation": "esse"}, {"stanzaId": "3EB0"}, "3EB0"),
        ({"extendedTextMessage": {"text": "esse", "contextInfo": {"stanzaId": "3EB0"}}}, {}, "3EB0"),
        ({"imageMessage": {"contextInfo": {"stanzaId": "3EB0"}}}, {"stanzaId": "OTHER"}, "3EB0"),
        ({"reactionMessage": {"key": {"id": "3EB0"}, "text": "👍"}}, {"stanzaId": "OTHER"}, "3EB0"),
        ({"conversation": "anúncio"}, {"externalAdReply": {"title": "Banho"}}, None),
        ({"conversation": "esse"}, {"stanzaId": "not an id"}, None),
    ],
)
def test_a_reply_names_what_it_replies_to(message: dict[str, Any], context: dict[str, Any], quoted: str | None) -> None:
    """The message quoted is found inside the part or in what Evolution lifted out of it; an ad is no message."""
    assert read(message, context).quoted_id == quoted


@pytest.mark.parametrize("emoji", ["", None, " "])
def test_a_reaction_taken_back_says_nothing(emoji: str | None) -> None:
    """WhatsApp sends the removal as a reaction without a text."""
    assert read_content({"reactionMessage": {"key": {"id": "3EB0"}, "text": emoji}}, {}) is None


def test_of_a_file_only_its_description_is_kept() -> None:
    """Sizes come in any wire shape; impossible ones are left out rather than guessed."""
    part = {"mimetype": "application/pdf", "fileName": "a\nb.pdf", "fileLength": "48211", "seconds": -1}
    secrets = {"mediaKey": {"0": 1}, "jpegThumbnail": "aGk=", "url": "https://mmg.whatsapp.net/x", "directPath": "/v/x"}
    expected = Media(mimetype="application/pdf", filename="a b.pdf", size=48211)
    assert read({"documentMessage": part | secrets}).media == expected
