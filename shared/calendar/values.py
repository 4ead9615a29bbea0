"""The values of a calendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from shared.models import Week

#: How far ahead an owner may book, whatever customers may.
OWNER_HORIZON_DAYS = 366


class Unavailable(StrEnum):
    """Why a time cannot be had. When several reasons apply, the first one of this order is told."""

    PAST = "past"
    TOO_FAR = "too_far"  #: beyond the booking horizon
    NO_SUCH_TIME = "no_such_time"  #: the clock skips it when summer time begins
    NOT_STATED = "not_stated"  #: the business does not say whether it is open then
    CLOSED = "closed"  #: not, or not for the whole duration, within the hours
    OFF_GRID = "off_grid"  #: free or not, slots begin at other minutes
    TOO_SOON = "too_soon"  #: within the booking notice
    BLOCKED = "blocked"
    TAKEN = "taken"


class PartOfDay(StrEnum):
    """A part of a local day: the morning ends at 12:00, the afternoon at 18:00."""

    ANY = "any"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"

    def holds(self, moment: time) -> bool:
        """Tell whether a local time of day belongs to it."""
        if self is PartOfDay.ANY:
            return True
        part = PartOfDay.MORNING if moment.hour < 12 else PartOfDay.AFTERNOON if moment.hour < 18 else PartOfDay.EVENING
        return self is part


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class BookingRules(_Frozen):
    """What a business asks of a booking."""

    slot_minutes: Annotated[int, Field(ge=1)]  #: from one slot's start to the next one's, counted from opening
    notice_minutes: Annotated[int, Field(ge=0)] = 0  #: a slot begins no earlier than so long from now
    horizon_days: Annotated[int, Field(ge=0)] = OWNER_HORIZON_DAYS  #: the last day is so many local days from today
    cancel_notice_minutes: Annotated[int, Field(ge=0)] = 0  #: a customer cancels or moves no later than so long before
    any_minute: bool = False  #: a wished time may lie beside the grid


class Resource(_Frozen):
    """A chair, room or person that a booking takes one of."""

    name: str
    hours: Week | None = None  #: None: the business hours


class Busy(_Frozen):
    """Time in which a resource cannot be booked: half open, so what begins at its end is free."""

    resource: str | None  #: None: every resource
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: str | None = None  #: of a block, in the owner's words

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("a busy period ends after it begins")
        return self

    def touches(self, resource: str, starts_at: datetime, ends_at: datetime) -> bool:
        """Tell whether it takes any of `resource` between two moments."""
        return self.resource in (None, resource) and self.starts_at < ends_at and starts_at < self.ends_at


class BookableService(_Frozen):
    """A service with what booking it takes. None is not stated."""

    id: UUID
    name: str
    price_cents: int | None
    duration_minutes: int | None  #: None: it cannot be booked

    @property
    def duration(self) -> timedelta | None:
        return None if self.duration_minutes is None else timedelta(minutes=self.duration_minutes)


class Calendar(_Frozen):
    """All that decides when a business can be booked, as `api.calendar` answers it for a range of local dates.

    `bookings` and `blocks` are complete for slots that begin on the dates asked for, and no others.
    """

    timezone: str  #: IANA name
    hours: Week
    rules: BookingRules
    resources: tuple[Resource, ...]  #: in the order in which they are taken
    bookings: tuple[Busy, ...] = ()  #: those that take place
    blocks: tuple[Busy, ...] = ()
    services: tuple[BookableService, ...] = ()  #: those that are sold, in the business's own order

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def hours_of(self, resource: Resource) -> Week:
        """Return when `resource` works."""
        return self.hours if resource.hours is None else resource.hours

    def for_owner(self) -> "Calendar":
        """Return the calendar as the owner books it: at any minute, without notice, for a year."""
        rules = self.rules.model_copy(
            update={"notice_minutes": 0, "horizon_days": OWNER_HORIZON_DAYS, "any_minute": True}
        )
        return self.model_copy(update={"rules": rules})

    def without(self, booking: Busy) -> "Calendar":
        """Return the calendar as it is when one booking like `booking` is taken out: for moving it."""
        rest = list(self.bookings)
        if booking in rest:
            rest.remove(booking)
        return self.model_copy(update={"bookings": tuple(rest)})

    def within(self, starts_at: datetime, ends_at: datetime) -> "Calendar":
        """Return the calendar without what lies wholly outside two moments: less to look through."""

        def touching(periods: Iterable[Busy]) -> tuple[Busy, ...]:
            return tuple(busy for busy in periods if busy.starts_at < ends_at and starts_at < busy.ends_at)

        return self.model_copy(update={"bookings": touching(self.bookings), "blocks": touching(self.blocks)})


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A time that can be booked."""

    starts_at: datetime  #: in the business's zone
    ends_at: datetime  #: in the business's zone; the real duration later, also where the clock changes between
    resources: tuple[str, ...]  #: the free ones, in the order in which they are taken


@dataclass(frozen=True, kw_only=True)
class Day:
    """The slots that begin on one local date."""

    date: date
    slots: tuple[Slot, ...]
    reason: Unavailable | None  #: why there are none; None when there are
