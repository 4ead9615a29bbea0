"""The routines: what Aurora does for every business of its own accord, at most once on each of its local days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta

from shared.errors import NonRetriableError

#: So long after its time a routine that was missed is still run; later it is skipped, and recorded as skipped.
CATCH_UP_WINDOW = timedelta(hours=3)

_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, kw_only=True)
class Option:
    """Something that a business may set of a routine."""

    meaning: str  #: for an operator
    default: bool | int
    least: int = 0  #: of a number
    most: int = 0  #: of a number

    def read(self, text: str) -> bool | int:
        """Return the value that an operator wrote: on or off, or a number. Raises `ValueError`, which says so."""
        word = text.strip().lower()
        if isinstance(self.default, bool):
            if word not in _SWITCH:
                raise ValueError("must be on or off")
            return _SWITCH[word]
        if not (word.isascii() and word.isdecimal() and self.least <= int(word) <= self.most):
            raise ValueError(f"must be a whole number from {self.least} to {self.most}")
        return int(word)

    def effective(self, value: object) -> bool | int:
        """Return what was set, or the default where nothing usable was."""
        if isinstance(self.default, bool):
            return value if isinstance(value, bool) else self.default
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return value if is_number and isinstance(value, int) and self.least <= value <= self.most else self.default


_SWITCH = {"on": True, "off": False}


@dataclass(frozen=True, kw_only=True)
class Routine:
    """One routine. Its times and days are those of the business's own time zone."""

    kind: str
    default_time: time  #: to the minute; a business may choose another
    weekdays: tuple[int, ...] = _EVERY_DAY  #: ISO: 1 is Monday, 7 Sunday; ascending; a business cannot change them
    options: Mapping[str, Option] = field(default_factory=dict)  #: by the name in `app.routines.options`
    days_back: int = 0  #: for so many days after a date what it tells of that date is still true and of use

    @property
    def cron_weekdays(self) -> str:
        """The last field of a cron expression, where 0 is Sunday."""
        return "*" if self.weekdays == _EVERY_DAY else ",".join(str(day % 7) for day in self.weekdays)


_ALL = (
    Routine(
        kind="daily_summary",
        default_time=time(18),
        days_back=7,
        options={"suggestion": Option(meaning="end with one suggestion of the model", default=False)},
    ),
    Routine(
        kind="birthdays",
        default_time=time(9),
        options={"send_to_clients": Option(meaning="greet clients who agreed to marketing, unasked", default=False)},
    ),
    Routine(
        kind="inactive_clients",
        default_time=time(10),
        weekdays=(1,),
        options={"days": Option(meaning="so many days without a word or a visit", default=30, least=7, most=730)},
    ),
    Routine(kind="opportunities", default_time=time(15), weekdays=(2, 4)),
)

#: By kind. `app.routine_defaults()` gives a new business the same kinds and times.
ROUTINES = {routine.kind: routine for routine in _ALL}


def time_name(kind: str, timezone: str, local_time: time) -> str:
    """Return the name of a routine's time of day in a zone, in what the queue takes in an id: ASCII letters, digits,
    `-`, `_` and `.`.
    """
    zone = timezone.replace("/", ".").replace("+", ".plus.")
    return f"{kind}.{zone}.{local_time:%H%M}"


def find_routine(kind: str) -> Routine:
    """Return a routine. Raises `NonRetriableError` for a kind that there is not."""
    try:
        return ROUTINES[kind]
    except KeyError:
        raise NonRetriableError(f"there is no routine {kind!r}; there are {', '.join(ROUTINES)}") from None
