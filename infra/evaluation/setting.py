"""Putting a business and what it knows into an empty database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from infra.evaluation.scenario import BookingGiven, Business, ContactGiven, Given, Scenario
from infra.evaluation.stage import Stage

INSTANCE = "shop"


class Setting:
    """The business of one scenario."""

    def __init__(self, stage: Stage, business: Business) -> None:
        self._stage = stage
        self._business = business
        self._zone = ZoneInfo(business.timezone)
        self._organization_id = uuid4()

    def moment(self, local: datetime) -> datetime:
        """Return a local time of the business as a moment."""
        return local.replace(tzinfo=self._zone)

    def build(self, scenario: Scenario) -> None:
        """Insert everything that is given."""
        given = scenario.given
        self._organization(given)
        chosen = Jsonb(dict(given.followups))
        self._stage.rows("select api.followup_options(%s, %s)", (self._organization_id, chosen))
        for position, service in enumerate(self._business.services):
            self._insert(
                "services",
                name=service.name,
                description=service.description,
                price_cents=service.price,
                duration_minutes=service.minutes,
                position=position,
            )
        for position, name in enumerate(self._business.resources):
            self._insert("resources", name=name, position=position)
        for contact in _people(scenario):
            self._contact(contact)
        for booking in given.bookings:
            self._booking(booking)
        for block in given.blocks:
            self._stage.rows(
                "insert into app.blocks (organization_id, period, reason) values (%s, tstzrange(%s, %s), %s)",
                (self._organization_id, self.moment(block.start), self.moment(block.end), block.reason),
            )
        for entry in given.waiting:
            self._insert(
                "waiting_list", contact_id=self._contact_id(entry.contact), service_id=self._service_id(entry.service)
            )
        known = {**self._business.knowledge, **given.knowledge}
        entries = [{"question": question, "answer": answer} for question, answer in known.items()]
        self._stage.rows("select api.add_knowledge(%s, %s)", (self._organization_id, Jsonb(entries)))

    def _organization(self, given: Given) -> None:
        business = self._business
        self._stage.rows(
            "insert into app.organizations (id, name, business_type, locale, timezone, currency, business_hours)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (
                *(self._organization_id, business.name, business.type, business.locale, business.timezone),
                *(business.currency, Jsonb(dict(business.hours))),
            ),
        )
        self._insert("owner_numbers", phone=business.owner_phone, name=business.owner, permission=given.permission)
        self._insert("instances", provider="evolution", name=INSTANCE, phone=given.instance_phone, state="open")

    def _contact(self, contact: ContactGiven) -> None:
        now, contact_id = self._stage.clock.now(), uuid4()
        self._insert(
            "contacts",
            id=contact_id,
            name=contact.name,
            birth_date=contact.birthday,
            last_inbound_at=self.moment(contact.last_seen) if contact.last_seen else None,
            created_at=now - timedelta(days=365),
            marketing_consent_at=now if contact.marketing_consent else None,
            opted_out_at=now if contact.opted_out else None,
        )
        self._insert("contact_identities", kind="phone", value=contact.phone, contact_id=contact_id)
        for dependent in contact.dependents:
            self._insert("dependents", contact_id=contact_id, **dependent)

    def _booking(self, booking: BookingGiven) -> None:
        starts_at = self.moment(booking.at)
        self._stage.rows(
            "insert into app.bookings"
            " (organization_id, contact_id, service_id, resource, period, status, price_cents, paid_at, paid_cents)"
            " select %s, %s, id, %s, tstzrange(%s, %s + make_interval(mins => duration_minutes)), %s, price_cents,"
            " case when %s::integer is not null then %s end, %s from app.services where id = %s",
            (
                *(self._organization_id, self._contact_id(booking.contact), self._business.resources[0]),
                *(starts_at, starts_at, booking.status, booking.paid, starts_at, booking.paid),
                self._service_id(booking.service),
            ),
        )

    def _contact_id(self, name: str) -> UUID:
        return self._id_of("contacts", name)

    def _service_id(self, name: str) -> UUID:
        return self._id_of("services", name)

    def _id_of(self, table: str, name: str) -> UUID:
        found = self._stage.rows(
            f"select id from app.{table} where organization_id = %s and name = %s",  # noqa: S608 - our own table names
            (self._organization_id, name),
        )
        identifier: UUID = found[0]["id"]
        return identifier

    def _insert(self, table: str, **values: object) -> None:
        columns = {"organization_id": self._organization_id, **values}
        names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
        self._stage.rows(
            f"insert into app.{table} ({names}) values ({places})",  # noqa: S608 - our own names
            tuple(columns.values()),
        )


def _people(scenario: Scenario) -> Iterator[ContactGiven]:
    """Yield who the business knows; the scenario's own customer is a stranger until he writes, unless given as well."""
    yield from scenario.given.contacts
