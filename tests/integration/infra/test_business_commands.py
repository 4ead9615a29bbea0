"""`aurora services`, `hours`, `blocks` and `knowledge` against the real database."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.local.environment import stack_environment
from tests.conftest import SupabaseGateway
from tests.integration.conftest import NOW

Aurora = Callable[..., Result]


@pytest.fixture
def aurora(supabase_gateway: SupabaseGateway, freeze_database_clock: Callable[[str, datetime], None]) -> Aurora:
    """Runs `aurora …` for a new business without anything, the instance `patas`, at 09:20 on 20 January 2026."""
    freeze_database_clock(supabase_gateway.dsn, NOW)
    with psycopg.connect(supabase_gateway.dsn) as connection:
        tenant = {"name": "Patas", "provider": "evolution", "instance": "patas", "owner_phone": "+5511988887777"}
        for instance in ("other", "patas"):
            connection.execute(
                "select api.create_tenant(%s)",
                [Jsonb({**tenant, "instance": instance, "timezone": "America/Sao_Paulo"})],
            )
    variables = {
        **stack_environment(),
        "SUPABASE_URL": supabase_gateway.url,
        "SUPABASE_SECRET_KEY": supabase_gateway.secret_key,
    }

    def run(*arguments: str, instance: str = "patas") -> Result:
        return CliRunner().invoke(app, [*arguments, "--instance", instance], env=variables)

    return run


def parsed(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def refusal(result: Result) -> tuple[int, str]:
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    return result.exit_code, result.stderr


def test_services_are_added_changed_and_removed(aurora: Aurora) -> None:
    """From nothing to a price list, and back."""
    assert aurora("services", "list").stdout == "no services yet\n"
    bath = parsed(aurora("services", "add", "Banho", "--price", "60,50", "--minutes", "60", "--json"))
    assert bath == {
        "name": "Banho",
        "description": None,
        "price_cents": 6050,
        "duration_minutes": 60,
        "position": 1,
    }
    aurora("services", "add", "Tosa", "--description", "Na máquina")
    changed = parsed(aurora("services", "set", "banho", "--price", "none", "--rename", "Banho e tosa", "--json"))
    assert (changed["name"], changed["price_cents"], changed["duration_minutes"]) == ("Banho e tosa", None, 60)
    shown = aurora("services", "list").stdout
    assert [line.split()[0] for line in shown.splitlines()] == ["name", "Banho", "Tosa"]
    assert aurora("services", "remove", "TOSA").stdout == "removed: Tosa\n"
    assert [each["name"] for each in parsed(aurora("services", "list", "--json"))["services"]] == ["Banho e tosa"]
    again = parsed(aurora("services", "add", "tosa", "--price", "45", "--json"))
    assert (again["name"], again["price_cents"], again["description"]) == ("Tosa", 4500, None)


def test_a_service_of_that_name_is_not_added_twice(aurora: Aurora) -> None:
    """Case and accents aside; another business is not in the way."""
    aurora("services", "add", "Hidratação")
    status, told = refusal(aurora("services", "add", "hidratacao"))
    assert (status, "Hidratação already" in told) == (1, True)
    aurora("services", "add", "Banho")
    status, told = refusal(aurora("services", "set", "Banho", "--rename", "HIDRATACAO"))
    assert (status, "has this name" in told) == (1, True)
    assert aurora("services", "add", "Hidratação", instance="other").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["services", "add", " "], 2, "name has 1 to 200 characters"),
        (["services", "add", "Banho", "--price", "1.234,50"], 2, "--price: a price is a number"),
        (["services", "add", "Banho", "--minutes", "0"], 2, "--minutes: a service takes 1 to 1440"),
        (["services", "set", "Banho"], 2, "say what to change"),
        (["services", "set", "Banho", "--price", "1"], 1, "sells no such service"),
        (["services", "remove", "Banho"], 1, "sells no such service"),
        (["hours", "set"], 2, "say what to change"),
        (["hours", "set", "mon=9-12"], 2, "mon=9-12: times are such as"),
        (["hours", "set", "--resource", "Ana", "--slot-minutes", "15"], 2, "--resource goes with days alone"),
        (["hours", "set", "--quiet", "08:00-20:00"], 2, "a night is such as 20:00-08:00"),
        (["hours", "remove-resource", "Ana"], 1, "no such resource"),
        (["blocks", "add", "2026-12-26", "--through", "2026-12-25"], 2, "a block ends after it begins"),
        (["blocks", "add", "2026-12-25", "--resource", "Ana"], 1, "no such resource"),
        (["blocks", "remove", "0a0a0a0a-0000-4000-8000-000000000001"], 1, "has no block"),
        (["knowledge", "add", "--question", "Pix?", "--answer", " "], 2, "the answer is missing"),
        (["knowledge", "import", "missing.csv"], 2, "cannot be read"),
        (["knowledge", "remove", "0a0a0a0a-0000-4000-8000-000000000001"], 1, "has no knowledge"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(aurora: Aurora, arguments: list[str], status: int, told: str) -> None:
    """Status 2 for what was typed wrong, 1 for what is not there."""
    refused = refusal(aurora(*arguments))
    assert refused[0] == status
    assert told in refused[1]


def test_an_unknown_business_is_told(aurora: Aurora) -> None:
    """With the command that shows those there are."""
    status, told = refusal(aurora("hours", "show", instance="nobody"))
    assert (status, "no business has the instance nobody; `aurora tenants list`" in told) == (1, True)


def test_hours_and_rules_are_set_day_by_day(aurora: Aurora) -> None:
    """What is not given stays; an unknown day is not stated any more."""
    aurora("hours", "set", "mon-sat=09:00-12:00,13:00-18:00", "sun=closed", "--slot-minutes", "15")
    rules = parsed(aurora("hours", "set", "sat=09:00-14:00", "mon=unknown", "--notice-minutes", "0", "--json"))
    assert rules["business_hours"]["sat"] == [["09:00", "14:00"]]
    assert rules["business_hours"]["sun"] == []
    assert "mon" not in rules["business_hours"]
    assert (rules["slot_minutes"], rules["booking_notice_minutes"], rules["booking_horizon_days"]) == (15, 0, 30)
    shown = aurora("hours", "show").stdout
    assert "09:00-12:00,13:00-18:00" in shown
    assert parsed(aurora("hours", "show", "--json", instance="other"))["business_hours"] == {}


def test_the_night_and_the_cap_are_set(aurora: Aurora) -> None:
    """When and how often the business may write of its own accord; what is not given stays."""
    before = parsed(aurora("hours", "show", "--json"))
    assert (before["quiet_from"], before["quiet_until"], before["proactive_cap"]) == ("20:00", "08:00", 2)
    rules = parsed(aurora("hours", "set", "--quiet", "21:30-07:00", "--cap", "3", "--json"))
    assert (rules["quiet_from"], rules["quiet_until"], rules["proactive_cap"]) == ("21:30", "07:00", 3)
    assert "21:30-07:00" in aurora("hours", "show").stdout
    rules = parsed(aurora("hours", "set", "--quiet", "none", "--json"))
    assert (rules["quiet_from"], rules["quiet_until"], rules["proactive_cap"]) == ("24:00", "00:00", 3)


def test_resources_are_added_and_removed(aurora: Aurora) -> None:
    """With the business's hours or their own; what was removed can come back."""
    aurora("hours", "set", "--resource", "Ana")
    rules = parsed(aurora("hours", "set", "tue=13:00-18:00", "--resource", "Bia", "--json"))
    assert rules["resources"] == [
        {"name": "Ana", "hours": None},
        {"name": "Bia", "hours": {"tue": [["13:00", "18:00"]]}},
    ]
    assert parsed(aurora("hours", "remove-resource", "Ana", "--json"))["resources"] == rules["resources"][1:]
    assert len(parsed(aurora("hours", "set", "--resource", "Ana", "--json"))["resources"]) == 2


