"""Addresses one business for a command: by its WhatsApp number's name at the gateway."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from infra.commands.asking import ask
from shared.errors import NotFoundError
from shared.models import Locale
from shared.ports import Database, Queue
from shared.services import Services

_AnswerT = TypeVar("_AnswerT")

InstanceOption = Annotated[str, typer.Option(help="The business, by its WhatsApp number's name at the gateway.")]


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A business, and how to reach its data and its jobs."""

    organization_id: UUID
    locale: Locale
    currency: str  #: ISO 4217
    database: Database
    queue: Queue

    async def call(self, function: str, **arguments: object) -> Any:
        """Call `api.<function>` for this business; raises what `Database.call` raises."""
        return await self.database.call(function, organization_id=self.organization_id, **arguments)


def ask_tenant(instance: str, question: Callable[[Tenant], Awaitable[_AnswerT]]) -> _AnswerT:
    """Return the answer to a question about the business of `instance`.

    Without settings the command ends with status 2; for an instance that no business has, or an error of a service,
    with one line and status 1.
    """

    async def answer(services: Services) -> _AnswerT:
        return await question(await _tenant_of(instance, services))

    return ask(answer)


async def _tenant_of(instance: str, services: Services) -> Tenant:
    for tenant in await services.database.call("list_tenants"):
        if any(each["name"] == instance for each in tenant["instances"]):
            return Tenant(
                organization_id=UUID(tenant["organization_id"]),
                locale=tenant["locale"],
                currency=tenant["currency"],
                database=services.database,
                queue=services.queue,
            )
    raise NotFoundError(f"no business has the instance {instance}; `aurora tenants list` shows them")
