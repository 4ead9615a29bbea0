"""Files as phones send them, with what is in them written inside: for stand-ins, the demo and tests.

A recording is a valid Ogg Opus file of silence whose comment `TRANSCRIPT` says what a listener would hear (RFC 3533,
RFC 7845). A picture is a valid PNG of one colour whose text chunk `Description` says what a viewer would see.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence

_SILENCE = b"\xf8\xff\xfe"  # one Opus frame of 20 ms
_FRAMES_PER_SECOND = 50
_SAMPLES_PER_FRAME = 960  # at 48 kHz, in which Ogg counts whatever the recording's own rate
_PACKETS_PER_PAGE = 250  # of at most 255 segments
_LONGEST_PACKET = 63_750  # bytes that fit into one page
_POLYNOMIAL = 0x04C11DB7
_FIRST, _LAST = 2, 4  # header types of Ogg pages
_SERIAL = 1


def voice_note(transcript: str, *, seconds: int = 3) -> bytes:
    """Return an Ogg Opus recording in which `transcript` is said. Raises `ValueError` for more than 63 kB of it."""
    comment = f"TRANSCRIPT={transcript}".encode()
    vendor = b"aurora"
    tags = struct.pack(f"<8sI{len(vendor)}sII", b"OpusTags", len(vendor), vendor, 1, len(comment)) + comment
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 0, 48_000, 0, 0)
    pages = [_page([head], kind=_FIRST, number=0, samples=0), *_tag_pages(tags)]
    return b"".join((*pages, *_sound(max(seconds, 1), first=len(pages))))


def picture(description: str, *, size: int = 64) -> bytes:
    """Return a square PNG of `size` pixels in which one sees `description`, as far as Latin-1 can write it."""
    row = b"\0" + b"\xb0\xd0\xc0" * size
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)),
            _chunk(b"tEXt", b"Description\0" + description.encode("latin-1", errors="replace")),
            _chunk(b"IDAT", zlib.compress(row * size)),
            _chunk(b"IEND", b""),
        )
    )


def _tag_pages(tags: bytes) -> Iterator[bytes]:
    if len(tags) >= _LONGEST_PACKET:
        raise ValueError(f"what is said in a recording has at most {_LONGEST_PACKET} bytes, this {len(tags)}")
    yield _page([tags], kind=0, number=1, samples=0)


def _sound(seconds: int, *, first: int) -> Iterator[bytes]:
    frames = seconds * _FRAMES_PER_SECOND
    for index, packets in enumerate(_pages_of(frames)):
        so_far = min((index + 1) * _PACKETS_PER_PAGE, frames)
        kind = _LAST if so_far == frames else 0
        yield _page(packets, kind=kind, number=first + index, samples=so_far * _SAMPLES_PER_FRAME)


def _pages_of(frames: int) -> Iterator[list[bytes]]:
    for start in range(0, frames, _PACKETS_PER_PAGE):
        yield [_SILENCE] * min(_PACKETS_PER_PAGE, frames - start)


def _page(packets: Sequence[bytes], *, kind: int, number: int, samples: int) -> bytes:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    header = struct.pack("<4sBBqIIIB", b"OggS", 0, kind, samples, _SERIAL, number, 0, len(lacing))
    page = bytearray(header + lacing + b"".join(packets))
    page[22:26] = struct.pack("<I", _checksum(page))
    return bytes(page)


def _checksum(page: Iterable[int]) -> int:
    """Return Ogg's CRC: that of zlib, but the bits are not reflected."""
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _TABLE[(value >> 24) ^ byte]
    return value


def _table_entry(byte: int) -> int:
    value = byte << 24
    for _ in range(8):
        value = ((value << 1) ^ _POLYNOMIAL if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value


_TABLE = tuple(map(_table_entry, range(256)))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
