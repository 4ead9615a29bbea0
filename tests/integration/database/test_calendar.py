"""The calendar in the database: what can be booked, and what happens to what was agreed to."""

import json
import threading
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import psycopg
import pytest

from shared.assistants.desks.own_appointments import Own
from shared.calendar import Calendar
from tests.integration.conftest import ANA, CARLA, NOW, Business, DatabaseClock

BRUNO = "+5511955554444"
DAY = "2026-01-21"
_keys = count(1)


@dataclass(frozen=True)
class Shop:
    """A business with a service of an hour, and what its people agree to."""

    business: Business
    service_id: str

    def conversation(self, phone: str = ANA) -> str:
        conversation_id: str = self.business.receive(phone=phone)["conversation_id"]
        return conversation_id

    def contact(self, conversation_id: str) -> str:
        contact_id: str = self.business.api.value(
            "select contact_id::text from app.conversations where id = %s", conversation_id
        )
        return contact_id

    def propose(self, conversation_id: str, kind: str, action: dict[str, Any]) -> str:
        """Write a proposal down as if it had been shown, and return its id."""
        proposal_id: str = self.business.api.value(
            """
            insert into app.proposals (
                organization_id, conversation_id, idempotency_key, kind, action, preview, turn_seq, state, decided_at,
                expires_at
            )
            values (%s, %s, %s, %s, %s::jsonb, 'shown', 1, 'done', app.now(), app.now()) returning id::text
            """,
            self.business.organization_id,
            conversation_id,
            f"1.{kind}.{next(_keys)}",
            kind,
            json.dumps(action),
        )
        return proposal_id

    def execute(self, conversation_id: str, kind: str, **action: Any) -> dict[str, Any]:
        """Do what a person of the conversation agreed to."""
        proposal_id = self.propose(conversation_id, kind, action)
        result: dict[str, Any] = self.business.api.value(EXECUTE.format(kind=kind), proposal_id)
        return result

    def booking(self, hours: str = "10:00 11:00", **action: Any) -> dict[str, Any]:
        return {"service_id": self.service_id, **period(hours), **action}

    def book(self, hours: str = "10:00 11:00", *, phone: str = ANA, **action: Any) -> dict[str, Any]:
        """Book as the customer who writes from `phone`."""
        conversation_id = self.conversation(phone)
        fields = {"contact_id": self.contact(conversation_id), **self.booking(hours), **action}
        return self.execute(conversation_id, "book", **fields)

    def events(self) -> list[tuple[str, str]]:
        return [
            (event, actor)
            for event, actor in self.business.api.rows("select event, actor from app.booking_events order by id")
        ]

    def add_resources(self, *names: str) -> None:
        for position, name in enumerate(names):
            self.business.api.rows(
                "insert into app.resources (organization_id, name, position) values (%s, %s, %s)",
                self.business.organization_id,
                name,
                position,
            )

    def block(self, hours: str, *, resource: str | None = None) -> None:
        fields = period(hours)
        self.business.api.rows(
            "insert into app.blocks (organization_id, resource, period) values (%s, %s, tstzrange(%s, %s))",
            self.business.organization_id,
            resource,
            fields["starts_at"],
            fields["ends_at"],
        )


EXECUTE = "select app.execute_{kind}(proposal) from app.proposals as proposal where id = %s"


def period(hours: str) -> dict[str, str]:
    """Return "10:00 11:00" of one day in São Paulo as an action's bounds; "22T10:00 22T11:00" of another."""
    days = [hour if "T" in hour else f"21T{hour}" for hour in hours.split()]
    start, end = (f"2026-01-{day}:00-03:00" for day in days)
    return {"starts_at": start, "ends_at": end}


def open_shop(business: Business) -> Shop:
    service_id = business.api.value(
        """
        insert into app.services (organization_id, name, price_cents, duration_minutes)
        values (%s, 'Banho', 6000, 60) returning id::text
        """,
        business.organization_id,
    )
    return Shop(business, service_id)


@pytest.fixture
def shop(business: Business) -> Shop:
    return open_shop(business)


def outcome(result: dict[str, Any]) -> str:
    found: str = result["outcome"]
    return found


