"""What the businesses of a world say of their own accord, and what comes in between: drawn from the seed."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from infra.simulation.clocks import moment
from infra.simulation.people import Action, Business, Errand, Kind, OwnAccord, Person, Script

#: Words that end everything a business sends of its own accord.
STOPS = ("PARAR", "pare", "Sair")

#: Until when a world's errands are run, in virtual seconds.
_LAST = 700.0


def with_errands(script: Script, source: random.Random) -> Script:
    """Return `script` with the traffic of its businesses to their clients; about half of the worlds have any."""
    if source.random() < 0.5:
        return script
    clients = {business.name: _clients(script, business) for business in script.businesses}
    businesses = tuple(_with_rules(each, clients[each.name], source) for each in script.businesses)
    writer = _Writer(source)
    for business in businesses:
        for person in clients[business.name]:
            if source.random() < 0.7:
                writer.traffic(business, person)
    return replace(
        script,
        businesses=businesses,
        actions=tuple(sorted((*script.actions, *writer.actions), key=lambda action: action.at)),
        errands=tuple(sorted(writer.errands, key=lambda errand: errand.at)),
    )


def _clients(script: Script, business: Business) -> list[Person]:
    """Return who writes to a business, and one who never does."""
    known = {
        action.person.phone: action.person
        for action in script.actions
        if action.person is not None and action.instance in business.instances
    }
    known.pop(business.owner_phone, None)
    stranger = Person(name="Cliente", phone="5531980000000")
    return [*(known[phone] for phone in sorted(known)), stranger]


def _with_rules(business: Business, clients: list[Person], source: random.Random) -> Business:
    """Draw the rules by which a business may write: what they forbid begins or ends in the middle of the story."""
    local = moment(0).astimezone(ZoneInfo(business.timezone))
    turning = (local + timedelta(seconds=source.uniform(200, 1100))).time()
    quiet_until, quiet_from = source.choice(
        (
            (time(0), time(23, 59)),
            (time(0), time(23, 59)),
            (time(0), turning),
            (turning, time(23, 59)),
            (business.quiet_until, business.quiet_from),
        )
    )
    return replace(
        business,
        quiet_until=quiet_until,
        quiet_from=quiet_from,
        proactive_cap=source.choice((1, 2, 2, 3, 20)),
        reply_window_hours=source.choice((None, None, None, 1, 24)),
        consenting=frozenset(person.phone for person in clients if source.random() < 0.6),
    )


class _Writer:
    """Writes errands, and the stops that answer them."""

    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._count = 0
        self.errands: list[OwnAccord] = []
        self.actions: list[Action] = []

    def traffic(self, business: Business, person: Person) -> None:
        """Let a business write to a person, once or so often that the cap is reached."""
        source = self._source
        for _ in range(source.choice((1, 1, 2, 3))):
            self._message(business, person)
        if source.random() < 0.3:
            self.actions.append(
                Action(
                    at=source.uniform(30, _LAST + 300),
                    kind=Kind.WRITES,
                    instance=source.choice(business.instances),
                    person=person,
                    message_id=f"3EB0{source.getrandbits(72):018X}",
                    text=source.choice(STOPS),
                )
            )

    def _message(self, business: Business, person: Person) -> None:
        source = self._source
        self._count += 1
        errand = source.choice(
            (Errand.WRITES_FOLLOWUP, Errand.WRITES_FOLLOWUP, Errand.ADVERTISES, Errand.BOOKS, Errand.SENDS_TO)
        )
        first = OwnAccord(
            at=source.uniform(5, _LAST),
            errand=errand,
            business=business,
            person=person,
            mark=f"[p{self._count}]",
            due_in=source.uniform(65, 400),
        )
        self.errands += (first, *self._afterwards(first))

    def _afterwards(self, first: OwnAccord) -> Iterator[OwnAccord]:
        """Yield what takes an errand back, before or after its message is due."""
        source = self._source
        if source.random() > 0.35:
            return
        match first.errand:
            case Errand.BOOKS:
                errand = source.choice((Errand.MOVES, Errand.CANCELS))
            case Errand.WRITES_FOLLOWUP:
                errand = Errand.CALLS_OFF
            case Errand.ADVERTISES:
                errand = source.choice((Errand.CALLS_OFF, Errand.WITHDRAWS_CONSENT))
            case _:
                return
        yield replace(
            first, at=first.at + source.uniform(10, first.due_in + 420), errand=errand, due_in=source.uniform(65, 900)
        )
