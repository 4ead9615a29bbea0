"""Which booking of a client the owner means."""

import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, RootModel

from shared.assistants.desks.bookable import local_today
from shared.assistants.desks.contacts import clean_name
from shared.assistants.desks.desk import Desk
from shared.assistants.moments import as_data, format_moment
from shared.assistants.tools import ToolResult, read_row
from shared.calendar import Busy


class ClientBooking(BaseModel):
    """A booking that is not cancelled, of the last 60 days or to come."""

    model_config = ConfigDict(frozen=True)

    booking_id: UUID
    contact: str | None
    service: str
    resource: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    status: str
    price_cents: int | None
    paid_cents: int | None
    dependent: str | None

    @property
    def duration(self) -> datetime.timedelta:
        return self.ends_at - self.starts_at

    @property
    def busy(self) -> Busy:
        """What it takes in the calendar."""
        return Busy(resource=self.resource, starts_at=self.starts_at, ends_at=self.ends_at)

    def is_to_come(self, now: datetime.datetime) -> bool:
        return self.status in {"pending", "confirmed"} and self.starts_at > now


class _ClientBookings(RootModel[tuple[ClientBooking, ...]]):
    """What `api.bookings_of_contact` answers."""


async def load_bookings(desk: Desk, contact_id: UUID) -> tuple[ClientBooking, ...]:
    """Return a contact's bookings by time. Raises the database's errors."""
    row = await desk.database.call("bookings_of_contact", organization_id=desk.organization_id, contact_id=contact_id)
    return read_row(_ClientBookings, row, function="bookings_of_contact").root


def choose_booking(
    desk: Desk,
    bookings: tuple[ClientBooking, ...],
    *,
    date: datetime.date | None,
    time: str | None,
    newest: bool = False,
) -> ClientBooking | ToolResult:
    """Return the one booking on a local date and at a time of day, either of which may be None.

    Without a date, `newest` takes the last of several. When none or several fit, return what the model is told:
    `{"error": "no_booking" | "several_bookings", "choices": [...]}`, for none with all there are.
    """
    fitting = [each for each in bookings if _fits(desk, each, date, time)]
    if len(fitting) == 1 or (fitting and newest and date is None):
        return fitting[-1]
    error = "several_bookings" if fitting else "no_booking"
    return ToolResult(data={"error": error, "choices": [_choice(desk, each) for each in fitting or bookings]})


def moment_of(desk: Desk, booking: ClientBooking) -> str:
    """Return when a booking begins, in words."""
    return format_moment(desk.turn.local(booking.starts_at), desk.texts, today=local_today(desk))


def _fits(desk: Desk, booking: ClientBooking, date: datetime.date | None, time: str | None) -> bool:
    local = desk.turn.local(booking.starts_at)
    return date in (None, local.date()) and (time is None or f"{local:%H:%M}" == time.zfill(len("HH:MM")))


def _choice(desk: Desk, booking: ClientBooking) -> dict[str, Any]:
    return {**as_data(desk.turn.local(booking.starts_at), desk.texts), "service": clean_name(booking.service)}
