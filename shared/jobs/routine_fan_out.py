"""routine.fan_out: publish a run of a routine for every business for which it is due at a local time of a zone."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from shared.errors import RetryAfterError
from shared.jobs.routine_run import RoutineDue, run_publication
from shared.ports import Publication
from shared.registry import Context, Payload, job
from shared.routines.routine import CATCH_UP_WINDOW, find_routine, time_name

PAGE = 500  #: businesses published in one call
PAGES_PER_RUN = 3  #: then another run goes on, so that none is longer than a few seconds
#: A schedule that fires by so much too soon waits; sooner than that it is not the one that is due.
EARLY = timedelta(minutes=10)


class RoutineFanOut(Payload):
    """Run a routine for everybody who wants it at `local_time` in `timezone`."""

    kind: str
    timezone: str  #: IANA name
    local_time: time
    local_date: date | None = None  #: None: the one whose moment is nearest
    cursor: UUID | None = None  #: go on after this business; None: from where the fan-out got to
    published: int = 0  #: by the run before, since its own last cursor
    forced: bool = False  #: begin it although its window has passed or it is paused


class Beginning(BaseModel):
    """Whether there is something to do; see `api.begin_fanout`."""

    outcome: Literal["started", "continue", "done", "late", "early", "paused"]
    local_date: date
    cursor: UUID | None = None
    retry_after: int = 0  #: seconds until it is due
    expires_at: AwareDatetime | None = None


class Page(BaseModel):
    """The next businesses in the order of their ids; see `api.fanout_page`."""

    organizations: tuple[UUID, ...]
    cursor: UUID | None
    done: bool


# As many retries as QStash's free plan gives a schedule; what outlasts them is taken up by the sweep. Never in place:
# what does not fit into the request is left to PostgreSQL, which does not know of a run before it has begun.
@job("routine.fan_out", retries=3, growth=4, in_place=False)
async def fan_out(payload: RoutineFanOut, context: Context) -> str:
    """Publish page by page. What was published before a crash is published again: the claims make that harmless."""
    beginning = await _begin(payload, context)
    delay = timedelta(seconds=beginning.retry_after)
    if beginning.outcome == "early" and delay <= EARLY:
        raise RetryAfterError("its moment has not come", delay=delay)
    if beginning.outcome not in {"started", "continue"}:
        return beginning.outcome
    cursor = payload.cursor or beginning.cursor
    going = payload.model_copy(update={"local_date": beginning.local_date, "cursor": cursor, "forced": False})
    for left in reversed(range(PAGES_PER_RUN)):
        page = await _page(going, context)
        if page.done:
            return "done"
        published = len(page.organizations)
        going = going.model_copy(update={"cursor": page.cursor, "published": published})
        await context.publish(
            *_runs(going, page, beginning.expires_at),
            *([] if left else [_continuation(going)]),
        )
    return "continued"


def fan_out_publication(due: RoutineFanOut, *, occasion: str) -> Publication:
    """Return what takes up a fan-out that was missed or fell off the way; `occasion` tells it from those before."""
    return fan_out.publication(due, deduplication_id=f"{_deduplication_id(due)}.{occasion}")


async def _begin(payload: RoutineFanOut, context: Context) -> Beginning:
    return Beginning.model_validate(
        await context.services.database.call(
            "begin_fanout",
            kind=payload.kind,
            timezone=payload.timezone,
            local_time=payload.local_time,
            local_date=payload.local_date,
            window_seconds=CATCH_UP_WINDOW.total_seconds(),
            weekdays=find_routine(payload.kind).weekdays,
            forced=payload.forced,
        )
    )


async def _page(going: RoutineFanOut, context: Context) -> Page:
    return Page.model_validate(
        await context.services.database.call(
            "fanout_page",
            kind=going.kind,
            timezone=going.timezone,
            local_time=going.local_time,
            local_date=going.local_date,
            cursor=going.cursor,
            limit=PAGE,
            published=going.published,
        )
    )


def _runs(going: RoutineFanOut, page: Page, expires_at: AwareDatetime | None) -> Iterator[Publication]:
    assert going.local_date is not None  # noqa: S101 - a fan-out that goes on knows its date
    for organization_id in page.organizations:
        yield run_publication(
            RoutineDue(
                organization_id=organization_id, kind=going.kind, local_date=going.local_date, expires_at=expires_at
            )
        )


def _continuation(going: RoutineFanOut) -> Publication:
    return fan_out.publication(going, deduplication_id=_deduplication_id(going))


def _deduplication_id(due: RoutineFanOut) -> str:
    return f"fanout.{time_name(due.kind, due.timezone, due.local_time)}.{due.local_date}.{due.cursor}"
