"""The figures in words: what is not known stays null, and every change has its sign."""

from typing import Any

import pytest

from shared.assistants.desks.desk import Desk
from shared.assistants.desks.figures import compared, figure_tools
from shared.models import Audience, Locale
from tests.unit.assistants.conftest import ORGANIZATION_ID, GivenRows, turn_of

FIELDS = ("done", "cancelled", "no_show", "upcoming", "unpriced", "new_contacts", "answered", "handed_over", "waiting")
PART: dict[str, int | None] = {**dict.fromkeys(FIELDS, 2), "revenue_cents": 12000, "spend_micros": 3400}
NOTHING: dict[str, int | None] = dict.fromkeys(PART)


def figures(before: dict[str, int | None]) -> dict[str, Any]:
    return {
        "period": "today",
        "from": "2026-11-24",
        "compared_with": {"from": "2026-11-17", "through": "2026-11-17"},
        "currency": "BRL",
        "now": PART,
        "before": before,
    }


async def ask(rows: GivenRows, locale: Locale = "pt-BR") -> dict[str, Any]:
    desk = Desk(turn=turn_of(audience=Audience.OWNER, locale=locale), database=rows)
    (tool,) = figure_tools(desk)
    return dict((await tool.call('{"period": "today"}')).data)


async def test_figures_are_told_beside_those_of_before(rows: GivenRows) -> None:
    """Money in words of the business's currency, counts as numbers, what the model cost with its small parts."""
    rows.rows["figures"] = figures({**PART, "done": 4, "revenue_cents": 10000, "spend_micros": 1_500_000})
    told = await ask(rows)
    assert rows.calls == [("figures", {"organization_id": ORGANIZATION_ID, "period": "today"})]
    assert told["appointments"]["done"] == {"now": 2, "before": 4, "change": "-2 (-50%)"}
    assert told["revenue"] == {"now": "R$ 120,00", "before": "R$ 100,00", "change": "+R$ 20,00 (+20%)"}
    assert told["model_spend"]["now"] == "0,0034"
    assert told["compared_with"] == {"from": "2026-11-17", "through": "2026-11-17"}
    assert (await ask(rows, "en"))["model_spend"]["before"] == "1.50"


async def test_no_data_before_is_no_comparison(rows: GivenRows) -> None:
    """Null is never told as zero, and there is no change from nothing known."""
    rows.rows["figures"] = figures(NOTHING)
    told = await ask(rows)
    assert told["revenue"] == {"now": "R$ 120,00", "before": None, "change": None}
    assert told["new_contacts"] == {"now": 2, "before": None, "change": None}


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [(3, 0, "+3"), (0, 3, "-3 (-100%)"), (0, 0, "0"), (2, 2, "0"), (5, 4, "+1 (+25%)"), (None, 3, None)],
)
def test_a_change_has_its_sign_and_a_percentage_only_from_something(
    now: int | None, before: int | None, change: str | None
) -> None:
    """Twice nothing is nothing, and nothing grows by no percentage."""
    assert compared(now, before) == {"now": now, "before": before, "change": change}
