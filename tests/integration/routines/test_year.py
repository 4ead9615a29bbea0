"""A whole year, 2028, of businesses in five zones and of one that moves: each routine exactly once on each local date.

What should have been is computed here from the rules in plain words and from `zoneinfo`; what was is read from
the records of runs and from the outbox.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from infra.simulation.database import SimulatedDatabase
from tests.integration.routines.conftest import TOLD, Mishaps, Span, Year

WINDOW = timedelta(hours=3)  #: so long after its moment a routine may still run

USUAL = {"daily_summary": time(18), "birthdays": time(9), "inactive_clients": time(10), "opportunities": time(15)}
#: ISO weekdays; what is not here has all.
WEEKDAYS = {"inactive_clients": {1}, "opportunities": {2, 4}}

SAO_PAULO, NEW_YORK, LISBON = "America/Sao_Paulo", "America/New_York", "Europe/Lisbon"
KOLKATA, AUCKLAND = "Asia/Kolkata", "Pacific/Auckland"
ZONES = (SAO_PAULO, NEW_YORK, LISBON, KOLKATA, AUCKLAND)
#: Where nobody was before: their schedules come with the daily sync.
KATHMANDU, HONOLULU = "Asia/Kathmandu", "Pacific/Honolulu"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(start: str, hours: float) -> Span:
    return Span(utc(start), utc(start) + timedelta(hours=hours))


#: Long enough that the whole of 2028 is in it by every zone's calendar.
YEAR = Span(utc("2027-12-31T00:00"), utc("2029-01-02T00:00"))

#: From when on the business without a home is where.
STAYS = (
    (YEAR.start, SAO_PAULO),
    (utc("2028-02-10T11:50"), KOLKATA),  # at 08:50; it is 17:20 there, of a Thursday whose 15:00 others have had
    (utc("2028-05-16T06:00"), NEW_YORK),  # what the Tuesday morning of Kolkata did must not come again in this one's
    (utc("2028-08-01T22:30"), AUCKLAND),  # after the evening, into the next morning, when others' birthdays are over
    (utc("2028-08-20T05:00"), KATHMANDU),  # before the evening; it is the next sync that makes schedules for it
    (utc("2028-11-20T13:00"), HONOLULU),  # after a whole Monday, to the beginning of the same one
)

#: In each of them routines of several zones fall due.
UNREACHABLE = span("2028-01-18T20:40", 3)
SILENT_AS_CLOCKS_CHANGE = span("2028-04-01T20:30", 3)
GONE_ON_LEAP_DAY = span("2028-02-29T12:10", 3)
#: It begins when Lisbon's evening is published and none of its runs are delivered.
BETWEEN = Span(utc("2028-06-13T17:00:01") + timedelta(milliseconds=500), utc("2028-06-13T19:45"))
#: Longer than the window: what fell due in its first hours is skipped.
TOO_LONG = span("2028-10-10T14:00", 8 + 1 / 6)

MISHAPS = Mishaps(
    fired_twice=0.05,
    delivered_twice=0.05,
    cut=0.01,
    outages=(UNREACHABLE, GONE_ON_LEAP_DAY, BETWEEN, TOO_LONG),
    silences=(SILENT_AS_CLOCKS_CHANGE, GONE_ON_LEAP_DAY),
)


@dataclass(frozen=True)
class Shop:
    """A business: where it is from when on, and when it wants which routine."""

    name: str
    stays: tuple[tuple[datetime, str], ...]
    times: Mapping[str, time]


SHOPS = (
    *(Shop(zone, ((YEAR.start, zone),), USUAL) for zone in ZONES),
    Shop("Nomad", STAYS, USUAL),
)

Run = tuple[str, str, date]  #: shop, kind, local date


def moments_of(shop: Shop) -> Iterator[tuple[Run, datetime]]:
    """Yield each time that the clock on a shop's wall shows the time of a routine on one of its days.

    Who comes to a zone has what fell due there within the window before.
    """
    ends = [start for start, _ in shop.stays[1:]] + [YEAR.end]
    for (start, zone), end in zip(shop.stays, ends, strict=True):
        day = (start - WINDOW).astimezone(ZoneInfo(zone)).date()
        while day <= end.astimezone(ZoneInfo(zone)).date():
            for kind, at in shop.times.items():
                moment = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
                if start - WINDOW < moment < end and day.isoweekday() in WEEKDAYS.get(kind, range(8)):
                    yield (shop.name, kind, day), moment
            day += timedelta(days=1)


def wanted() -> dict[Run, datetime]:
    """Return every run that there should be if nothing ever went wrong, with the first moment at which it is due."""
    found: dict[Run, datetime] = {}
    for shop in SHOPS:
        for run, moment in moments_of(shop):
            found.setdefault(run, moment)
    return found


def is_too_late(moment: datetime) -> bool:
    """Tell whether what falls due then is still not possible when its window ends."""
    return moment in TOO_LONG and moment + WINDOW <= TOO_LONG.end


def watched() -> list[Span]:
    """Return when the sweep has something to find, and some minutes in which it has not."""
    ends = [each.end for each in (*MISHAPS.outages, *MISHAPS.silences)]
    # Where nobody was before, no schedule fires until the next sync.
    kathmandu = ("2028-08-20T12:15", "2028-08-21T03:15", "2028-08-21T04:15")
    honolulu = ("2028-11-20T19:00", "2028-11-20T20:00", "2028-11-21T04:00")
    moves = [start for start, _ in STAYS] + [utc(text) for text in (*kathmandu, *honolulu)]
    idle = [YEAR.start + week * timedelta(days=7, hours=5) for week in range(2, 50, 3)]
    moments = sorted({*ends, *moves, *idle})
    return [Span(moment, moment + timedelta(minutes=11)) for moment in moments]


@dataclass(frozen=True)
class Lived:
    """The year when it is over."""

    year: Year
    names: Mapping[str, str]  #: of shops, by the organization's id

    def runs(self) -> dict[Run, tuple[str, datetime]]:
        """Return the state of each run and when it began."""
        rows = self.year.database.rows(
            "select organization_id::text, kind, local_date, state, started_at from year.runs"
        )
        return {
            (self.names[row["organization_id"]], row["kind"], row["local_date"]): (row["state"], row["started_at"])
            for row in rows
        }


@pytest.fixture
async def lived(year_database: SimulatedDatabase) -> Lived:
    """The year 2028, in which everything goes wrong that may."""
    year = Year(year_database, YEAR.start, mishaps=MISHAPS, seed=2028)
    year.schedules.watched = watched()
    names = {}
    for shop in SHOPS:
        (_, zone), *moves = shop.stays
        organization_id = year.found(shop.name, zone, **({} if shop.times is USUAL else shop.times))
        names[organization_id] = shop.name
        for at, next_zone in moves:
            year.move(organization_id, next_zone, at)
    await year.sync()
    await year.live(YEAR.end)
    return Lived(year, names)


async def test_each_routine_runs_exactly_once_on_each_local_date_that_it_should(lived: Lived) -> None:
    """In all zones, over both changes of the clocks, the leap day, repeats, overlaps, crashes, outages and moves."""
    due = wanted()
    expected = {run for run, moment in due.items() if not is_too_late(moment)}
    runs = lived.runs()
    done = {run for run, (state, _) in runs.items() if state == "done"}
    assert (expected - done, done - expected) == (set(), set())
    assert {run for run, (state, _) in runs.items() if state not in {"done", "skipped"}} == set()

    # The primary key makes a run one row; what owners are told shows whether its work was done once.
    told = lived.year.database.rows("select organization_id::text, text from app.messages where purpose = 'notice'")
    times_told = Counter((lived.names[row["organization_id"]], *row["text"].split(" ")) for row in told)
    assert times_told == Counter((shop, kind, day.isoformat()) for shop, kind, day in expected if kind in TOLD)

    # Never before its moment, and never after its window.
    begun = {run: started - due[run] for run, (state, started) in runs.items() if state == "done"}
    assert {run: delay for run, delay in begun.items() if not timedelta(0) <= delay <= WINDOW} == {}

    # What came too late is on record, and nothing is left half-way.
    fanouts = lived.year.database.rows("select kind, timezone, local_date, state from app.proactive_fanouts")
    assert [row for row in fanouts if row["state"] == "running"] == []
    skipped = {(row["kind"], row["timezone"], row["local_date"]) for row in fanouts if row["state"] == "skipped"}
    late = {run: moment for run, moment in due.items() if is_too_late(moment)}
    assert late
    assert {(kind, name, day) for name, kind, day in late if name in ZONES} <= skipped
    assert [job.job for job in lived.year.lost if job.job == "routine.run"] == []
    _check_figures(lived, due)


def _check_figures(lived: Lived, due: Mapping[Run, datetime]) -> None:
    """Hold that the year was as full as it should be, and that all that could go wrong did."""
    per_kind = Counter(kind for name, kind, day in due if name == SAO_PAULO and day.year == 2028)
    assert per_kind == {"daily_summary": 366, "birthdays": 366, "inactive_clients": 52, "opportunities": 104}
    happened = lived.year.happened
    for mishap, least in {"fired_twice": 150, "delivered_twice": 300, "cut": 100, "not reached": 20}.items():
        assert happened[mishap] >= least, happened
    assert happened["missed routine.fan_out"] >= 5
    assert happened["routine.fan_out: late"] + len([job for job in lived.year.lost if job.job == "routine.fan_out"]) > 0


#: Of a zone: a time that a change of its clocks skips, repeats or, in Lisbon, both; and the days of both changes.
NIGHTS = {
    NEW_YORK: ({"daily_summary": time(2, 30), "birthdays": time(1, 30)}, (date(2028, 3, 12), date(2028, 11, 5))),
    LISBON: ({"daily_summary": time(1, 30)}, (date(2028, 3, 26), date(2028, 10, 29))),
    AUCKLAND: ({"daily_summary": time(2, 30)}, (date(2028, 4, 2), date(2028, 9, 24))),
}


@pytest.mark.parametrize("zone", NIGHTS)
async def test_a_time_that_the_clocks_skip_or_show_twice_counts_once(
    year_database: SimulatedDatabase, zone: str
) -> None:
    """A routine at night runs once on the day of each change: after the gap, and in the first of the two hours."""
    times, changes = NIGHTS[zone]
    day = timedelta(days=1)
    for change in changes:
        midnight = datetime.combine(change - day, time(0), ZoneInfo(zone)).astimezone(UTC)
        year = Year(year_database, midnight, mishaps=Mishaps(fired_twice=0.5, delivered_twice=0.5), seed=change.month)
        year.schedules.watched = [Span(midnight + day, midnight + day + timedelta(hours=6))]
        year.found("Night owl", zone, **times)
        await year.sync()
        await year.live(midnight + 3 * day)
        ran = year.database.rows("select kind, local_date, state, started_at from app.proactive_runs")
        expected = {(kind, change + shift * day) for kind in times for shift in (-1, 0, 1)}
        assert {(row["kind"], row["local_date"]) for row in ran if row["state"] == "done"} == expected
        for row in ran:
            shown = row["started_at"].astimezone(ZoneInfo(zone))
            wall = shown.replace(tzinfo=None) - datetime.combine(row["local_date"], times[row["kind"]])
            assert timedelta(0) <= wall <= timedelta(minutes=40), row
            assert shown.fold == 0, row
