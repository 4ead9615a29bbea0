"""The routines: what Aurora does for every business of its own accord, at most once on each of its local days."""

from dataclasses import dataclass
from datetime import time, timedelta

from shared.errors import NonRetriableError

#: So long after its time a routine that was missed is still run; later it is skipped, and recorded as skipped.
CATCH_UP_WINDOW = timedelta(hours=3)

_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True, kw_only=True)
class Routine:
    """One routine. Its times and days are those of the business's own time zone."""

    kind: str
    default_time: time  #: to the minute; a business may choose another
    weekdays: tuple[int, ...] = _EVERY_DAY  #: ISO: 1 is Monday, 7 Sunday; ascending; a business cannot change them

    @property
    def cron_weekdays(self) -> str:
        """The last field of a cron expression, where 0 is Sunday."""
        return "*" if self.weekdays == _EVERY_DAY else ",".join(str(day % 7) for day in self.weekdays)


_ALL = (
    Routine(kind="daily_summary", default_time=time(18)),
    Routine(kind="birthdays", default_time=time(9)),
    Routine(kind="inactive_clients", default_time=time(10), weekdays=(1,)),
    Routine(kind="opportunities", default_time=time(15), weekdays=(2, 4)),
)

#: By kind. `app.routine_defaults()` gives a new business the same kinds and times.
ROUTINES = {routine.kind: routine for routine in _ALL}


def find_routine(kind: str) -> Routine:
    """Return a routine. Raises `NonRetriableError` for a kind that there is not."""
    try:
        return ROUTINES[kind]
    except KeyError:
        raise NonRetriableError(f"there is no routine {kind!r}; there are {', '.join(ROUTINES)}") from None
