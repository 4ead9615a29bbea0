"""What an operator says of a new tenant is checked before anything is created."""

import pytest

from infra.tenancy import TenantError, describe_tenant

VALID: dict[str, str | None] = {
    "name": "Patas & Cia",
    "provider": "evolution",
    "instance": "patas",
    "owner_phone": "+5511988887777",
    "timezone": "America/Sao_Paulo",
}


@pytest.mark.parametrize("typed", ["+5511988887777", "(11) 98888-7777", "0055 11 8888-7777"])
def test_the_owners_phone_has_one_spelling(typed: str) -> None:
    """However it is typed, the owner is recognised by the number that WhatsApp reports."""
    assert describe_tenant({**VALID, "owner_phone": typed}).owner_phone == "+5511988887777"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "  ", "--name: String should have at least 1 character"),
        ("provider", "waha", "--provider: Input should be 'evolution'"),
        ("instance", "a/b", "--instance: String should match pattern"),
        ("instance", "", "--instance: String should match pattern"),
        ("instance", "..", "--instance: must hold more than dots"),
        ("owner_phone", "12", "--owner: phone: not a Brazilian number"),
        ("owner_phone", "Carla", "--owner: phone: holds something that is not a digit"),
        ("owner_name", "", "--owner-name: String should have at least 1 character"),
        ("timezone", "Mars/Base", "--timezone: must be an IANA time zone"),
        ("timezone", "", "--timezone: must be an IANA time zone"),
        ("locale", "fr", "--locale: Input should be 'pt-BR' or 'en'"),
        ("currency", "reais", "--currency: String should match pattern"),
    ],
)
def test_a_wrong_answer_is_named_by_its_option(field: str, value: str, told: str) -> None:
    """The operator reads which option to change."""
    with pytest.raises(TenantError) as caught:
        describe_tenant({**VALID, field: value})
    assert str(caught.value).startswith(told)


def test_all_wrong_answers_are_told_at_once() -> None:
    """Nobody has to run the command once per mistake."""
    with pytest.raises(TenantError, match=r"--name: .*; --timezone: "):
        describe_tenant({**VALID, "name": "", "timezone": "x"})
