"""HTTP header maps: Go's canonical spelling to the list of values, as QStash shows them.

Values hold one character for each byte (Latin-1), so that what is forwarded arrives as it came.
"""

from collections.abc import Iterable

Headers = dict[str, list[str]]


def canonical(name: str) -> str:
    """Return `name` the way Go spells it: `x-API-key` is `X-Api-Key`."""
    return "-".join(part.capitalize() for part in name.split("-"))


def collect(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Return the map of `pairs`, values of one name kept in order."""
    headers: Headers = {}
    for name, value in pairs:
        headers.setdefault(canonical(name), []).append(value)
    return headers


def first(headers: Headers, name: str) -> str | None:
    """Return the first value of `name`, whatever its spelling."""
    values = headers.get(canonical(name))
    return values[0] if values else None


def encode_value(value: str) -> bytes:
    """Return the bytes of a header value; only a JSON batch can hold what is not Latin-1, and sends it as UTF-8."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


def decode_text(value: str) -> str:
    """Return the text that a header value means, if its bytes are UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
