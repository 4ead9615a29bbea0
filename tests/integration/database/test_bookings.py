"""No double booking: the database itself refuses what overlaps."""

import psycopg
import pytest

from tests.integration.conftest import Business

DAY = "2026-01-21"


def book(business: Business, hours: str, *, status: str = "confirmed", resource: str = "main") -> None:
    """Book `hours`, such as "10:00 11:00", of one day for a contact of its own."""
    start, end = hours.split()
    business.api.rows(
        """
        with contact as (insert into app.contacts (organization_id) values (%(organization)s) returning id),
        service as (
            insert into app.services (organization_id, name) values (%(organization)s, gen_random_uuid()::text)
            returning id
        )
        insert into app.bookings (organization_id, contact_id, service_id, resource, period, status)
        select %(organization)s, contact.id, service.id, %(resource)s, tstzrange(%(start)s, %(end)s), %(status)s
        from contact, service
        """,
        {
            "organization": business.organization_id,
            "resource": resource,
            "start": f"{DAY} {start}-03",
            "end": f"{DAY} {end}-03",
            "status": status,
        },
    )


@pytest.mark.parametrize("hours", ["10:00 11:00", "09:30 10:01", "10:59 12:00", "10:15 10:45", "09:00 12:00"])
def test_an_overlap_is_refused(business: Business, hours: str) -> None:
    """One chair, one customer at a time."""
    book(business, "10:00 11:00")
    with pytest.raises(psycopg.errors.ExclusionViolation):
        book(business, hours)


@pytest.mark.parametrize("hours", ["09:00 10:00", "11:00 12:00"])
def test_back_to_back_is_no_overlap(business: Business, hours: str) -> None:
    """The end of one appointment may be the start of the next."""
    book(business, "10:00 11:00")
    book(business, hours)


@pytest.mark.parametrize("status", ["cancelled", "no_show"])
def test_what_does_not_take_place_takes_no_time(business: Business, status: str) -> None:
    """A cancelled hour can be sold again, before and after the new booking."""
    book(business, "10:00 11:00", status=status)
    book(business, "10:00 11:00")
    book(business, "10:00 11:00", status=status)


@pytest.mark.parametrize("status", ["pending", "confirmed", "in_progress", "completed"])
def test_reviving_a_cancelled_booking_must_not_clash(business: Business, status: str) -> None:
    """A booking may return only to a time that is still free."""
    book(business, "10:00 11:00", status="cancelled")
    book(business, "10:30 11:30")
    with pytest.raises(psycopg.errors.ExclusionViolation):
        business.api.rows("update app.bookings set status = %s where status = 'cancelled'", status)


def test_another_chair_and_another_tenant_are_free(business: Business, other_business: Business) -> None:
    """Only the same resource of the same business is taken."""
    book(business, "10:00 11:00")
    book(business, "10:00 11:00", resource="chair 2")
    book(other_business, "10:00 11:00")


@pytest.mark.parametrize("period", ["empty", "[2026-01-21 10:00-03,)", "[2026-01-21 10:00-03,2026-01-21 11:00-03]"])
def test_a_period_without_an_end_of_its_own_is_refused(business: Business, period: str) -> None:
    """A booking lasts from one moment up to another one."""
    book(business, "08:00 09:00")
    with pytest.raises(psycopg.errors.CheckViolation):
        business.api.rows("update app.bookings set period = %s", period)


def test_a_booking_cannot_name_another_tenants_contact(business: Business, other_business: Business) -> None:
    """Contact and service belong to the booking's own organization."""
    book(business, "10:00 11:00")
    book(other_business, "10:00 11:00")
    for column in ("contact_id", "service_id"):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            business.api.rows(
                f"""
                update app.bookings set {column} = (select {column} from app.bookings where organization_id = %s)
                where organization_id = %s
                """,  # noqa: S608 - a column from the list above
                other_business.organization_id,
                business.organization_id,
            )
