"""Aurora's tools on the real database: they read what is answered, and what they propose is done."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from shared.adapters.supabase import SupabaseDatabase
from shared.assistants.aurora import aurora_briefing
from shared.assistants.tools import Deed, Tool, ToolResult
from shared.models import Turn
from tests.conftest import SupabaseGateway
from tests.integration.conftest import ANA, CARLA, NOW, Business

WEEKDAY = [["09:00", "18:00"]]
HOURS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WEEKDAY)


class Owner:
    """Carla with Aurora: each turn calls one tool."""

    def __init__(self, business: Business, database: SupabaseDatabase) -> None:
        self.business = business
        self.claim: dict[str, Any] = {}
        self.receipt: dict[str, Any] = {}
        self._database = database

    def writes(self, text: str) -> None:
        self.receipt = self.business.receive(text, phone=CARLA)
        self.claim = self.business.claim(self.receipt)

    def tools(self) -> dict[str, Tool[Any]]:
        """Return what she may use in this turn."""
        briefing = aurora_briefing(Turn.model_validate(self.claim["turn"]), self._database)
        return {each.name: each for each in briefing.tools}

    async def uses(self, tool: str, **arguments: Any) -> ToolResult:
        return await self.tools()[tool].call(json.dumps(arguments))

    def hears(self, text: str) -> None:
        unsent = self.business.complete(self.receipt, self.claim, text=text)["unsent"]
        for each in unsent:
            self.business.send(each["message_id"])

    def decides(self, code: str | None) -> dict[str, Any]:
        decided: dict[str, Any] = self.business.api.call(
            "decide_proposal",
            organization_id=self.business.organization_id,
            conversation_id=self.receipt["conversation_id"],
            decision={"choice": "accept", "code": code, "seq": self.claim["covers_seq"]},
        )
        return decided


@pytest.fixture
async def owner(business: Business, supabase_gateway: SupabaseGateway) -> AsyncIterator[Owner]:
    """A business open on weekdays with one service and one customer, who has a dog, came twice and wrote today."""
    business.receive(name="Ana")
    organization = {"organization": business.organization_id, "hours": Jsonb(HOURS), "now": NOW}
    business.api.rows("update app.organizations set business_hours = %(hours)s", organization)
    business.api.rows("update app.contacts set created_at = '2025-01-01', birth_date = '1990-01-22'")
    business.api.rows(
        "insert into app.services (organization_id, name, price_cents, duration_minutes)"
        " values (%(organization)s, 'Banho', 6000, 60)",
        organization,
    )
    business.api.rows(
        "insert into app.dependents (organization_id, contact_id, kind, name)"
        " select organization_id, id, 'pet', 'Rex' from app.contacts"
    )
    business.api.rows(
        "insert into app.bookings (organization_id, contact_id, service_id, period, status, price_cents)"
        " select contact.organization_id, contact.id, service.id, tstzrange(at, at + interval '1 hour'),"
        " 'completed', 6000"
        " from app.contacts as contact, app.services as service,"
        " unnest(array[%(now)s - interval '30 days', %(now)s - interval '60 days']) as at",
        organization,
    )
    database = SupabaseDatabase(supabase_gateway.url, supabase_gateway.secret_key)
    owner = Owner(business, database)
    owner.writes("Oi, Aurora")
    yield owner
    await database.aclose()


#: Each tool that reads, and what it must tell.
READINGS: list[tuple[str, dict[str, Any], str]] = [
    ("figures", {"period": "month"}, '"period": "month"'),
    ("agenda", {"days": 2}, "2026-01-21"),
    ("open_slots", {}, '"why": "due"'),
    ("open_slots", {"date": "2026-01-21", "service": "banho"}, '"09:00"'),
    ("find_contact", {"query": "91234-5678"}, '"Ana"'),
    ("contact_history", {"contact": "rex"}, '"Rex"'),
    ("inactive_clients", {}, '"total": 0'),
    ("birthdays", {}, "2026-01-22"),
    ("waiting_list", {}, '"waiting": []'),
    ("handed_over_conversations", {}, '"conversations": []'),
    ("open_questions", {}, '"questions": []'),
]


async def test_what_is_read_has_the_shape_that_is_expected(owner: Owner) -> None:
    """Every question is answered from the tables."""
    for tool, arguments, told in READINGS:
        assert told in json.dumps(dict((await owner.uses(tool, **arguments)).data), ensure_ascii=False), tool


async def test_who_answers_changes_at_once(owner: Owner) -> None:
    """Taken over, returned, paused and on again, each also when it is so already."""
    for tool, arguments in [
        ("take_over", {"contact": "Ana"}),
        ("return_conversation", {"contact": ANA}),
        ("pause_assistant", {}),
        ("resume_assistant", {}),
    ]:
        for again in (False, True):
            result = await owner.uses(tool, **arguments)
            assert (result.data["was_so_already"], len(result.deeds)) == (again, 1), tool


#: What is proposed in order, and what the booking's or block's row must be then.
CHANGES: list[tuple[str, dict[str, Any], str]] = [
    (
        "book_for_client",
        {"contact": "Ana", "service": "banho", "date": "2026-01-20", "time": "21:15"},
        "select count(*) = 1 from app.bookings where lower(period) = '2026-01-21T00:15Z' and source = 'owner'",
    ),
    (
        "move_booking",
        {"contact": "Ana", "new_date": "2026-01-21", "new_time": "10:00"},
        "select count(*) = 1 from app.bookings where lower(period) = '2026-01-21T13:00Z'",
    ),
    (
        "cancel_booking",
        {"contact": "Ana"},
        "select count(*) = 1 from app.bookings where status = 'cancelled'",
    ),
    (
        "mark_paid",
        {"contact": "Ana", "date": "2025-12-21", "amount": 55.5},
        "select count(*) = 1 from app.bookings where paid_cents = 5550",
    ),
    (
        "block_time",
        {"date": "2026-01-23", "reason": "Curso"},
        "select count(*) = 1 from app.blocks where reason = 'Curso' and lower(period) = '2026-01-23T03:00Z'",
    ),
    (
        "mark_no_show",
        {"contact": "Ana"},
        "select count(*) = 1 from app.bookings where status = 'no_show'",
    ),
]


async def test_what_is_proposed_is_done_when_the_owner_agrees(owner: Owner) -> None:
    """Nothing is done by proposing; a later message with the code, where there is one, does it."""
    owner.hears("Oi!")
    for tool, arguments, done in CHANGES:
        owner.writes("Faça isso")
        result = await owner.uses(tool, **arguments)
        assert result.deeds == {Deed.PROPOSED}, (tool, result.data)
        assert owner.business.api.value(done) is False, tool
        owner.hears(result.must_say or "")
        owner.writes("1")
        proposal = owner.claim["turn"]["proposal"]
        assert (proposal["code"] is not None) == (tool == "mark_paid")
        assert owner.decides(proposal["code"])["outcome"] == "done", tool
        assert owner.business.api.value(done) is True, tool
        owner.hears("Feito.")


async def test_a_viewer_changes_nothing(owner: Owner) -> None:
    """The tools are not offered, and the database refuses whom they were offered before."""
    tools = owner.tools()
    owner.business.api.rows(
        "insert into app.owner_numbers (organization_id, phone) values (%s, '+5511900000009')",
        owner.business.organization_id,
    )
    owner.business.api.call(
        "put_owner", organization_id=owner.business.organization_id, phone=CARLA, name=None, permission="viewer"
    )
    proposed = await tools["mark_paid"].call('{"contact": "Ana", "date": "2025-12-21"}')
    assert (proposed.data, proposed.must_say) == ({"error": "forbidden"}, None)
    assert (await tools["take_over"].call('{"contact": "Ana"}')).data == {"error": "forbidden"}
    assert (await tools["pause_assistant"].call("{}")).data == {"error": "forbidden"}
    owner.hears("Certo.")
    owner.writes("E agora?")
    assert owner.claim["turn"]["permission"] == "viewer"
    assert "figures" in owner.tools()
    assert "take_over" not in owner.tools()
