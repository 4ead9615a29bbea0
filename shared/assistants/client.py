"""The client assistant: serves the customers of a business."""

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.assistants import business_hours
from shared.assistants.engine import Briefing
from shared.assistants.money import format_money
from shared.assistants.prompts import NAME_LIMIT, REASON_LIMIT, client_disclosure, client_prompt
from shared.assistants.texts import texts_for
from shared.assistants.tools import Arguments, NoArguments, Tool, ToolResult
from shared.assistants.untrusted import clean_line
from shared.models import BusinessProfile, Service, Turn

_DESCRIPTION_LIMIT = 300


class HandOver(Arguments):
    """Why a person must take over."""

    reason: Annotated[str, AfterValidator(partial(clean_line, limit=REASON_LIMIT)), Field(min_length=1)]


def client_briefing(turn: Turn) -> Briefing:
    """Return what the client assistant is told and may do in `turn`.

    Raises `ValueError` for a turn without the business's profile.
    """
    if turn.profile is None:
        raise ValueError("a turn of a client comes with the profile of the business")
    desk = _Desk(turn, turn.profile)
    told = texts_for(turn.organization.locale)
    return Briefing(
        system=client_prompt(turn),
        disclosure=client_disclosure(turn),
        tools=(
            Tool(
                name="list_services",
                description=told.calendar.list_services,
                arguments=NoArguments,
                run=desk.list_services,
            ),
            Tool(
                name="business_hours",
                description=told.calendar.business_hours,
                arguments=NoArguments,
                run=desk.business_hours,
            ),
            Tool(
                name="hand_over_to_human",
                description=told.handover.hand_over_to_human,
                arguments=HandOver,
                run=desk.hand_over_to_human,
            ),
        ),
    )


class _Desk:
    """The tools of one turn, over what the turn knows of the business."""

    def __init__(self, turn: Turn, profile: BusinessProfile) -> None:
        self._turn = turn
        self._profile = profile

    async def list_services(self, _: NoArguments) -> ToolResult:
        return ToolResult(data={"services": [self._describe(service) for service in self._profile.services]})

    async def business_hours(self, _: NoArguments) -> ToolResult:
        organization = self._turn.organization
        described = business_hours.describe(
            self._profile.business_hours,
            local=self._turn.local(self._turn.now),
            timezone=organization.timezone,
            weekdays=texts_for(organization.locale).conversation.weekdays,
        )
        return ToolResult(data=described)

    async def hand_over_to_human(self, wish: HandOver) -> ToolResult:
        return ToolResult(data={"handed_over": True}, hand_over_reason=wish.reason)

    def _describe(self, service: Service) -> dict[str, str | int | None]:
        locale, currency = self._turn.organization.locale, self._turn.organization.currency
        cents, description = service.price_cents, service.description
        return {
            "name": clean_line(service.name, limit=NAME_LIMIT),
            "description": clean_line(description, limit=_DESCRIPTION_LIMIT) if description else None,
            "price": None if cents is None else format_money(cents, currency=currency, locale=locale),
            "duration_minutes": service.duration_minutes,
        }