def test_one_call_tells_all_that_a_free_slot_depends_on(shop: Shop, other_business: Business) -> None:
    """Hours, rules, resources, bookings, blocks and services, of this business and of the dates asked for alone."""
    shop.add_resources("chair 1", "chair 2")
    shop.book("10:00 11:00")
    shop.book("24T10:00 24T11:00")
    shop.block("14:00 18:00", resource="chair 2")
    neighbour = open_shop(other_business)
    neighbour.book("10:00 11:00")
    neighbour.block("08:00 20:00")
    row = shop.business.api.call(
        "calendar", organization_id=shop.business.organization_id, **{"from": "2026-01-21", "through": "2026-01-22"}
    )
    calendar = Calendar.model_validate(row)
    assert [service.name for service in calendar.services] == ["Banho"]
    assert (calendar.rules.notice_minutes, calendar.rules.horizon_days, calendar.rules.slot_minutes) == (120, 30, 30)
    assert [resource.name for resource in calendar.resources] == ["chair 1", "chair 2"]
    assert [(busy.resource, busy.starts_at.hour) for busy in calendar.bookings] == [("chair 1", 13)]
    assert [(busy.resource, busy.starts_at.hour) for busy in calendar.blocks] == [("chair 2", 17)]


def test_a_business_without_resources_has_one(shop: Shop) -> None:
    """Capacity is one until the business says more; resources out of use are none."""
    arguments = {"organization_id": shop.business.organization_id, "from": DAY, "through": DAY}
    assert shop.business.api.call("calendar", **arguments)["resources"] == [{"name": "main", "hours": None}]
    shop.add_resources("chair")
    shop.business.api.rows("update app.resources set is_active = false")
    assert shop.business.api.call("calendar", **arguments)["resources"] == []
    assert outcome(shop.book()) == "taken"


@pytest.mark.parametrize("through", ["2026-01-20", "2027-12-31"])
def test_a_range_that_is_none_is_refused(shop: Shop, through: str) -> None:
    """Backwards, or longer than anybody may book ahead."""
    with pytest.raises(psycopg.Error, match="no range of dates"):
        shop.business.api.call(
            "calendar", organization_id=shop.business.organization_id, **{"from": DAY, "through": through}
        )


def test_a_booking_takes_the_first_free_resource(shop: Shop) -> None:
    """In the business's order, until all are taken; the price agreed is kept."""
    shop.add_resources("chair 1", "chair 2")
    first, second, third = (shop.book(price_cents=5500) for _ in range(3))
    assert [(outcome(each), each.get("resource")) for each in (first, second, third)] == [
        ("done", "chair 1"),
        ("done", "chair 2"),
        ("taken", None),
    ]
    assert (first["service"], first["price_cents"], first["starts_at"]) == ("Banho", 5500, "2026-01-21T13:00:00+00:00")
    assert shop.events() == [("booked", "customer")] * 2


@pytest.mark.parametrize(
    ("action", "resource"),
    [({"resource": "chair 2"}, "chair 2"), ({"resources": ["chair 2"]}, "chair 2"), ({"resources": []}, None)],
)
def test_a_booking_may_say_which_resources_it_can_have(
    shop: Shop, action: dict[str, Any], resource: str | None
) -> None:
    """One that is asked for, or those that are at work then."""
    shop.add_resources("chair 1", "chair 2")
    assert shop.book(**action).get("resource") == resource


def test_blocked_time_is_not_booked(shop: Shop) -> None:
    """Of all resources or of one, up to its end; a booking in the way tells more than a block."""
    shop.add_resources("chair 1", "chair 2")
    shop.block("10:00 12:00", resource="chair 1")
    assert shop.book("11:00 12:00")["resource"] == "chair 2"
    assert outcome(shop.book("11:00 12:00")) == "taken"
    shop.block("14:00 16:00")
    assert outcome(shop.book("15:00 16:00")) == "blocked"
    assert outcome(shop.book("16:00 17:00")) == "done"


def test_the_past_is_not_booked(shop: Shop) -> None:
    """A yes that comes too late gets no booking; neither does a time that ends before it begins."""
    assert outcome(shop.book("20T09:20 20T10:20")) == "past"
    assert outcome(shop.book("20T09:21 20T10:21")) == "done"
    assert outcome(shop.book("12:00 11:00")) == "past"


