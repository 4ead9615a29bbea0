"""Who could fill which free slot of the next days, and what that may be worth. Without input and output."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.assistants.desks.agenda import DueClient
from shared.assistants.desks.clients import Waiting
from shared.calendar import BookableService, Busy, Calendar, PartOfDay, Slot, free_slots

#: How likely an offer is taken, in percent. Estimates, told beside each value: people who asked for a slot take it more
#: often than people whose rhythm says that it is time, or who asked for a price and fell silent.
WAITING_PERCENT = 60
DUE_PERCENT = 30
REQUEST_PERCENT = 20
#: How likely somebody who missed two of five is to miss again.
NO_SHOW_PERCENT = 40

_CANDIDATES = 60  # to look at: with a full agenda nobody fits, however many there are


@dataclass(frozen=True, kw_only=True)
class Match:
    """A client and a slot that is free for a service this client waits for or is due for."""

    client: Waiting | DueClient
    service: BookableService
    slot: Slot


def expected_cents(price_cents: int | None, percent: int) -> int | None:
    """Return what an opportunity is worth on average, None without a price."""
    return None if price_cents is None else round(price_cents * percent / 100)


def matches(
    calendar: Calendar, clients: Iterable[Waiting | DueClient], *, starts_at: datetime, ends_at: datetime, most: int
) -> tuple[Match, ...]:
    """Return up to `most` clients with the first slot that each could have, no slot twice, those named first first."""
    found: list[Match] = []
    for client in _reachable(clients):
        if len(found) == most:
            break
        match = _match(calendar, client, starts_at, ends_at)
        if match is not None:
            found.append(match)
            slot = match.slot
            given = Busy(resource=slot.resources[0], starts_at=slot.starts_at, ends_at=slot.ends_at)
            calendar = calendar.model_copy(update={"bookings": (*calendar.bookings, given)})
    return tuple(found)


def _reachable(clients: Iterable[Waiting | DueClient]) -> Iterator[Waiting | DueClient]:
    """Yield who may be offered something, each once and no more than are looked at."""
    seen: set[UUID] = set()
    for client in clients:
        unwanted = isinstance(client, Waiting) and (client.opted_out or client.has_booking)
        if unwanted or client.contact_id in seen:
            continue
        seen.add(client.contact_id)
        yield client
        if len(seen) == _CANDIDATES:
            return


def _match(calendar: Calendar, client: Waiting | DueClient, starts_at: datetime, ends_at: datetime) -> Match | None:
    service = next((each for each in calendar.services if each.id == client.service_id), None)
    if service is None or service.duration is None:
        return None
    first, last = (moment.astimezone(calendar.zone).date() for moment in (starts_at, ends_at - timedelta(seconds=1)))
    slots = free_slots(calendar, service.duration, first=first, last=last, now=starts_at)
    slot = next((each for each in slots if each.starts_at < ends_at and _suits(client, each)), None)
    return None if slot is None else Match(client=client, service=service, slot=slot)


def _suits(client: Waiting | DueClient, slot: Slot) -> bool:
    day = slot.starts_at.date()
    if isinstance(client, DueClient):
        return client.due_on <= day and PartOfDay.ANY.holds(slot.starts_at.time())
    return (client.earliest or day) <= day <= (client.latest or day) and client.part_of_day.holds(slot.starts_at.time())
