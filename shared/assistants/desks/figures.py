"""How the business is doing: today, this week or this month so far, each beside the same part of an earlier period."""

import datetime
from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field

from shared.assistants.desks.desk import Desk
from shared.assistants.money import format_micros, format_money
from shared.assistants.tools import Arguments, Row, Tool, ToolResult, read_row

_APPOINTMENTS = ("done", "cancelled", "no_show", "upcoming")
_CONVERSATIONS = ("answered", "handed_over", "waiting")

_Words = Callable[[int], str]


class FiguresPeriod(Arguments):
    """Of which period the owner asks."""

    period: Literal["today", "week", "month"]


class PartFigures(Row):
    """The figures of one part of a period. None is no data, never zero."""

    done: int | None
    cancelled: int | None
    no_show: int | None
    upcoming: int | None
    revenue_cents: int | None
    unpriced: int | None  #: completed appointments without a known price: missing from the revenue
    new_contacts: int | None
    answered: int | None
    handed_over: int | None
    waiting: int | None
    spend_micros: int | None  #: what the model cost, in millionths of its prices' currency


class ComparedWith(Row):
    """The local dates of the earlier part."""

    first: datetime.date = Field(alias="from")
    through: datetime.date


class Figures(Row):
    """What `api.figures` answers."""

    period: Literal["today", "week", "month"]
    first: datetime.date = Field(alias="from")
    compared_with: ComparedWith
    currency: str
    now: PartFigures
    before: PartFigures


def figure_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk. Figures are read anew at each call."""

    async def figures(wanted: FiguresPeriod) -> ToolResult:
        row = await desk.database.call("figures", organization_id=desk.organization_id, period=wanted.period)
        return ToolResult(data=describe_figures(read_row(Figures, row, function="figures"), desk))

    return (Tool(name="figures", description=desk.texts.owner.figures, arguments=FiguresPeriod, run=figures),)


def describe_figures(figures: Figures, desk: Desk) -> dict[str, Any]:
    """Return the figures as the model is told of them: each `{"now", "before", "change"}`, money in words."""

    def money(cents: int) -> str:
        return format_money(cents, currency=figures.currency, locale=desk.turn.organization.locale)

    def spend(micros: int) -> str:
        return format_micros(micros, currency=None, locale=desk.turn.organization.locale)

    def pair(field: str, words: _Words = str) -> dict[str, str | int | None]:
        return compared(getattr(figures.now, field), getattr(figures.before, field), words)

    earlier = figures.compared_with
    return {
        "period": figures.period,
        "from": figures.first.isoformat(),
        "compared_with": {"from": earlier.first.isoformat(), "through": earlier.through.isoformat()},
        "appointments": {field: pair(field) for field in _APPOINTMENTS},
        "revenue": pair("revenue_cents", money),
        "completed_without_price": pair("unpriced"),
        "new_contacts": pair("new_contacts"),
        "conversations": {field: pair(field) for field in _CONVERSATIONS},
        "model_spend": pair("spend_micros", spend),
    }


def compared(now: int | None, before: int | None, words: _Words = str) -> dict[str, str | int | None]:
    """Return two amounts and the change between them, such as "+3 (+25%)"; None where either is not known.

    Plain counts stay numbers; other amounts are written by `words`. From zero on there is no percentage.
    """

    def told(amount: int | None) -> str | int | None:
        return amount if amount is None or words is str else words(amount)

    if now is None or before is None:
        return {"now": told(now), "before": told(before), "change": None}
    change = now - before
    sign = "+" if change > 0 else "-" if change < 0 else ""
    percent = f" ({sign}{abs(change) * 100 / before:.0f}%)" if before and change else ""
    return {"now": told(now), "before": told(before), "change": f"{sign}{words(abs(change))}{percent}"}
