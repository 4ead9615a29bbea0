"""What an operator says of a new tenant, checked before anything is created, and what comes of it."""

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from infra.instances import webhook_url
from shared.errors import NonRetriableError
from shared.ports import Database
from shared.settings import Settings
from shared.whatsapp.phone import parse_phone
from shared.whatsapp.webhook_secret import SECRET_HEADER, derive_webhook_secret

_UNIQUE_VIOLATION = "23505"


class TenantError(Exception):
    """A tenant cannot be as described, or is there already; the message is one line that says what to change."""


def _timezone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise ValueError("must be an IANA time zone such as America/Sao_Paulo")
    return name


def _segment(name: str) -> str:
    if not name.strip("."):
        raise ValueError("must hold more than dots: it is a part of the webhook's address")
    return name


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class NewTenant(BaseModel):
    """A tenant to create, with its first WhatsApp number and its first owner. Limits are those of the database."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Text
    provider: Literal["evolution"]
    instance: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$"), AfterValidator(_segment)]
    owner_phone: Annotated[str, AfterValidator(parse_phone)]  #: as typed; E.164 once checked
    owner_name: _Text | None = None
    timezone: Annotated[str, AfterValidator(_timezone)]
    locale: Literal["pt-BR", "en"] | None = None
    business_type: _Text | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """What a gateway must be told to report to Aurora."""

    provider: str
    instance: str
    webhook_url: str
    webhook_secret_header: str
    webhook_secret: str


def describe_tenant(answers: Mapping[str, str | None]) -> NewTenant:
    """Return the tenant that `answers`, by field, describe. Raises `TenantError` naming each option that is wrong."""
    try:
        return NewTenant.model_validate(answers)
    except ValidationError as error:
        problems = [
            f"{_option(each['loc'][0])}: {each['msg'].removeprefix('Value error, ')}" for each in error.errors()
        ]
        raise TenantError("; ".join(problems)) from None


async def create_tenant(tenant: NewTenant, database: Database) -> dict[str, Any]:
    """Create a tenant and return its `organization_id` and `instance_id`.

    Raises `TenantError` when the instance has a tenant already, and the database's errors.
    """
    try:
        created: dict[str, Any] = await database.call("create_tenant", tenant=tenant.model_dump(exclude_none=True))
    except NonRetriableError as error:
        if getattr(error.__cause__, "code", None) == _UNIQUE_VIOLATION:
            raise TenantError(f"the {tenant.provider} instance {tenant.instance} has a tenant already") from error
        raise
    return {"organization_id": str(UUID(created["organization_id"])), "instance_id": str(UUID(created["instance_id"]))}


def _option(field: object) -> str:
    """Return what an operator calls a field."""
    return "--owner" if field == "owner_phone" else f"--{str(field).replace('_', '-')}"


def webhook_of(provider: str, instance: str, settings: Settings) -> Webhook:
    """Return where and with which secret `instance` reports."""
    return Webhook(
        provider=provider,
        instance=instance,
        webhook_url=webhook_url(settings.public_url, provider, instance),
        webhook_secret_header=SECRET_HEADER,
        webhook_secret=derive_webhook_secret(settings.webhook_secret, provider=provider, instance=instance),
    )
