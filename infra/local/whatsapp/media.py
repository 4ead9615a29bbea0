"""Files that people send: as they come from a phone, on the wire, and out again."""

import base64
import binascii
from typing import Any, get_args

from infra.local.media_files import picture, voice_note
from infra.local.whatsapp.bodies import maybe_text, optional, required
from infra.local.whatsapp.errors import BadRequestError
from infra.local.whatsapp.models import Attachment, File, MediaKind, Message

#: WhatsApp's own limit of everything but documents.
MAX_BYTES = 16 * 1024 * 1024
_TYPES: dict[MediaKind, str] = {
    "voice": "audio/ogg; codecs=opus",
    "audio": "audio/mpeg",
    "image": "image/png",
    "video": "video/mp4",
    "document": "application/octet-stream",
}
_MEMBERS: dict[MediaKind, str] = {
    "voice": "audioMessage",
    "audio": "audioMessage",
    "image": "imageMessage",
    "video": "videoMessage",
    "document": "documentMessage",
}
_LONGEST_RECORDING = 3600
_SECONDS_PER_CHARACTER = 1 / 15  # of ordinary speech
#: What a browser may show by itself. Anything else is only saved: it could be a page with scripts.
_SHOWN = ("image/png", "image/jpeg", "image/webp", "image/gif", "audio/", "video/")


def read_file(body: dict[str, Any]) -> File:
    """Return what a person sends: `base64`, or a `transcript` or `description` of which a file is made.

    Raises `BadRequestError` naming what is wrong.
    """
    kind: Any = required(body, "kind", str)
    if kind not in get_args(MediaKind):
        raise BadRequestError(f"kind must be one of {', '.join(get_args(MediaKind))}")
    transcript, description = maybe_text(body, "transcript"), maybe_text(body, "description")
    seconds = optional(body, "seconds", int, max(1, round(len(transcript or "") * _SECONDS_PER_CHARACTER)))
    if transcript is not None:
        content = _spoken(transcript, seconds)
    elif description is not None:
        content = picture(description)
    else:
        content = _decoded(required(body, "base64", str))
    if not 1 <= len(content) <= MAX_BYTES:
        raise BadRequestError(f"a file has 1 to {MAX_BYTES} bytes, this one {len(content)}")
    attachment = Attachment(
        kind=kind,
        mimetype=maybe_text(body, "mimetype") or _TYPES[kind],
        filename=maybe_text(body, "filename"),
        seconds=seconds if kind in {"voice", "audio"} else None,
        view_once=optional(body, "view_once", bool, False),
        size=len(content),
    )
    return File(attachment, content)


def content_of(message: Message) -> dict[str, Any]:
    """Return WhatsApp's own `message` object of a text or a file."""
    if message.media is None:
        return {"conversation": message.text}
    content = {_MEMBERS[message.media.kind]: _fields(message.media, message.text)}
    if message.media.view_once:
        return {"viewOnceMessageV2": {"message": content}}
    if message.media.kind == "document" and message.text:
        return {"documentWithCaptionMessage": {"message": content}}
    return content


def downloaded(message: Message, media: Attachment, content: bytes) -> dict[str, Any]:
    """Return the answer of `getBase64FromMediaMessage`."""
    return {
        "mediaType": _MEMBERS[media.kind],
        "fileName": media.filename or f"{message.id}.{media.mimetype.partition(';')[0].rpartition('/')[2]}",
        "caption": message.text or None,
        "size": {"fileLength": _long(media.size), "height": None, "width": None},
        "mimetype": media.mimetype,
        "base64": base64.b64encode(content).decode("ascii"),
        "buffer": None,
    }


def headers_of(media: Attachment) -> dict[str, str]:
    """Return the headers under which a browser may have a file of a person."""
    shown = media.mimetype.startswith(_SHOWN)
    return {
        "content-type": media.mimetype if shown and media.mimetype.isascii() else "application/octet-stream",
        "content-disposition": "inline" if shown else "attachment",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }


def _fields(media: Attachment, caption: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "url": "https://mmg.whatsapp.net/made-up.enc",
        "mimetype": media.mimetype,
        "fileLength": _long(media.size),
        "mediaKey": {"0": 2, "1": 2},
        "directPath": "/v/made-up",
    }
    if caption:
        fields["caption"] = caption
    if media.kind in {"voice", "audio"}:
        fields |= {"seconds": media.seconds, "ptt": media.kind == "voice"}
    if media.kind == "document":
        fields |= {"fileName": media.filename, "title": media.filename}
    return fields | {"viewOnce": True} if media.view_once else fields


def _long(number: int) -> dict[str, Any]:
    """Return a number as protobuf's longs cross the wire."""
    return {"low": number, "high": 0, "unsigned": True}


def _spoken(transcript: str, seconds: int) -> bytes:
    if not 1 <= seconds <= _LONGEST_RECORDING:
        raise BadRequestError(f"seconds must be from 1 to {_LONGEST_RECORDING}")
    try:
        return voice_note(transcript, seconds=seconds)
    except ValueError as error:
        raise BadRequestError(f"transcript: {error}") from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequestError("base64 is not base64") from error
