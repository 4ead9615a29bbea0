"""A visit takes place unless somebody says otherwise."""

import psycopg
import pytest

from tests.integration.conftest import ANA, CARLA, NOW, Business
from tests.integration.database.conftest import Talk, booking_of, contact_of, explaining, new_contact


@pytest.fixture
def ana(business: Business) -> str:
    """Ana, whom the business knows."""
    business.receive("Oi", phone=ANA)
    return contact_of(business, ANA)


def ended(business: Business, contact_id: str) -> str:
    """An appointment that was over an hour ago, and stands."""
    return booking_of(business, contact_id, days=0, hour=-2)


def completed(business: Business, limit: int = 100) -> int:
    many: int = business.api.value("select app.complete_visits(%s)", limit)
    return many


def status_of(business: Business, booking_id: str) -> str:
    status: str = business.api.value("select status from app.bookings where id = %s", booking_id)
    return status


def planned(business: Business) -> list[tuple[str, str, str | None]]:
    rows = business.api.rows(
        "select kind, state, reason from app.followups where kind <> 'appointment_reminder' order by kind"
    )
    return [(kind, state, reason) for kind, state, reason in rows]


def decide(business: Business, kind: str, booking_id: str) -> str:
    """The owner agrees to a proposal about a booking; return what came of it."""
    carla = Talk(business, CARLA)
    code = carla.was_asked(kind, {"booking_id": booking_id})["code"]
    turn = carla.says(code or "1")
    result: str = carla.decides(turn, code=code)["outcome"]
    business.send(carla.answers(turn))
    return result


ENDS = [
    # Hours from its beginning to now, and what it was and is.
    (1, "confirmed", "completed"),  # ends now
    (0, "confirmed", "confirmed"),  # goes on
    (3, "pending", "completed"),
    (5, "in_progress", "completed"),
    (7, "cancelled", "cancelled"),
    (9, "no_show", "no_show"),
    (7000, "confirmed", "completed"),
]


def test_a_visit_is_completed_at_its_end(business: Business, ana: str) -> None:
    """By nobody in particular, once, and not what somebody called off."""
    bookings = [booking_of(business, ana, days=0, hour=-hours, status=before) for hours, before, _ in ENDS]
    assert [completed(business), completed(business)] == [4, 0]
    assert [status_of(business, each) for each in bookings] == [after for _, _, after in ENDS]
    events = business.api.rows("select event, actor from app.booking_events")
    assert events == [("completed", "system")] * 4


def test_what_an_organization_tells_is_completed_before(business: Business, other_business: Business, ana: str) -> None:
    """All of its own, none of another's."""
    own = [ended(business, ana), booking_of(business, ana, days=-40)]
    others = ended(other_business, new_contact(other_business, "Bia"))
    business.api.rows("select app.complete_visits_of(%s)", business.organization_id)
    assert [status_of(business, each) for each in (*own, others)] == ["completed", "completed", "confirmed"]


def test_an_owner_may_still_say_that_nobody_came(business: Business, ana: str) -> None:
    """Then nothing is asked of the person; what is over cannot be moved or cancelled."""
    api, organization = business.api, business.organization_id
    api.call("followup_options", organization_id=organization, changes={"payment_reminder": True})
    booking = ended(business, ana)
    completed(business)
    assert [state for _, state, _ in planned(business)] == ["waiting", "waiting"]
    assert [decide(business, kind, booking) for kind in ("move", "cancel", "no_show")] == ["gone", "gone", "done"]
    assert planned(business) == [
        (kind, "cancelled", "booking_no_show") for kind in ("feedback_request", "payment_reminder")
    ]
    assert (completed(business), status_of(business, booking)) == (0, "no_show")