def test_days_and_hours_are_blocked_in_the_businesss_own_time(aurora: Aurora, database: str) -> None:
    """Whole days from midnight to midnight, or hours; the same block again is the same."""
    christmas = parsed(aurora("blocks", "add", "2026-12-25", "--through", "2026-12-26", "--reason", "Natal", "--json"))
    assert (christmas["starts"], christmas["ends"]) == ("2026-12-25T00:00:00", "2026-12-27T00:00:00")
    afternoon = ("blocks", "add", "2026-01-20", "--from", "13:00", "--to", "18:00")
    assert parsed(aurora(*afternoon, "--json"))["id"] == parsed(aurora(*afternoon, "--json"))["id"]
    parsed(aurora("blocks", "add", "2026-01-19", "--json"))  # over
    blocks = parsed(aurora("blocks", "list", "--json"))["blocks"]
    assert [each["starts"] for each in blocks] == ["2026-01-20T13:00:00", "2026-12-25T00:00:00"]
    with psycopg.connect(database) as connection:
        (row,) = connection.execute("select lower(period) from app.blocks where reason = 'Natal'").fetchall()
    assert row[0].isoformat() in {"2026-12-25T03:00:00+00:00", "2026-12-25T00:00:00-03:00"}
    assert aurora("blocks", "remove", christmas["id"]).stdout == "free again: 2026-12-25 00:00 until 2026-12-27 00:00\n"


def test_bookings_in_a_block_are_told(aurora: Aurora, database: str) -> None:
    """They stay, and the operator learns that somebody must be told."""
    with psycopg.connect(database) as connection:
        connection.execute("""
            with organization as (
                select organization_id as id from app.instances where name = 'patas'
            ), contact as (
                insert into app.contacts (organization_id) select id from organization returning *
            ), service as (
                insert into app.services (organization_id, name) select id, 'Banho' from organization returning *
            )
            insert into app.bookings (organization_id, contact_id, service_id, period)
            select service.organization_id, contact.id, service.id, tstzrange('2026-01-22 14:00Z', '2026-01-22 15:00Z')
            from service, contact
        """)
    assert "1 bookings lie in it" in aurora("blocks", "add", "2026-01-22").stderr
    assert aurora("blocks", "add", "2026-01-23").stderr == ""


def test_knowledge_is_added_imported_listed_and_removed(aurora: Aurora, tmp_path: Path) -> None:
    """The same question again replaces its answer; a file is kept whole."""
    assert aurora("knowledge", "list").stdout == "nothing yet\n"
    aurora("knowledge", "add", "--question", "Aceitam Pix?", "--answer", "Sim.")
    file = tmp_path / "conhecimento.csv"
    file.write_text("pergunta;resposta\naceitam pix?;Sim, e cartão.\nTem wifi?;Não.\n", encoding="utf-8")
    assert aurora("knowledge", "import", str(file)).stdout == "2 kept\n"
    entries = parsed(aurora("knowledge", "list", "--json"))["entries"]
    assert {each["question"]: each["answer"] for each in entries} == {
        "aceitam pix?": "Sim, e cartão.",
        "Tem wifi?": "Não.",
    }
    (wifi,) = [each["id"] for each in entries if each["question"] == "Tem wifi?"]
    assert aurora("knowledge", "remove", wifi).stdout == "removed: Tem wifi?\n"
    assert "Tem wifi?" not in aurora("knowledge", "list").stdout
    assert aurora("knowledge", "list", instance="other").stdout == "nothing yet\n"
