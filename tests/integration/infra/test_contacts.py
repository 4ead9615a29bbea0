"""`aurora contacts` against the real database."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.local.environment import stack_environment
from shared.privacy import phone_hash
from shared.settings import load_settings
from tests.conftest import SupabaseGateway

CARLA = "+5511988887777"
MESSAGE: dict[str, Any] = {
    "provider_message_id": "ID1",
    "author": "contact",
    "kind": "text",
    "text": "meu segredo",
    "name": "Ana",
    "peer": {"phone": "+5511912345678", "lid": None, "bsuid": None, "address": "5511912345678"},
}

Contacts = Callable[..., Result]


@pytest.fixture
def variables(supabase_gateway: SupabaseGateway) -> dict[str, str]:
    return {
        **stack_environment(),
        "SUPABASE_URL": supabase_gateway.url,
        "SUPABASE_SECRET_KEY": supabase_gateway.secret_key,
    }


@pytest.fixture
def contacts(supabase_gateway: SupabaseGateway, variables: dict[str, str]) -> Contacts:
    """Runs `aurora contacts …` for the business of `patas`, to which Ana wrote."""
    tenant = {"name": "Patas", "provider": "evolution", "instance": "patas", "owner_phone": CARLA}
    with psycopg.connect(supabase_gateway.dsn) as connection:
        connection.execute("select api.create_tenant(%s)", [Jsonb({**tenant, "timezone": "America/Sao_Paulo"})])
        connection.execute(
            "select api.receive_message('evolution', 'patas', %s || jsonb_build_object('sent_at', now()), 600)",
            [Jsonb(MESSAGE)],
        )

    def run(*arguments: str, instance: str = "patas") -> Result:
        return CliRunner().invoke(app, ["contacts", *arguments, "--instance", instance], env=variables)

    return run


def value(gateway: SupabaseGateway, query: str) -> Any:
    with psycopg.connect(gateway.dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_copy_is_printed_as_json(contacts: Contacts, supabase_gateway: SupabaseGateway) -> None:
    """Under any form of the number, as something a program can read; that it was given out is noted."""
    exported = contacts("export", "--phone", "(11) 91234-5678")
    assert exported.exit_code == 0, exported.stderr
    copy = json.loads(exported.stdout)
    assert copy["contacts"][0]["name"] == "Ana"
    assert [message["text"] for message in copy["messages"]] == ["meu segredo"]
    assert value(supabase_gateway, "select event from app.consent_log") == "exported"


def test_a_person_is_erased_once(
    contacts: Contacts, supabase_gateway: SupabaseGateway, variables: dict[str, str]
) -> None:
    """Only the keyed hash of the phone remains, by which the functions know it again."""
    erased = contacts("erase", "--phone", "11912345678", "--yes", "--json")
    assert json.loads(erased.stdout) == {"outcome": "erased", "messages": 1, "upcoming_bookings": 0}
    again = contacts("erase", "--phone", "11912345678", "--yes")
    assert again.stdout == "erased before: only a hash of this phone is known\n"
    kept = phone_hash("+5511912345678", load_settings(variables))
    assert value(supabase_gateway, "select phone_hash from app.suppressions") == kept
    assert value(supabase_gateway, "select count(*) from app.contact_identities") == 0


@pytest.mark.parametrize(
    ("arguments", "instance", "status", "problem"),
    [
        (("export", "--phone", "12"), "patas", 2, "--phone: not a Brazilian number"),
        (("export", "--phone", "+5511955554444"), "patas", 1, "no contact has this phone"),
        (("export", "--phone", "+5511912345678"), "gatos", 1, "no business has the instance gatos"),
        (("erase", "--phone", "+5511912345678"), "patas", 2, "pass --yes to delete"),
        (("erase", "--phone", "+5511955554444", "--yes"), "patas", 1, "no contact has this phone"),
    ],
)
def test_what_cannot_be_is_named(
    contacts: Contacts, arguments: tuple[str, ...], instance: str, status: int, problem: str
) -> None:
    """In one line, and nothing is printed or deleted."""
    refused = contacts(*arguments, instance=instance)
    assert (refused.exit_code, refused.stdout) == (status, "")
    assert problem in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_the_business_itself_is_no_contact(contacts: Contacts, supabase_gateway: SupabaseGateway) -> None:
    """An owner's number is not erased by mistake: the business would lose its own."""
    message = {**MESSAGE, "provider_message_id": "ID2", "peer": {**MESSAGE["peer"], "phone": CARLA}}
    with psycopg.connect(supabase_gateway.dsn) as connection:
        connection.execute(
            "select api.receive_message('evolution', 'patas', %s || jsonb_build_object('sent_at', now()), 600)",
            [Jsonb(message)],
        )
    refused = contacts("erase", "--phone", CARLA, "--yes")
    assert refused.exit_code == 1
    assert "the business's own" in refused.stderr