def test_a_payment_is_noted_of_a_completed_visit(business: Business, ana: str) -> None:
    """Nobody is reminded of what is paid, and the visit was completed once."""
    api, organization = business.api, business.organization_id
    api.call("followup_options", organization_id=organization, changes={"payment_reminder": True})
    booking = ended(business, ana)
    completed(business)
    assert decide(business, "paid", booking) == "done"
    assert planned(business) == [("feedback_request", "waiting", None), ("payment_reminder", "cancelled", "paid")]
    events = api.rows("select event, actor from app.booking_events order by id")
    assert events == [("completed", "system"), ("paid", "owner")]


NOT_ASKED = [
    "update app.contacts set opted_out_at = app.now()",
    "update app.contacts set erased_at = app.now()",
    "update app.bookings set period = tstzrange(app.now() - interval '73 h', app.now() - interval '72.1 h')",
]


@pytest.mark.parametrize("statement", NOT_ASKED)
def test_nobody_is_asked_about_a_visit_who_must_not_be(business: Business, ana: str, statement: str) -> None:
    """It took place all the same. Nor is anybody about one of long ago, such as an imported history."""
    booking = ended(business, ana)
    business.api.rows(statement)
    assert (completed(business), status_of(business, booking)) == (1, "completed")
    assert planned(business) == []


def test_visits_of_a_business_that_is_switched_off_are_completed(business: Business, ana: str) -> None:
    """They do not pile up before those of the others."""
    ended(business, ana)
    business.api.rows("update app.organizations set is_active = false")
    assert completed(business) == 1


def test_a_visit_that_somebody_decides_about_is_left_to_them(business: Business, ana: str, database: str) -> None:
    """Nobody waits for it, and a limit is a limit."""
    held, *others = (booking_of(business, ana, days=-day) for day in (3, 2, 1))
    with psycopg.connect(database) as connection:
        connection.execute("update app.bookings set status = 'no_show' where id = %s", [held])
        assert [completed(business, limit=1) for _ in range(3)] == [1, 1, 0]
    assert [status_of(business, each) for each in (held, *others)] == ["no_show", "completed", "completed"]


def test_finding_what_has_ended_reads_its_index(business: Business, ana: str, database: str) -> None:
    """However long the history, and however much is to come."""
    ended(business, ana)
    business.api.rows("alter table app.bookings disable trigger bookings_followed")  # 1,000 reminders take seconds
    business.api.rows(
        """
        insert into app.bookings (organization_id, contact_id, service_id, period, status)
        select organization_id, contact_id, service_id, tstzrange(day, day + interval '1 hour'), kept
        from app.bookings cross join (
            select app.now() + n * interval '1 day' as day, 'confirmed' as kept from generate_series(1, 1000) as n
            union all
            select app.now() - n * interval '1 day', 'completed' from generate_series(1, 1000) as n
        ) as other
        """
    )
    business.api.rows("alter table app.bookings enable trigger bookings_followed")
    business.api.rows("analyze app.bookings")
    with explaining(database) as (connection, plans):
        connection.execute("select app.complete_visits(500)")
        connection.execute("select app.complete_visits_of(%s)", [business.organization_id])
    searches = [plan for plan in plans if "upper(period) <=" in plan and "LockRows" in plan]
    assert ["bookings_ending" in plan for plan in searches] == [True, True]
    assert not [plan for plan in plans if "Seq Scan on bookings" in plan]


def test_a_visit_under_way_is_done_neither_today_nor_a_week_ago(business: Business, ana: str) -> None:
    """Else an afternoon would always look worse than the same one of the week before."""
    for days in (0, -7):
        booking_of(business, ana, days=days, hour=-2)
        business.api.rows(
            "update app.bookings set period = tstzrange(lower(period), app.now() + %s * interval '1 day'"
            " + interval '10 min') where id = %s",
            days,
            booking_of(business, ana, days=days, hour=-1),
        )
    business.api.rows("update app.bookings set status = 'completed' where upper(period) < app.now()")
    told = business.api.call(
        "routine_facts_daily_summary", organization_id=business.organization_id, local_date=NOW.date().isoformat()
    )
    assert [told[part]["done"] for part in ("now", "before")] == [1, 1]
    assert [told[part]["revenue_cents"] for part in ("now", "before")] == [5000, 5000]
