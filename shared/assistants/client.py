"""The client assistant: serves the customers of a business."""

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.assistants import business_hours
from shared.assistants.engine import Briefing
from shared.assistants.money import format_money
from shared.assistants.prompts import NAME_LIMIT, REASON_LIMIT, client_disclosure, client_prompt
from shared.assistants.texts import texts_for
from shared.assistants.tools import Arguments, NoArguments, Tool, ToolResult, read_row
from shared.assistants.untrusted import clean_line
from shared.models import Turn
from shared.ports import Database

_DESCRIPTION_LIMIT = 300


class Service(BaseModel):
    """Something the business sells. None is not stated."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str | None
    price_cents: int | None
    duration_minutes: int | None


class BusinessProfile(BaseModel):
    """What `api.business_profile` tells of a business."""

    model_config = ConfigDict(frozen=True)

    services: tuple[Service, ...]
    business_hours: business_hours.Week
    currency: str  #: ISO 4217


class HandOver(Arguments):
    """Why a person must take over."""

    reason: Annotated[str, AfterValidator(partial(clean_line, limit=REASON_LIMIT)), Field(min_length=1)]


def client_briefing(turn: Turn, database: Database) -> Briefing:
    """Return what the client assistant is told and may do in `turn`."""
    desk = _Desk(turn, database)
    told = texts_for(turn.organization.locale).tools
    return Briefing(
        system=client_prompt(turn),
        disclosure=client_disclosure(turn),
        tools=(
            Tool(name="list_services", description=told.list_services, arguments=NoArguments, run=desk.list_services),
            Tool(
                name="business_hours", description=told.business_hours, arguments=NoArguments, run=desk.business_hours
            ),
            Tool(
                name="hand_over_to_human",
                description=told.hand_over_to_human,
                arguments=HandOver,
                run=desk.hand_over_to_human,
            ),
        ),
    )


class _Desk:
    """The tools of one turn, over one reading of the business's profile."""

    def __init__(self, turn: Turn, database: Database) -> None:
        self._turn = turn
        self._database = database
        self._loaded: BusinessProfile | None = None

    async def list_services(self, _: NoArguments) -> ToolResult:
        profile = await self._profile()
        services = [self._describe(service, profile.currency) for service in profile.services]
        return ToolResult(data={"services": services})

    async def business_hours(self, _: NoArguments) -> ToolResult:
        profile = await self._profile()
        organization = self._turn.organization
        described = business_hours.describe(
            profile.business_hours,
            local=self._turn.local(self._turn.now),
            timezone=organization.timezone,
            weekdays=texts_for(organization.locale).weekdays,
        )
        return ToolResult(data=described)

    async def hand_over_to_human(self, wish: HandOver) -> ToolResult:
        return ToolResult(data={"handed_over": True}, hand_over_reason=wish.reason)

    async def _profile(self) -> BusinessProfile:
        if self._loaded is None:
            row = await self._database.call("business_profile", organization_id=self._turn.organization.id)
            self._loaded = read_row(BusinessProfile, row, function="business_profile")
        return self._loaded

    def _describe(self, service: Service, currency: str) -> dict[str, str | int | None]:
        locale = self._turn.organization.locale
        cents, description = service.price_cents, service.description
        return {
            "name": clean_line(service.name, limit=NAME_LIMIT),
            "description": clean_line(description, limit=_DESCRIPTION_LIMIT) if description else None,
            "price": None if cents is None else format_money(cents, currency=currency, locale=locale),
            "duration_minutes": service.duration_minutes,
        }
