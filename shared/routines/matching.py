"""Who could fill which free slot of the next days, and what that may be worth. Without input and output."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
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
    openings = _Openings(calendar, starts_at, ends_at)
    for client in _reachable(clients):
        if len(found) == most:
            break
        match = _match(openings, client)
        if match is not None:
            found.append(match)
            openings.give(match.slot)
    return tuple(found)


class _Openings:
    """What is free between two moments, worked out once for each duration, without what was given to somebody."""

    def __init__(self, calendar: Calendar, starts_at: datetime, ends_at: datetime) -> None:
        self.calendar = calendar
        self._starts_at, self._ends_at = starts_at, ends_at
        self._slots: dict[timedelta, tuple[Slot, ...]] = {}
        self._given: list[Busy] = []

    def slots(self, duration: timedelta) -> Iterator[Slot]:
        """Yield the slots of `duration` that are left, earliest first."""
        if duration not in self._slots:
            self._slots[duration] = self._found(duration)
        for slot in self._slots[duration]:
            left = tuple(name for name in slot.resources if not self._is_given(name, slot))
            if left:
                yield replace(slot, resources=left)

    def give(self, slot: Slot) -> None:
        """Take the first resource of a slot for its time."""
        self._given.append(Busy(resource=slot.resources[0], starts_at=slot.starts_at, ends_at=slot.ends_at))

    def _is_given(self, name: str, slot: Slot) -> bool:
        return any(busy.touches(name, slot.starts_at, slot.ends_at) for busy in self._given)

    def _found(self, duration: timedelta) -> tuple[Slot, ...]:
        zone = self.calendar.zone
        last = (self._ends_at - timedelta(seconds=1)).astimezone(zone).date()
        first = self._starts_at.astimezone(zone).date()
        slots = free_slots(self.calendar, duration, first=first, last=last, now=self._starts_at)
        return tuple(slot for slot in slots if slot.starts_at < self._ends_at)


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


def _match(openings: _Openings, client: Waiting | DueClient) -> Match | None:
    service = next((each for each in openings.calendar.services if each.id == client.service_id), None)
    if service is None or service.duration is None:
        return None
    slot = next((each for each in openings.slots(service.duration) if _suits(client, each)), None)
    return None if slot is None else Match(client=client, service=service, slot=slot)


def _suits(client: Waiting | DueClient, slot: Slot) -> bool:
    day = slot.starts_at.date()
    if isinstance(client, DueClient):
        return client.due_on <= day and PartOfDay.ANY.holds(slot.starts_at.time())
    return (client.earliest or day) <= day <= (client.latest or day) and client.part_of_day.holds(slot.starts_at.time())
