"""What a file is, told by its bytes."""

import pytest

from shared.media import Image, MediaFile, image_of, plain_text_of


@pytest.mark.parametrize(
    ("content", "mimetype"),
    [
        (b"\xff\xd8\xff\xe0 and the rest", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n and the rest", "image/png"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x10\0\0\0WAVEfmt ", None),
        (b"<svg onload='x'>", None),
        (b"", None),
    ],
)
def test_a_picture_is_what_its_bytes_say(content: bytes, mimetype: str | None) -> None:
    """Whatever it claims to be: a model refuses a request with a picture under a wrong name."""
    image = image_of(MediaFile(content=content, mimetype="image/jpeg"))
    assert (image and image.mimetype) == mimetype


@pytest.mark.parametrize(
    ("content", "mimetype", "text"),
    [
        ("ração".encode(), "text/plain", "ração"),
        ("ração".encode("utf-8-sig"), "text/csv", "ração"),
        ("ração".encode("cp1252"), "text/plain", "ração"),
        (b"", "text/plain", ""),
        (b"\0binary", "text/plain", None),
        (b"%PDF", "application/pdf", None),
        (b"<script>", "text/html", None),
    ],
)
def test_a_text_file_is_read_as_it_was_written(content: bytes, mimetype: str, text: str | None) -> None:
    """In UTF-8 or in what old Windows programs write; what is binary is no text."""
    assert plain_text_of(MediaFile(content=content, mimetype=mimetype)) == text


def test_what_people_send_does_not_show() -> None:
    """A representation may end up in a log."""
    assert "secret" not in repr(MediaFile(content=b"secret", mimetype="text/plain"))
    assert "secret" not in repr(Image(content=b"secret", mimetype="image/png"))


def test_a_picture_travels_as_its_own_address() -> None:
    """As the chat completions protocol wants it."""
    assert Image(content=b"oi", mimetype="image/png").data_url == "data:image/png;base64,b2k="
