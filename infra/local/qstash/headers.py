"""HTTP header maps: Go's canonical spelling to the list of values, as QStash shows them."""

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
