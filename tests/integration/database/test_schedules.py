"""When routines are due, and what businesses and owners want of them."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from shared.routines.routine import ROUTINES
from tests.integration.conftest import CARLA, Api, Business


def call(business: Business, function: str, **arguments: Any) -> Any:
    return business.api.call(function, organization_id=business.organization_id, **arguments)


def in_use(api: Api) -> set[tuple[str, str, str]]:
    return {(each["kind"], each["timezone"], each["local_time"]) for each in api.call("schedules_in_use")}


def routine(business: Business, kind: str) -> dict[str, Any]:
    (found,) = (each for each in call(business, "list_routines")["routines"] if each["kind"] == kind)
    return dict(found)


def test_the_database_gives_a_business_the_routines_that_are_declared(api: Api) -> None:
    """Kinds, usual times and options are told in two places, which say the same."""
    rows = api.rows("select kind, local_time from app.routine_defaults()")
    assert dict(rows) == {kind: routine.default_time for kind, routine in ROUTINES.items()}
    options = api.rows(
        "select kind, name, coalesce(lowest, 0), coalesce(highest, 0), lowest is null from app.routine_options()"
    )
    assert sorted(options) == sorted(
        (kind, name, option.least, option.most, isinstance(option.default, bool))
        for kind, routine in ROUTINES.items()
        for name, option in routine.options.items()
    )


def test_nothing_is_due_without_a_business(api: Api) -> None:
    """An empty list, and not nothing."""
    assert api.call("schedules_in_use") == []


def test_businesses_that_share_a_time_and_a_zone_share_what_is_due(
    api: Api, make_business: Callable[..., Business]
) -> None:
    """Each routine, time and zone is told once; those of who is switched off are not, nor those that are."""
    first, second = make_business("loja-a"), make_business("loja-b")
    lisbon, gone = make_business("loja-c", "Europe/Lisbon"), make_business("loja-d", "Asia/Kolkata")
    api.rows("update app.organizations set is_active = false where id = %s", gone.organization_id)
    for each in (first, second):
        call(each, "set_routine", kind="birthdays", changes={"enabled": False})
    call(second, "set_routine", kind="daily_summary", changes={"local_time": "19:45"})
    call(lisbon, "set_routine", kind="opportunities", changes={"enabled": False})

    assert in_use(api) == {
        ("daily_summary", "America/Sao_Paulo", "18:00"),
        ("daily_summary", "America/Sao_Paulo", "19:45"),
        ("inactive_clients", "America/Sao_Paulo", "10:00"),
        ("opportunities", "America/Sao_Paulo", "15:00"),
        ("daily_summary", "Europe/Lisbon", "18:00"),
        ("birthdays", "Europe/Lisbon", "09:00"),
        ("inactive_clients", "Europe/Lisbon", "10:00"),
    }


def test_a_business_that_moves_takes_its_routines_along(business: Business) -> None:
    """Its old zone is out of use, and the times of day that it chose stay."""
    call(business, "set_routine", kind="birthdays", changes={"local_time": "07:30"})
    business.api.rows(
        "update app.organizations set timezone = 'America/Manaus' where id = %s", business.organization_id
    )

    assert {zone for _, zone, _ in in_use(business.api)} == {"America/Manaus"}
    assert ("birthdays", "America/Manaus", "07:30") in in_use(business.api)


def test_what_is_paused_is_told_of_until_it_is_resumed(business: Business) -> None:
    """Also when nobody wants it any more: somebody must be able to see it, and to resume it."""
    due = {"kind": "birthdays", "timezone": "America/Sao_Paulo", "local_time": "09:00"}
    for _ in range(2):
        business.api.call("pause_schedule", **due)
    call(business, "set_routine", kind="birthdays", changes={"enabled": False})
    assert [each for each in business.api.call("schedules_in_use") if each["paused"]] == [{**due, "paused": True}]

    for _ in range(2):
        business.api.call("resume_schedule", **due, weekdays=[1])
    assert not {each["paused"] for each in business.api.call("schedules_in_use")} - {False}
    assert tuple(due.values()) not in in_use(business.api)


@pytest.mark.parametrize(
    ("changes", "problem", "state"),
    [
        ({"kind": "nap"}, "there is no routine nap", "PT404"),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus", "22023"),
    ],
)
def test_only_what_can_be_run_is_paused(api: Api, changes: dict[str, str], problem: str, state: str) -> None:
    """A zone that there is not would stop every sweep."""
    due = {"kind": "birthdays", "timezone": "America/Sao_Paulo", "local_time": "09:00", **changes}
    with pytest.raises(psycopg.Error, match=problem) as refused:
        api.call("pause_schedule", **due)
    assert refused.value.sqlstate == state
    assert api.call("schedules_in_use") == []


def test_many_businesses_are_leapt_over(api: Api) -> None:
    """5,000 businesses in four zones: the index is asked once for each time in use, and nothing reads the table."""
    api.rows("""
        with zones as (
            select array['America/Sao_Paulo', 'America/New_York', 'Europe/Lisbon', 'Asia/Kolkata'] as names
        )
        insert into app.organizations (name, timezone)
        select 'Business ' || n, names[1 + n % 4] from zones, generate_series(1, 5000) as n
    """)
    api.rows("vacuum analyze app.routines")
    plans: list[str] = []
    with psycopg.connect(api.dsn, autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
        connection.execute("load 'auto_explain'")
        connection.execute("set auto_explain.log_min_duration = 0")
        connection.execute("set auto_explain.log_analyze = on")
        connection.execute("set auto_explain.log_nested_statements = on")
        connection.execute("set client_min_messages = log")
        connection.execute("select api.schedules_in_use()")
    (plan,) = [plan for plan in plans if "Recursive Union" in plan]

    assert len(in_use(api)) == 16
    assert "Seq Scan on routines" not in plan
    leaps = re.findall(r"using routines_due on routines\b.*\(actual .*rows=([\d.]+) loops=(\d+)\)", plan)
    assert [int(loops) for _, loops in leaps] == [1, 16]
    assert all(float(rows) <= 1 for rows, _ in leaps)


def test_what_is_not_changed_stays(business: Business) -> None:
    """Time, switch and options are changed one by one; an option that is null is the default again."""
    assert routine(business, "inactive_clients") == {
        "kind": "inactive_clients",
        "enabled": True,
        "local_time": "10:00",
        "options": {},
    }
    call(business, "set_routine", kind="inactive_clients", changes={"options": {"days": 45}})
    call(business, "set_routine", kind="inactive_clients", changes={"local_time": "23:59"})
    changed = call(business, "set_routine", kind="inactive_clients", changes={"enabled": False})
    assert changed == routine(business, "inactive_clients")
    assert changed == {
        "kind": "inactive_clients",
        "enabled": False,
        "local_time": "23:59",
        "options": {"days": 45},
    }
    again = call(business, "set_routine", kind="inactive_clients", changes={"options": {"days": None}})
    assert again["options"] == {}


def test_another_businesss_routines_stay(business: Business, other_business: Business) -> None:
    """A change is of one business."""
    call(business, "set_routine", kind="birthdays", changes={"enabled": False, "local_time": "08:00"})
    call(business, "set_owner_routines", phone=CARLA, kinds=[])

    listed = call(other_business, "list_routines")
    assert routine(other_business, "birthdays")["local_time"] == "09:00"
    assert [each["enabled"] for each in listed["routines"]] == [True] * 4
    assert [each["kinds"] for each in listed["owners"]] == [None]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"local_time": "24:00"}, "local_time must be HH:MM"),
        ({"local_time": "9:00"}, "local_time must be HH:MM"),
        ({"local_time": "09:00:30"}, "local_time must be HH:MM"),
        ({"local_time": None}, "local_time must be HH:MM"),
        ({"enabled": "yes"}, "enabled must be true or false"),
        ({"options": [1]}, "options must be an object"),
        ({"options": {"days": 30}}, "birthdays has no option days"),
        ({"options": {"send_to_clients": "on"}}, "send_to_clients must be true or false"),
        ({"weekdays": [1]}, "a routine has no weekdays"),
    ],
)
def test_what_a_routine_cannot_be_is_refused_by_name(business: Business, changes: dict[str, Any], problem: str) -> None:
    """And nothing is changed."""
    before = call(business, "list_routines")
    with pytest.raises(psycopg.Error, match=problem) as refused:
        call(business, "set_routine", kind="birthdays", changes=changes)
    assert refused.value.sqlstate == "PT422"
    assert call(business, "list_routines") == before


def test_an_unknown_routine_is_not_found(business: Business) -> None:
    """By its name."""
    with pytest.raises(psycopg.Error, match="there is no routine nap") as refused:
        call(business, "set_routine", kind="nap", changes={"enabled": True})
    assert refused.value.sqlstate == "PT404"


@pytest.mark.parametrize(
    ("kinds", "kept"),
    [
        (["daily_summary", "birthdays", "birthdays"], ["birthdays", "daily_summary"]),
        ([], []),
        (None, None),
    ],
)
def test_an_owner_is_told_of_what_they_want(
    business: Business, kinds: list[str] | None, kept: list[str] | None
) -> None:
    """Some, none, or all, which is how it begins; the number may lack its ninth digit."""
    call(business, "set_owner_routines", phone=CARLA, kinds=["opportunities"])
    answered = call(business, "set_owner_routines", phone="+551188887777", kinds=kinds)

    assert answered == {"phone": CARLA, "name": "Carla", "kinds": kept}
    assert call(business, "list_routines")["owners"] == [answered]


@pytest.mark.parametrize(
    ("phone", "kinds", "problem", "state"),
    [
        ("+5511900000002", ["birthdays"], "900000002 is no owner's phone", "PT404"),
        (CARLA, ["birthdays", "nap"], "there is no routine nap", "PT422"),
        (CARLA, ["birthdays", None], "there is no routine null", "PT422"),
    ],
)
def test_wishes_that_cannot_be_are_refused(
    business: Business, phone: str, kinds: list[str | None], problem: str, state: str
) -> None:
    """By what is wrong with them, and nothing is changed."""
    with pytest.raises(psycopg.Error, match=problem) as refused:
        call(business, "set_owner_routines", phone=phone, kinds=kinds)
    assert refused.value.sqlstate == state
    assert [each["kinds"] for each in call(business, "list_routines")["owners"]] == [None]
