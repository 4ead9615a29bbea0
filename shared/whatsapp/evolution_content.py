"""What a WhatsApp message says, read from the protocol's own `Message` object as Evolution passes it on.

The names of the members are those of WhatsApp's protocol buffers (`WAProto.proto` in the Baileys library).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from shared.whatsapp.events import Kind, Media
from shared.whatsapp.json_values import decimal_of, id_of, integer_of, members, name_of, text_of
from shared.whatsapp.phone import canonical_phone

_WRAPPERS = (  # `normalizeMessageContent` of Baileys opens these, at most five deep
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
    "associatedChildMessage",
)
_SEEN_ONCE = "viewOnceMessage"  #: how the wrappers of what is seen once begin
_DEEPEST = 5
_SILENT = frozenset(  # members that nobody sees in a chat
    {
        "albumMessage",  # announces pictures that follow on their own
        "base64",
        "fastRatchetKeySenderKeyDistributionMessage",
        "keepInChatMessage",
        "mediaUrl",
        "messageContextInfo",
        "messageHistoryBundle",
        "messageHistoryNotice",
        "pinInChatMessage",
        "pollUpdateMessage",  # a vote, encrypted
        "protocolMessage",
        "senderKeyDistributionMessage",
        "speechToText",
        "stickerSyncRmrMessage",
    }
)
_TRANSCRIPT_MARK = "[audio] "
_CARDS = 10
_EMOJI_LENGTH = 32
_PARAMETERS_LENGTH = 4_096
_FILE_NAME_LENGTH = 255
_VCARD_LENGTH = 16_384
_WAID = re.compile(r"\bwaid=(\d{7,15})\b", re.ASCII)
_TELEPHONE = re.compile(r"^(?:item\d{1,2}\.)?TEL[^:\r\n]*:([^\r\n]{1,32})", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Content:
    """What one message says."""

    kind: Kind
    text: str | None = None
    quoted_id: str | None = None
    media: Media | None = None


def unwrap(message: Mapping[str, object]) -> Mapping[str, object]:
    """Return the innermost message: what disappears, is seen once or has a caption travels inside another."""
    return _opened(message)[0]


def _opened(message: Mapping[str, object]) -> tuple[Mapping[str, object], bool]:
    """Return the innermost message, and whether a wrapper says that it is seen once."""
    seen_once = False
    for _ in range(_DEEPEST):
        wrapper = next((name for name in _WRAPPERS if name in message), None)
        inner = members(message[wrapper]).get("message") if wrapper else None
        if wrapper is None or not isinstance(inner, dict):
            break
        message, seen_once = inner, seen_once or wrapper.startswith(_SEEN_ONCE)
    return message, seen_once


def read_content(message: Mapping[str, object], context: Mapping[str, object]) -> Content | None:
    """Return what `message` says, or `None` when it shows nothing in a chat.

    `context` is the `contextInfo` that Evolution lifts out of the message. A reaction taken back, which comes as one
    without a text, shows nothing: Aurora never acts on reactions.
    """
    innermost, seen_once = _opened(message)
    shown = {name: value for name, value in innermost.items() if name not in _SILENT and value is not None}
    name = next((name for name in _READERS if name in shown), None)
    if name is None:
        return Content(kind=Kind.UNSUPPORTED) if shown else None
    content = _READERS[name](shown[name])
    if content is None:
        return None
    heard = _transcript(message) if content.kind is Kind.VOICE else None
    replied = id_of(members(members(shown[name]).get("contextInfo")).get("stanzaId")) or id_of(context.get("stanzaId"))
    media = content.media.model_copy(update={"view_once": True}) if content.media and seen_once else content.media
    return replace(content, text=content.text or heard, quoted_id=content.quoted_id or replied, media=media)


def _transcript(message: Mapping[str, object]) -> str | None:
    """Return what Evolution heard, when its OpenAI integration is on."""
    heard = text_of(message.get("speechToText"))
    return text_of(heard.removeprefix(_TRANSCRIPT_MARK)) if heard else None


def _conversation(part: object) -> Content:
    text = text_of(part)
    return Content(kind=Kind.TEXT, text=text) if text else Content(kind=Kind.UNSUPPORTED)


def _extended_text(part: object) -> Content:
    return _conversation(members(part).get("text"))


def _image(part: object) -> Content:
    return _file(Kind.IMAGE, part)


def _video(part: object) -> Content:
    return _file(Kind.VIDEO, part)


def _audio(part: object) -> Content:
    return _file(Kind.VOICE if members(part).get("ptt") is True else Kind.AUDIO, part)


def _document(part: object) -> Content:
    return _file(Kind.DOCUMENT, part)


def _sticker(part: object) -> Content:
    return _file(Kind.STICKER, part)


def _file(kind: Kind, part: object) -> Content:
    """Keep what describes the file; its keys, addresses and thumbnail stay behind."""
    fields = members(part)
    return Content(
        kind=kind,
        text=text_of(fields.get("caption")),
        media=Media(
            mimetype=text_of(fields.get("mimetype"), limit=_FILE_NAME_LENGTH),
            filename=_file_name(fields),
            seconds=_count(fields.get("seconds")),
            size=_count(fields.get("fileLength")),
            view_once=fields.get("viewOnce") is True,
        ),
    )


def _file_name(fields: Mapping[str, object]) -> str | None:
    return name_of(fields.get("fileName")) or name_of(fields.get("title"))


def _count(value: object) -> int | None:
    number = integer_of(value)
    return number if number is not None and number >= 0 else None


def _location(part: object) -> Content:
    """Write the place as `Name, address (latitude, longitude)`, in decimal degrees."""
    fields = members(part)
    named = ", ".join(filter(None, (name_of(fields.get("name")), name_of(fields.get("address")))))
    latitude, longitude = decimal_of(fields.get("degreesLatitude")), decimal_of(fields.get("degreesLongitude"))
    position = "" if latitude is None or longitude is None else f"({latitude:.6f}, {longitude:.6f})"
    return Content(kind=Kind.LOCATION, text=text_of(f"{named} {position}".strip()))


def _contact(part: object) -> Content:
    return Content(kind=Kind.CONTACT, text=_card(part))


def _contacts(part: object) -> Content:
    cards = members(part).get("contacts")
    listed = cards[:_CARDS] if isinstance(cards, list) else []
    return Content(kind=Kind.CONTACT, text=text_of("\n".join(filter(None, map(_card, listed)))))


def _card(part: object) -> str | None:
    """Write a contact card as `Name: number`; a number that WhatsApp knows is in E.164."""
    fields = members(part)
    card = text_of(fields.get("vcard"), limit=_VCARD_LENGTH) or ""
    known = [canonical_phone(digits) for digits in _WAID.findall(card) if not digits.startswith("0")]
    written = [name_of(number) for number in _TELEPHONE.findall(card)]
    numbers = ", ".join(dict.fromkeys(filter(None, known or written)))
    return text_of(": ".join(filter(None, (name_of(fields.get("displayName")), numbers))))


def _reaction(part: object) -> Content | None:
    fields = members(part)
    emoji = text_of(fields.get("text"), limit=_EMOJI_LENGTH)
    if emoji is None:
        return None
    return Content(kind=Kind.REACTION, text=emoji, quoted_id=id_of(members(fields.get("key")).get("id")))


def _button(part: object) -> Content:
    fields = members(part)
    return _choice(fields.get("selectedDisplayText"), fields.get("selectedButtonId"))


def _template_button(part: object) -> Content:
    fields = members(part)
    return _choice(fields.get("selectedDisplayText"), fields.get("selectedId"))


def _list_row(part: object) -> Content:
    fields = members(part)
    return _choice(fields.get("title"), members(fields.get("singleSelectReply")).get("selectedRowId"))


def _native_flow(part: object) -> Content:
    fields = members(part)
    parameters = _parameters(members(fields.get("nativeFlowResponseMessage")).get("paramsJson"))
    return _choice(members(fields.get("body")).get("text"), parameters.get("id"))


def _choice(label: object, identifier: object) -> Content:
    """Take the label tapped, or the choice's own id when the phone sent no label."""
    return Content(kind=Kind.CHOICE, text=text_of(label) or text_of(identifier))


def _parameters(value: object) -> Mapping[str, object]:
    if not isinstance(value, str) or len(value) > _PARAMETERS_LENGTH:
        return {}
    try:
        return members(json.loads(value))
    except (ValueError, RecursionError):
        return {}


_READERS: Mapping[str, Callable[[object], Content | None]] = {
    "reactionMessage": _reaction,
    "imageMessage": _image,
    "videoMessage": _video,
    "ptvMessage": _video,  # a round video note
    "audioMessage": _audio,
    "documentMessage": _document,
    "stickerMessage": _sticker,
    "locationMessage": _location,
    "liveLocationMessage": _location,
    "contactMessage": _contact,
    "contactsArrayMessage": _contacts,
    "buttonsResponseMessage": _button,
    "templateButtonReplyMessage": _template_button,
    "listResponseMessage": _list_row,
    "interactiveResponseMessage": _native_flow,
    "extendedTextMessage": _extended_text,
    "conversation": _conversation,
}