def test_a_customer_books_for_nobody_else(shop: Shop, other_business: Business) -> None:
    """An id from elsewhere is no way to somebody else's name, service or dependent."""
    ana = shop.conversation(ANA)
    bruno = shop.contact(shop.conversation(BRUNO))
    assert outcome(shop.execute(ana, "book", contact_id=bruno, **shop.booking())) == "forbidden"
    foreign = open_shop(other_business).service_id
    assert outcome(shop.book(service_id=foreign)) == "gone"
    dependent = shop.business.api.value(
        """
        insert into app.dependents (organization_id, contact_id, kind, name) values (%s, %s, 'pet', 'Thor')
        returning id::text
        """,
        shop.business.organization_id,
        bruno,
    )
    assert outcome(shop.book(dependent_id=dependent)) == "gone"
    assert shop.book(phone=BRUNO, dependent_id=dependent)["dependent"] == "Thor"


def test_the_owner_books_for_a_customer_of_the_own_business(shop: Shop, other_business: Business) -> None:
    """And for no other's."""
    owner = shop.conversation(CARLA)
    ana = shop.contact(shop.conversation(ANA))
    assert outcome(shop.execute(owner, "book", contact_id=ana, **shop.booking())) == "done"
    stranger = other_business.api.value(
        "select contact_id::text from app.conversations where id = %s", other_business.receive()["conversation_id"]
    )
    assert outcome(shop.execute(owner, "book", contact_id=stranger, **shop.booking("12:00 13:00"))) == "gone"
    assert shop.events() == [("booked", "owner")]
    assert shop.business.api.value("select source from app.bookings") == "owner"


def test_of_two_who_agree_at_once_one_gets_the_slot(shop: Shop) -> None:
    """The second waits for the first and is told that it is taken; after a rollback it would have got it."""
    ids = []
    for phone in (ANA, BRUNO):
        conversation_id = shop.conversation(phone)
        action = {"contact_id": shop.contact(conversation_id), **shop.booking()}
        ids.append(shop.propose(conversation_id, "book", action))
    results: list[str] = []
    with psycopg.connect(shop.business.api.dsn) as first, psycopg.connect(shop.business.api.dsn) as second:
        execute = EXECUTE.format(kind="book").encode()
        results.append(first.execute(execute, [ids[0]]).fetchall()[0][0]["outcome"])
        other = threading.Thread(
            target=lambda: results.append(second.execute(execute, [ids[1]]).fetchall()[0][0]["outcome"])
        )
        other.start()
        first.commit()
        other.join(timeout=10)
        second.commit()
    assert results == ["done", "taken"]
    assert shop.business.api.value("select count(*) from app.bookings") == 1


def test_a_booking_moves_and_remembers_from_where(shop: Shop) -> None:
    """Within its own old time too; the word that the customer will come was of the old time."""
    booked = shop.book()
    ana = shop.conversation()
    confirm = {
        "organization_id": shop.business.organization_id,
        "conversation_id": ana,
        "booking_id": booked["booking_id"],
    }
    shop.business.api.call("confirm_presence", **confirm)
    moved = shop.execute(ana, "move", booking_id=booked["booking_id"], **period("10:30 11:30"))
    assert (moved["outcome"], moved["starts_at"]) == ("done", "2026-01-21T13:30:00+00:00")
    assert (moved["starts_at_before"], moved["confirmed_at"]) == ("2026-01-21T13:00:00+00:00", None)
    assert shop.events() == [("booked", "customer"), ("confirmed", "customer"), ("moved", "customer")]
    before = shop.business.api.value("select lower(period_before) from app.booking_events where event = 'moved'")
    assert before.isoformat() == "2026-01-21T13:00:00+00:00"


def test_a_booking_does_not_move_onto_what_is_taken_or_blocked(shop: Shop) -> None:
    """It stays where it was; with a second resource it goes there."""
    booked = shop.book()
    shop.book("14:00 15:00", phone=BRUNO)
    shop.block("16:00 17:00")
    ana = shop.conversation()

    def move(hours: str) -> dict[str, Any]:
        return shop.execute(ana, "move", booking_id=booked["booking_id"], **period(hours))

    assert [outcome(move(hours)) for hours in ("14:30 15:30", "16:30 17:30", "20T09:00 20T10:00")] == [
        "taken",
        "blocked",
        "past",
    ]
    shop.add_resources("other", "main")
    assert move("14:30 15:30")["resource"] == "other"
    assert move("18:00 19:00")["resource"] == "other"


