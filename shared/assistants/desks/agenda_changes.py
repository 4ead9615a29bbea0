"""Changes to the agenda for the owner: shown first, and done only when the owner agrees in a later message."""

import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from shared.assistants.desks.bookable import (
    CLOCK,
    bookable,
    local_time,
    local_today,
    price_of,
    service_name,
    slot_action,
)
from shared.assistants.desks.client_bookings import ClientBooking, choose_booking, load_bookings, moment_of
from shared.assistants.desks.contacts import (
    ContactArguments,
    FoundContact,
    ServiceName,
    clean_name,
    find_one,
)
from shared.assistants.desks.desk import Desk
from shared.assistants.desks.owner_slots import OwnerSlot, calendar_around, owner_slot
from shared.assistants.moments import format_moment
from shared.assistants.money import to_minor_units
from shared.assistants.proposals import Plan, ProposalKind, propose
from shared.assistants.tools import Tool, ToolRefusedError, ToolResult

Clock = Annotated[str, Field(pattern=CLOCK)]


class BookingForClient(ContactArguments):
    """What to book for whom."""

    service: ServiceName
    date: datetime.date
    time: Clock


class BookingOfClient(ContactArguments):
    """Which booking of a client is meant; the only one that fits, when date or time is not said."""

    date: datetime.date | None = None
    time: Clock | None = None


class BookingMove(BookingOfClient):
    """Where it shall go."""

    new_date: datetime.date
    new_time: Clock


class Payment(BookingOfClient):
    """What was paid; the price that was agreed, when no amount is said."""

    amount: Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=2)] | None = None


def agenda_change_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk that staff may use."""
    told, changes = desk.texts.owner, _AgendaChanges(desk)
    return (
        Tool(name="book_for_client", description=told.book_for_client, arguments=BookingForClient, run=changes.book),
        Tool(name="move_booking", description=told.move_booking, arguments=BookingMove, run=changes.move),
        Tool(name="cancel_booking", description=told.cancel_booking, arguments=BookingOfClient, run=changes.cancel),
        Tool(name="mark_no_show", description=told.mark_no_show, arguments=BookingOfClient, run=changes.no_show),
    )


def payment_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk that are about money."""
    changes = _AgendaChanges(desk)
    return (Tool(name="mark_paid", description=desk.texts.owner.mark_paid, arguments=Payment, run=changes.paid),)


