"""Read the `Upstash-…` headers of a request, and their query-parameter forms, into a publication.

A header wins over the query parameter of the same name.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from infra.local.qstash.durations import parse_duration
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.expression import check_expression
from infra.local.qstash.headers import Headers, canonical, collect, decode_text
from infra.local.qstash.values import Callback, FlowLimits, Options, Publication, Redaction

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_MAX_PERIOD_SECONDS = 7 * 86_400
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_REDACTED_HEADER = re.compile(r"headers?\[([^\]]+)\]")
#: They belong to one connection, and the broker sets its own.
_OF_THE_CONNECTION = {
    "Connection",
    "Content-Length",
    "Host",
    "Keep-Alive",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
}
#: Not forwarded with all the others either: they are for the broker.
_NOT_FORWARDED = _OF_THE_CONNECTION | {"Authorization", "Proxy-Authorization"}

Pair = tuple[str, str]


class Directives:
    """The directives of one request by lower-case name."""

    def __init__(self, headers: Iterable[Pair], query: Iterable[Pair] = ()) -> None:
        self.pairs = [(name.lower(), value) for name, value in headers]
        self._values = {name: value for name, value in query if name.startswith("upstash-")}
        self._query = [(name, value) for name, value in self._values.items()]
        self._values.update(self.pairs)

    def text(self, name: str) -> str | None:
        """Return the value of `name`; None when it is absent or empty."""
        value = decode_text(self._values.get(name, "")).strip()
        return value or None

    def prefixed(self, prefix: str) -> Iterator[Pair]:
        """Yield the rest of the name and the value of each directive under `prefix`, repeated ones included."""
        headers = {name for name, _ in self.pairs}
        query = [pair for pair in self._query if pair[0] not in headers]
        for name, value in [*self.pairs, *query]:
            if name.startswith(prefix) and len(name) > len(prefix):
                yield name[len(prefix) :], value

    def whole(self, name: str, *, most: int | None = None) -> int | None:
        """Return the non-negative whole number in `name`. Raises `InvalidRequestError`."""
        text = self.text(name)
        return None if text is None else parse_whole(text, canonical(name), most=most)

    def duration(self, name: str) -> int | None:
        """Return the seconds of the duration in `name`. Raises `InvalidRequestError`."""
        text = self.text(name)
        return None if text is None else parse_duration(text, canonical(name))

    def flag(self, name: str) -> bool:
        """Return the truth of `name`, in any capitals. Raises `InvalidRequestError`."""
        text = (self.text(name) or "false").lower()
        if text not in ("true", "false"):
            raise InvalidRequestError(f"invalid {canonical(name)}: {text!r}; write true or false")
        return text == "true"


def parse_whole(text: str, field: str, *, least: int = 0, most: int | None = None) -> int:
    """Return the whole number in `text`; `field` names its source in the `InvalidRequestError`."""
    if not (text.isascii() and text.isdecimal()) or int(text) < least or (most is not None and int(text) > most):
        bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise InvalidRequestError(f"invalid {field}: {text!r}; write a whole number {bounds}")
    return int(text)


def check_name(name: str, what: str) -> str:
    """Return `name` if a queue, schedule or URL group may be called so. Raises `InvalidRequestError`."""
    if not _NAME.fullmatch(name):
        raise InvalidRequestError(f"invalid {what} {name!r}: only letters, digits, '-', '_' and '.' are allowed")
    return name


def is_url(text: str) -> bool:
    """Tell whether `text` is an absolute http(s) URL with a host."""
    if _CONTROL.search(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def check_url(text: str, field: str) -> str:
    if not is_url(text):
        raise InvalidRequestError(f"invalid {field}: {text!r} is no absolute http:// or https:// URL")
    return text


def parse_publication(directives: Directives, destination: str) -> Publication:
    """Return what the directives ask for. Raises `InvalidRequestError` naming the header at fault."""
    queue = directives.text("upstash-queue-name")
    return Publication(
        destination=destination,
        options=Options(**given_options(directives)),
        delay=directives.duration("upstash-delay") or 0,
        # Bounded by the year 9999, so that every moment can be shown as a date.
        not_before=directives.whole("upstash-not-before", most=253_402_300_799),
        deduplication_id=directives.text("upstash-deduplication-id"),
        content_based=directives.flag("upstash-content-based-deduplication"),
        queue=None if queue is None else check_name(queue, "Upstash-Queue-Name"),
    )


def given_options(directives: Directives) -> dict[str, Any]:
    """Return the fields of `Options` that the directives set, and only those.

    Raises `InvalidRequestError` naming the header at fault.
    """
    found: dict[str, Any] = {
        "method": _method(directives, "upstash-method"),
        "headers": _forwarded(directives) or None,
        "retries": directives.whole("upstash-retries", most=2**31 - 1),
        "retry_delay": _expression(directives, "upstash-retry-delay"),
        "timeout": directives.duration("upstash-timeout"),
        "callback": _callback(directives, "upstash-callback"),
        "failure_callback": _callback(directives, "upstash-failure-callback"),
        "labels": _list(directives.text("upstash-label")) or None,
        "redaction": _redaction(directives),
        **_flow(directives),
    }
    return {name: value for name, value in found.items() if value is not None}


def _method(directives: Directives, name: str) -> str | None:
    text = directives.text(name)
    if text is not None and text.upper() not in _METHODS:
        raise InvalidRequestError(f"invalid {canonical(name)}: {text!r}; choose one of {', '.join(_METHODS)}")
    return text and text.upper()


def _expression(directives: Directives, name: str) -> str | None:
    text = directives.text(name)
    return None if text is None else check_expression(text, canonical(name))


def _forwarded(directives: Directives) -> Headers:
    headers: Headers = {}
    if directives.flag("upstash-header-forward"):
        own = ((name, value) for name, value in directives.pairs if not name.startswith("upstash-"))
        headers = {name: values for name, values in collect(own).items() if name not in _NOT_FORWARDED}
    content_type = directives.text("content-type")
    if content_type is not None:
        headers["Content-Type"] = [content_type]
        _check_headers(headers, "")
    return headers | _prefixed_headers(directives, "upstash-forward-")


def _prefixed_headers(directives: Directives, prefix: str) -> Headers:
    headers = collect((name, value.strip()) for name, value in directives.prefixed(prefix))
    _check_headers(headers, canonical(prefix))
    return headers


def _check_headers(headers: Headers, prefix: str) -> None:
    for name, values in headers.items():
        if not _TOKEN.fullmatch(name) or any(_CONTROL.search(value.replace("\t", " ")) for value in values):
            raise InvalidRequestError(f"invalid {prefix}{name}: not a valid HTTP header")
        if name in _OF_THE_CONNECTION:
            raise InvalidRequestError(f"invalid {prefix}{name}: {name} cannot be forwarded")


def _callback(directives: Directives, name: str) -> Callback | None:
    url = directives.text(name)
    if url is None:
        return None
    return Callback(
        url=check_url(url, canonical(name)),
        method=_method(directives, f"{name}-method") or "POST",
        headers=_prefixed_headers(directives, f"{name}-forward-"),
        retries=directives.whole(f"{name}-retries", most=2**31 - 1),
        retry_delay=_expression(directives, f"{name}-retry-delay"),
        timeout=directives.duration(f"{name}-timeout"),
        delay=directives.duration(f"{name}-delay") or 0,
    )


def _list(text: str | None) -> tuple[str, ...]:
    parts = (part.strip() for part in (text or "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _redaction(directives: Directives) -> Redaction | None:
    fields = _list(directives.text("upstash-redact-fields"))
    if not fields:
        return None
    names = []
    for field in fields:
        named = _REDACTED_HEADER.fullmatch(field)
        if named:
            names.append(canonical(named[1].strip()))
        elif field not in ("body", "header", "headers"):
            raise InvalidRequestError(
                f"invalid Upstash-Redact-Fields: {field!r}; write body, header or header[Name], separated by commas"
            )
    return Redaction(body="body" in fields, all_headers=bool({"header", "headers"} & set(fields)), headers=tuple(names))


def _flow(directives: Directives) -> dict[str, Any]:
    key = directives.text("upstash-flow-control-key")
    value = directives.text("upstash-flow-control-value")
    if key is None and value is None:
        return {}
    if key is None:
        raise InvalidRequestError("Upstash-Flow-Control-Value needs Upstash-Flow-Control-Key beside it")
    if value is None:
        raise InvalidRequestError("Upstash-Flow-Control-Key needs Upstash-Flow-Control-Value beside it")
    return {"flow_key": key, "flow": _flow_limits(value)}


def _flow_limits(text: str) -> FlowLimits:
    field = "Upstash-Flow-Control-Value"
    limits: dict[str, int] = {}
    for part in _list(text):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name == "period":
            limits[name] = parse_period(value, f"period in {field}")
        elif name in ("parallelism", "rate"):
            limits[name] = parse_whole(value, f"{name} in {field}", least=1)
        else:
            raise InvalidRequestError(f"invalid {field}: {part!r}; write parallelism=…, rate=… or period=…")
    if not limits.keys() & {"parallelism", "rate"}:
        raise InvalidRequestError(f"invalid {field}: {text!r} gives neither parallelism nor rate")
    return FlowLimits(**limits)


def parse_period(text: str, field: str) -> int:
    """Return the seconds of a rate period, from one second to one week. Raises `InvalidRequestError`."""
    seconds = parse_duration(text, field, bare_seconds=True)
    if not 1 <= seconds <= _MAX_PERIOD_SECONDS:
        raise InvalidRequestError(f"invalid {field}: {text!r}; a period lasts from 1 s to 7 d")
    return seconds
