"""The gate by which owners answer customers' questions without the model."""

from dataclasses import replace

import pytest

from shared.answering.question_answer import question_answer
from shared.models import Audience, OpenTurn, Spend
from shared.services import Services
from tests.unit.assistants.conftest import GivenRows, turn_of, wrote


def opened(*texts: str, audience: Audience = Audience.OWNER, quoted: int | None = None) -> OpenTurn:
    messages = [wrote(text).model_copy(update={"open": True}) for text in texts]
    turn = turn_of(*messages, audience=audience).model_copy(update={"quoted_question": quoted})
    spend = Spend(spent=0, limit=None, warned=False)
    return OpenTurn(turn=turn, covers_seq=1, messages=len(messages), overdue=False, spend=spend)


@pytest.fixture
def asked(services: Services, rows: GivenRows) -> Services:
    """Services whose database answers."""
    return replace(services, make_database=lambda: rows)


async def test_every_answer_is_carried_out_and_told(asked: Services, rows: GivenRows) -> None:
    """Two answers in a burst: two questions are settled, each in a line of its own."""
    rows.rows["answer_question"] = {"outcome": "answered", "number": 3, "answer": "sim", "contact": "Ana"}
    written = await question_answer(opened("responder 3: sim", "responder 4: não"), asked)
    assert written is not None
    assert [call[1]["number"] for call in rows.calls] == [3, 4]
    assert len((written.text or "").splitlines()) == 2


async def test_a_quoted_notice_is_answered(asked: Services, rows: GivenRows) -> None:
    """Whatever the owner writes to it."""
    rows.rows["answer_question"] = {"outcome": "answered", "number": 7, "answer": "Sim!", "contact": None}
    written = await question_answer(opened(" Sim! ", quoted=7), asked)
    assert written is not None
    assert rows.calls[0][1]["answer"] == "Sim!"


async def test_an_answer_that_is_too_long_is_not_cut(asked: Services, rows: GivenRows) -> None:
    """The owner is told; the customer does not get half of it."""
    written = await question_answer(opened("responder 3: " + "a" * 2001), asked)
    assert written is not None
    assert "2000" in (written.text or "")
    assert rows.calls == []


@pytest.mark.parametrize("audience", list(Audience))
async def test_anything_else_is_left_to_the_assistants(services: Services, audience: Audience) -> None:
    """A customer who writes like an owner is no owner."""
    text = "responder 3: sim" if audience is Audience.CLIENT else "como foi o dia?"
    assert await question_answer(opened(text, audience=audience), services) is None
