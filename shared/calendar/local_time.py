"""From a wall clock to moments, where clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# The time zone database has no change off the full minute since 1972 (RFC 9636, and Monrovia's of that year).
_STEP = timedelta(minutes=1)


def moment_of(local: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the moment, in UTC, at which clocks in `zone` show `local`, a datetime without a zone.

    The first one when they show it twice; None when they skip it.
    """
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return moment if _shown(moment, zone) == local else None


def boundary_of(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment, in UTC, at which clocks in `zone` show `local` or later.

    That is `moment_of` it, and for a time that they skip the moment at which they do.
    """
    late = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _shown(late, zone) == local:
        return late
    # Read by the offset after the change, a skipped time is before it; by the offset before, after it (PEP 495).
    early = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while late - early > _STEP:
        middle = early + (late - early) // _STEP // 2 * _STEP
        if _shown(middle, zone) < local:
            early = middle
        else:
            late = middle
    return late


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