@pytest.mark.parametrize(("kind", "action"), [("move", period("18:00 19:00")), ("cancel", {})])
def test_a_customer_changes_only_the_own_booking_and_in_time(
    shop: Shop, clock: DatabaseClock, kind: str, action: dict[str, str]
) -> None:
    """Another's is gone to him; within the notice it is too late for him and not for the owner."""
    booking_id = shop.book()["booking_id"]
    ana, bruno, owner = (shop.conversation(phone) for phone in (ANA, BRUNO, CARLA))
    assert outcome(shop.execute(bruno, kind, booking_id=booking_id, **action)) == "gone"
    clock.set(NOW.replace(day=21, hour=9, minute=1))  # 3:59 before
    assert outcome(shop.execute(ana, kind, booking_id=booking_id, **action)) == "too_late"
    assert outcome(shop.execute(owner, kind, booking_id=booking_id, **action)) == "done"


def test_a_cancelled_booking_is_free_again_and_gone(shop: Shop, other_business: Business) -> None:
    """Its time can be booked, and it is cancelled once; a business cannot touch another's."""
    booked = shop.book()
    ana = shop.conversation()
    neighbour = open_shop(other_business)
    stranger = neighbour.conversation(CARLA)
    assert outcome(neighbour.execute(stranger, "cancel", booking_id=booked["booking_id"])) == "gone"
    assert [outcome(shop.execute(ana, "cancel", booking_id=booked["booking_id"])) for _ in range(2)] == ["done", "gone"]
    assert outcome(shop.book()) == "done"
    assert shop.events() == [("booked", "customer"), ("cancelled", "customer"), ("booked", "customer")]


def test_the_owner_blocks_time_and_hears_of_bookings_in_it(shop: Shop) -> None:
    """They stand: calling them off is a decision of its own."""
    shop.book()
    owner = shop.conversation(CARLA)
    done = shop.execute(owner, "block", reason="Curso", **period("08:00 18:00"))
    assert (done["outcome"], done["bookings"]) == ("done", 1)
    assert outcome(shop.book("16:00 17:00")) == "blocked"
    assert outcome(shop.execute(owner, "block", **period("20T08:00 20T09:20"))) == "past"
    assert outcome(shop.execute(owner, "block", resource="chair 9", **period("08:00 09:00"))) == "gone"
    assert shop.business.api.value("select count(*) from app.blocks") == 1


@pytest.mark.parametrize(
    ("kind", "action"), [("block", period("08:00 18:00")), ("no_show", {}), ("paid", {"cents": 1})]
)
def test_what_is_the_owner_s_is_forbidden_to_customers(shop: Shop, kind: str, action: dict[str, Any]) -> None:
    """Whatever a proposal of theirs says."""
    booked = shop.book()
    assert outcome(shop.execute(shop.conversation(), kind, booking_id=booked["booking_id"], **action)) == "forbidden"


def test_not_to_have_come_is_known_once_it_began(shop: Shop, clock: DatabaseClock) -> None:
    """Not before, once, and not of what is paid."""
    booking_id, owner = shop.book()["booking_id"], shop.conversation(CARLA)
    paid_id = shop.book("11:00 12:00")["booking_id"]
    assert outcome(shop.execute(owner, "no_show", booking_id=booking_id)) == "not_yet"
    clock.advance(days=1, hours=3)
    shop.execute(owner, "paid", booking_id=paid_id, cents=6000)
    assert [outcome(shop.execute(owner, "no_show", booking_id=each)) for each in (booking_id, booking_id, paid_id)] == [
        "done",
        "already_done",
        "paid",
    ]
    assert shop.business.api.value("select status from app.bookings where id = %s", booking_id) == "no_show"


@pytest.mark.parametrize(
    ("later", "status", "events"),
    [(timedelta(0), "confirmed", ["paid"]), (timedelta(days=1, hours=1), "completed", ["paid", "completed"])],
)
def test_a_payment_completes_what_has_begun(
    shop: Shop, clock: DatabaseClock, later: timedelta, status: str, events: list[str]
) -> None:
    """Paid in advance is not done yet; it is paid once, by the price agreed when nothing else is said."""
    booking_id, owner = shop.book(price_cents=5500)["booking_id"], shop.conversation(CARLA)
    clock.set(NOW + later)
    done = shop.execute(owner, "paid", booking_id=booking_id)
    assert (done["outcome"], done["status"], done["paid_cents"]) == ("done", status, 5500)
    assert outcome(shop.execute(owner, "paid", booking_id=booking_id, cents=1)) == "already_done"
    assert [event for event, _ in shop.events()][1:] == events