class _AgendaChanges:
    """What one turn proposes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._told = desk.texts.owner

    async def book(self, wish: BookingForClient) -> ToolResult:
        contact = await find_one(self._desk, wish.contact)
        if isinstance(contact, ToolResult):
            return contact
        calendar = await calendar_around(self._desk, wish.date)
        found = bookable(self._desk, calendar, wish.service)
        if isinstance(found, ToolResult):
            return found
        service, duration = found
        chosen = owner_slot(self._desk, calendar, duration, local_time(wish.date, wish.time))
        if isinstance(chosen, ToolResult):
            return chosen
        preview = self._told.book_preview.format(
            client=self._who(contact),
            service=service_name(service),
            moment=self._moment(chosen.slot.starts_at),
            price=price_of(self._desk, service.price_cents) or self._told.not_stated,
        )
        action = {
            "contact_id": str(contact.id),
            "service_id": str(service.id),
            "price_cents": service.price_cents,
            **slot_action(chosen.slot),
        }
        plan = Plan(kind=ProposalKind.BOOK, action=action, preview=self._cautioned(preview, chosen))
        return await propose(self._desk, tool="book_for_client", arguments=wish, plan=plan)

    async def move(self, wish: BookingMove) -> ToolResult:
        contact, booking = await self._booking(wish, to_come=True)
        if isinstance(booking, ToolResult):
            return booking
        calendar = (await calendar_around(self._desk, wish.new_date)).without(booking.busy)
        chosen = owner_slot(self._desk, calendar, booking.duration, local_time(wish.new_date, wish.new_time))
        if isinstance(chosen, ToolResult):
            return chosen
        if chosen.slot.starts_at == booking.starts_at:
            return ToolResult(data={"error": "same_time"})
        preview = self._told.move_preview.format(
            **self._facts(contact, booking), new_moment=self._moment(chosen.slot.starts_at)
        )
        plan = Plan(
            kind=ProposalKind.MOVE,
            action={"booking_id": str(booking.booking_id), **slot_action(chosen.slot)},
            preview=self._cautioned(preview, chosen),
        )
        return await propose(self._desk, tool="move_booking", arguments=wish, plan=plan)

    async def cancel(self, wish: BookingOfClient) -> ToolResult:
        contact, booking = await self._booking(wish, to_come=True)
        if isinstance(booking, ToolResult):
            return booking
        preview = self._told.cancel_preview.format(**self._facts(contact, booking))
        plan = Plan(kind=ProposalKind.CANCEL, action={"booking_id": str(booking.booking_id)}, preview=preview)
        return await propose(self._desk, tool="cancel_booking", arguments=wish, plan=plan)

    async def no_show(self, wish: BookingOfClient) -> ToolResult:
        contact, booking = await self._booking(wish, to_come=False)
        if isinstance(booking, ToolResult):
            return booking
        if booking.starts_at > self._desk.turn.now:
            return ToolResult(data={"error": "not_yet"})
        preview = self._told.no_show_preview.format(**self._facts(contact, booking))
        plan = Plan(kind=ProposalKind.NO_SHOW, action={"booking_id": str(booking.booking_id)}, preview=preview)
        return await propose(self._desk, tool="mark_no_show", arguments=wish, plan=plan)

    async def paid(self, wish: Payment) -> ToolResult:
        contact, booking = await self._booking(wish, to_come=False)
        if isinstance(booking, ToolResult):
            return booking
        cents = booking.price_cents if wish.amount is None else self._minor_units(wish.amount)
        if cents is None:
            return ToolResult(data={"error": "no_amount", "note": self._told.ask_amount})
        preview = self._told.paid_preview.format(
            **self._facts(contact, booking), amount=price_of(self._desk, cents), agreed=self._agreed(booking, cents)
        )
        action = {"booking_id": str(booking.booking_id), "cents": cents}
        plan = Plan(kind=ProposalKind.PAID, action=action, preview=preview)
        return await propose(self._desk, tool="mark_paid", arguments=wish, plan=plan)

    async def _booking(
        self, wish: BookingOfClient, *, to_come: bool
    ) -> tuple[FoundContact | None, ClientBooking | ToolResult]:
        """Return the contact and the booking that is meant: one to come, else the newest that is not settled."""
        contact = await find_one(self._desk, wish.contact)
        if isinstance(contact, ToolResult):
            return None, contact
        now = self._desk.turn.now
        every = await load_bookings(self._desk, contact.id)
        if to_come:
            fitting = tuple(each for each in every if each.is_to_come(now))
        else:
            begun = wish.date is None
            fitting = tuple(
                each
                for each in every
                if each.status != "no_show" and each.paid_cents is None and (each.starts_at <= now or not begun)
            )
        chosen = choose_booking(self._desk, fitting, date=wish.date, time=wish.time, newest=not to_come)
        return contact, chosen

    def _facts(self, contact: FoundContact | None, booking: ClientBooking) -> dict[str, str]:
        return {
            "client": self._who(contact) if contact else "",
            "service": clean_name(booking.service) or "",
            "moment": moment_of(self._desk, booking),
        }

    def _who(self, contact: FoundContact) -> str:
        """Return name and number, so that a namesake is noticed."""
        name = clean_name(contact.name)
        return " – ".join(part for part in (name, contact.phone) if part) or self._told.nameless

    def _minor_units(self, amount: Decimal) -> int:
        try:
            return to_minor_units(amount, currency=self._desk.turn.organization.currency)
        except ValueError as error:
            raise ToolRefusedError(f"amount: {error}") from None

    def _agreed(self, booking: ClientBooking, cents: int) -> str:
        if booking.price_cents in (None, cents):
            return ""
        return self._told.agreed_price.format(price=price_of(self._desk, booking.price_cents))

    def _cautioned(self, preview: str, chosen: OwnerSlot) -> str:
        if chosen.beyond is None:
            return preview
        return f"{preview}\n⚠️ {self._told.beyond_the_rules[chosen.beyond.value]}"

    def _moment(self, local: datetime.datetime) -> str:
        return format_moment(local, self._desk.texts, today=local_today(self._desk))
