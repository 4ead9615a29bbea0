"""`aurora tenants owners` against the real database."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.local.environment import stack_environment
from tests.conftest import SupabaseGateway

Tenants = Callable[..., Result]


@pytest.fixture
def tenants(supabase_gateway: SupabaseGateway) -> Tenants:
    """Runs `aurora tenants …` for a database that has one business."""
    variables = {
        **stack_environment(),
        "SUPABASE_URL": supabase_gateway.url,
        "SUPABASE_SECRET_KEY": supabase_gateway.secret_key,
    }

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["tenants", *arguments], env=variables)

    added = ["--name", "Patas", "--instance", "patas", "--owner", "1188887777", "--timezone", "America/Sao_Paulo"]
    assert run("add", *added).exit_code == 0
    return run


def owners(tenants: Tenants) -> list[tuple[str, str]]:
    listed = json.loads(tenants("owners", "list", "--instance", "patas", "--json").stdout)["owners"]
    return [(each["phone"], each["permission"]) for each in listed]


def test_owners_are_added_changed_and_removed_in_any_form_of_the_number(tenants: Tenants) -> None:
    """One person is one owner, however the number is typed, and does what was said last."""
    patas = ("--instance", "patas")
    assert owners(tenants) == [("+5511988887777", "admin")]
    tenants("owners", "add", "(11) 97777-6666", *patas, "--permission", "viewer", "--name", "Bia")
    tenants("owners", "set", "11 7777 6666", *patas, "--permission", "staff")
    assert owners(tenants) == [("+5511977776666", "staff"), ("+5511988887777", "admin")]
    assert "Bia" in tenants("owners", "list", *patas).stdout
    assert tenants("owners", "remove", "+55 11 97777 6666", *patas).stdout == "removed: +5511977776666\n"
    assert owners(tenants) == [("+5511988887777", "admin")]


#: What an operator writes, the command's status, and what it says.
REFUSED: list[tuple[tuple[str, ...], int, str]] = [
    (("add", "98888-7777", "--instance", "patas", "--permission", "staff"), 2, "the area code is missing"),
    (("add", "11977776666", "--instance", "patas", "--permission", "king"), 2, "king"),
    (("set", "11977776666", "--instance", "patas", "--permission", "staff"), 1, "is no owner's"),
    (("remove", "11977776666", "--instance", "patas"), 1, "is no owner's"),
    (("remove", "11988887777", "--instance", "patas"), 1, "needs an owner with the permission admin"),
    (("list", "--instance", "nobody"), 1, "no business has the instance nobody"),
]


def test_what_cannot_be_is_one_line(tenants: Tenants) -> None:
    """Each refusal names what is wrong, and changes nothing."""
    for arguments, status, problem in REFUSED:
        result = tenants("owners", *arguments)
        assert (result.exit_code, problem in result.stderr) == (status, True), arguments
    assert owners(tenants) == [("+5511988887777", "admin")]
