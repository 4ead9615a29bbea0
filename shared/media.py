"""Files that people send, once they are fetched: what they are, told by their bytes and not by what they claim."""

from base64 import b64encode
from dataclasses import dataclass, field

#: Files that are read as text.
TEXT_TYPES = frozenset({"text/csv", "text/markdown", "text/plain"})
_LEGACY_ENCODING = "cp1252"  # what Windows programs in Portuguese still write


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    """What a gateway keeps of an attachment. Its bytes are a person's: never logged, never kept."""

    content: bytes = field(repr=False)
    mimetype: str  #: as the sender's phone named it, without parameters, in lower case
    filename: str | None = None  #: the sender's; untrusted


@dataclass(frozen=True, kw_only=True)
class Image:
    """A picture in a format that models look at."""

    content: bytes = field(repr=False)
    mimetype: str

    @property
    def data_url(self) -> str:
        """The whole picture as an address."""
        return f"data:{self.mimetype};base64,{b64encode(self.content).decode('ascii')}"


@dataclass(frozen=True, kw_only=True)
class Transcription:
    """What was heard in a recording."""

    text: str = field(repr=False)  #: "" when nobody spoke; untrusted
    model: str
    seconds: float | None = None  #: length of the recording as the server counts it, None when it does not say


def image_of(file: MediaFile) -> Image | None:
    """Return the picture in `file`, None when it is no JPEG, PNG, WebP or GIF."""
    mimetype = _picture_type(file.content)
    return Image(content=file.content, mimetype=mimetype) if mimetype else None


def plain_text_of(file: MediaFile) -> str | None:
    """Return what a plain text file says, None for any other, and for one that is binary whatever it claims."""
    if file.mimetype not in TEXT_TYPES or b"\0" in file.content:
        return None
    try:
        return file.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return file.content.decode(_LEGACY_ENCODING, errors="replace")


def _picture_type(content: bytes) -> str | None:
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if content.startswith((b"GIF87a", b"GIF89a")) else None