def test_a_payment_needs_an_amount(shop: Shop) -> None:
    """No price agreed and none said is no zero."""
    booking_id, owner = shop.book()["booking_id"], shop.conversation(CARLA)
    assert outcome(shop.execute(owner, "paid", booking_id=booking_id)) == "no_amount"


def test_a_contact_sees_the_own_appointments(shop: Shop, clock: DatabaseClock, other_business: Business) -> None:
    """Those to come, soonest first, and whether they may still be changed."""
    shop.book("22T10:00 22T11:00")
    shop.book("20T12:00 20T13:00")
    shop.book("14:00 15:00", phone=BRUNO)
    cancelled = shop.book("16:00 17:00")["booking_id"]
    ana = shop.conversation()
    shop.execute(ana, "cancel", booking_id=cancelled)
    own = {"organization_id": shop.business.organization_id, "conversation_id": ana}
    found = Own.model_validate(shop.business.api.call("appointments_of", **own)).appointments
    assert [(each.name, each.starts_at.isoformat(), each.changeable) for each in found] == [
        ("Banho", "2026-01-20T15:00:00+00:00", False),
        ("Banho", "2026-01-22T13:00:00+00:00", True),
    ]
    clock.advance(hours=4)
    assert len(shop.business.api.call("appointments_of", **own)["appointments"]) == 1
    with pytest.raises(psycopg.Error, match="has no conversation"):
        shop.business.api.call("appointments_of", **{**own, "organization_id": other_business.organization_id})


def test_presence_is_confirmed_once(shop: Shop) -> None:
    """Said again it stays said; nobody confirms for others."""
    booking_id = shop.book()["booking_id"]
    organization_id = shop.business.organization_id

    def confirm(phone: str) -> dict[str, Any]:
        result: dict[str, Any] = shop.business.api.call(
            "confirm_presence",
            organization_id=organization_id,
            conversation_id=shop.conversation(phone),
            booking_id=booking_id,
        )
        return result

    assert [outcome(confirm(phone)) for phone in (BRUNO, ANA, ANA)] == ["gone", "done", "done"]
    assert shop.events() == [("booked", "customer"), ("confirmed", "customer")]


def test_the_waiting_list_holds_a_customer_once(shop: Shop) -> None:
    """New wishes replace the old ones at the same place; leaving again leaves nothing."""
    own = {"organization_id": shop.business.organization_id, "conversation_id": shop.conversation()}
    wishes = {"service_id": shop.service_id, "earliest": DAY, "latest": DAY}
    for part in ("any", "morning"):
        assert outcome(shop.business.api.call("join_waiting_list", **own, **wishes, part_of_day=part)) == "done"
    (waiting,) = Own.model_validate(shop.business.api.call("appointments_of", **own)).waiting
    assert (waiting.name, str(waiting.earliest), waiting.part_of_day) == ("Banho", DAY, "morning")
    assert shop.business.api.call("leave_waiting_list", **own)["services"] == ["Banho"]
    assert shop.business.api.call("leave_waiting_list", **own)["services"] == []


def test_who_books_waits_no_longer(shop: Shop, other_business: Business) -> None:
    """For that service; another's place stands, and a service of another business is gone."""
    for phone in (ANA, BRUNO):
        wish = {"organization_id": shop.business.organization_id, "conversation_id": shop.conversation(phone)}
        nothing = {"earliest": None, "latest": None, "part_of_day": "any"}
        shop.business.api.call("join_waiting_list", **wish, service_id=shop.service_id, **nothing)
        foreign = open_shop(other_business).service_id if phone == ANA else shop.service_id
        assert outcome(shop.business.api.call("join_waiting_list", **wish, service_id=foreign, **nothing)) == (
            "gone" if phone == ANA else "done"
        )
    shop.book()
    assert shop.business.api.rows("select state from app.waiting_list order by state") == [("booked",), ("waiting",)]
