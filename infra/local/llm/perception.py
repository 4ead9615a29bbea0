"""Hearing and seeing, played: what is in a recording or a picture is written inside the file itself.

A recording says it in the comment `TRANSCRIPT` of an Ogg Opus file, a picture in the text chunk `Description` of a PNG.
A file without one is silent, or shows nothing that a word fits.
"""

import base64
import binascii
import struct
from collections.abc import Iterator

from infra.local.llm.errors import BadRequestError

_SAMPLES_PER_SECOND = 48_000
_PNG = b"\x89PNG\r\n\x1a\n"
_PICTURES = ("data:image/jpeg;base64,", "data:image/png;base64,", "data:image/webp;base64,", "data:image/gif;base64,")


def heard_in(recording: bytes) -> tuple[str, float]:
    """Return what is said in an Ogg file and how many seconds it takes; raises `BadRequestError` for any other file."""
    pages = list(_pages(recording))
    if not pages:
        raise BadRequestError("Invalid file format. This stand-in listens to Ogg files.", "file")
    comments = next((_comments(body) for _, body in pages if body.startswith(b"OpusTags")), {})
    return comments.get("TRANSCRIPT", ""), max(samples for samples, _ in pages) / _SAMPLES_PER_SECOND


def seen_in(url: str) -> str:
    """Return what a picture shows, "" when it does not say; raises `BadRequestError` for what is no picture."""
    prefix = next((prefix for prefix in _PICTURES if url.startswith(prefix)), None)
    if prefix is None:
        raise BadRequestError(
            "You uploaded an unsupported image. This stand-in sees data URLs of pictures.", "image_url"
        )
    try:
        content = base64.b64decode(url.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequestError("Invalid base64 image_url.", "image_url") from error
    return next((text for name, text in _texts(content) if name == "Description"), "")


def _pages(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the samples played until the end of each page, and its body."""
    position = 0
    while content[position : position + 4] == b"OggS" and len(content) >= position + 27:
        (samples,) = struct.unpack_from("<q", content, position + 6)
        segments = content[position + 26]
        start = position + 27 + segments
        end = start + sum(content[position + 27 : start])
        yield max(samples, 0), content[start:end]
        position = end


def _comments(tags: bytes) -> dict[str, str]:
    """Return the comments of an `OpusTags` packet by name; a packet that breaks off has those before."""
    found: dict[str, str] = {}
    try:
        (vendor,) = struct.unpack_from("<I", tags, 8)
        position = 12 + vendor
        (count,) = struct.unpack_from("<I", tags, position)
        for _ in range(count):
            position += 4
            (length,) = struct.unpack_from("<I", tags, position)
            name, _, value = tags[position + 4 : position + 4 + length].decode(errors="replace").partition("=")
            found[name.upper()] = value
            position += length
    except struct.error:
        pass
    return found


def _texts(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a PNG's text chunks; nothing for other pictures."""
    if not content.startswith(_PNG):
        return
    position = len(_PNG)
    while len(content) >= position + 8:
        length, kind = struct.unpack_from(">I4s", content, position)
        if kind == b"tEXt":
            name, _, value = content[position + 8 : position + 8 + length].partition(b"\0")
            yield name.decode("latin-1"), value.decode("latin-1")
        position += 12 + length
