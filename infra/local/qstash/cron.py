"""Cron expressions: five fields, UTC or a `CRON_TZ=` zone, minute resolution.

The dialect is that of the service: day of month OR day of week when both are restricted, `?` is `*`, names allowed,
Sunday is 0 and never 7, and none of the extensions of other crons. `cronsim` finds the times.

Daylight saving: a local time that is skipped does not fire that day (the library alone would fire it later). A local
time that happens twice fires once, at the first, if minute and hour are both fixed; where one of them begins with a
star the schedule means an interval and fires through both hours. The documents do not say.
"""

import functools
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from cronsim import CronSim, CronSimError

from infra.local.qstash.errors import InvalidRequestError

_ZONE = re.compile(r"(?:CRON_TZ|TZ)=(\S*)\s*(.*)", re.DOTALL)
_FIELD = re.compile(r"[0-9A-Za-z*?/,-]+")
_NAMES = ("minute", "hour", "day-of-month", "month", "day-of-week")
#: Days on which `*/2` restricts the field, which the library takes for a plain star.
_DAY_RANGES = {2: "1-31", 4: "0-6"}


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression; `text` is what the caller wrote, trimmed."""

    text: str
    fields: str
    zone: tzinfo

    def next(self, after: int) -> int | None:
        """Return the first time after `after` (both Unix milliseconds), None if there is none within 50 years."""
        start = datetime.fromtimestamp(after // 1000, UTC).astimezone(self.zone)
        simulation = CronSim(self.fields, start)
        for moment in simulation:
            milliseconds = int(moment.timestamp() * 1000)
            if milliseconds > after and moment.minute in simulation.minutes and moment.hour in simulation.hours:
                return milliseconds
        return None


@functools.lru_cache(maxsize=256)
def parse_cron(text: str) -> Cron:
    """Return the cron in `text`. Raises `InvalidRequestError` saying which part is wrong."""
    expression = text.strip()
    zone: tzinfo = UTC
    prefixed = _ZONE.fullmatch(expression)
    rest = expression
    if prefixed:
        zone, rest = _zone(prefixed[1], expression), prefixed[2]
    if not rest:
        raise InvalidRequestError("Invalid cron expression empty spec string")
    fields = rest.split()
    if len(fields) != len(_NAMES):
        raise _error(expression, f"expected 5 fields, found {len(fields)}")
    cron = Cron(
        expression, " ".join(_field(index, field, expression=expression) for index, field in enumerate(fields)), zone
    )
    try:
        never = cron.next(0) is None
    except CronSimError as error:
        raise _error(expression, str(error)) from error
    if never:
        raise _error(expression, "it never fires")
    return cron


def _zone(name: str, expression: str) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _error(expression, f"unknown time zone {name!r}") from error


def _field(index: int, field: str, *, expression: str) -> str:
    """Return `field` in the dialect of the library."""
    terms = []
    for term in field.upper().replace("?", "*").split(","):
        base, slash, step = term.partition("/")
        numbers = re.findall(r"\d+", base)
        known = _FIELD.fullmatch(term) and "L" not in base.replace("JUL", "")
        if not known or "W" in base.replace("WED", "") or (index == 4 and "7" in numbers):
            raise _error(expression, f"bad {_NAMES[index]}: {term!r}")
        if index in _DAY_RANGES and base == "*" and slash and step != "1":
            base = _DAY_RANGES[index]
        terms.append(base + slash + step)
    return ",".join(terms)


def _error(expression: str, reason: str) -> InvalidRequestError:
    return InvalidRequestError(f"Invalid cron expression {expression!r}: {reason}")
