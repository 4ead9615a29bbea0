"""An owner's messages as answers to customers' questions: recognised, and never anybody's words but the owner's."""

from typing import Any

import pytest

from shared.assistants.desks.desk import Desk
from shared.assistants.desks.questions import question_tools
from shared.assistants.questions import OwnersAnswer, answers_in, is_said_in
from shared.assistants.tools import Deed, Tool, ToolRefusedError
from shared.models import Audience, Turn
from tests.unit.assistants.conftest import GivenRows, turn_of, wrote


def owner_wrote(*texts: str | None, quoted: int | None = None, locale: Any = "pt-BR") -> Turn:
    """A turn in which the owner's newest messages are `texts`."""
    history = [wrote("Bom dia"), *(wrote(text).model_copy(update={"open": True}) for text in texts)]
    turn = turn_of(*history, audience=Audience.OWNER, locale=locale)
    return turn.model_copy(update={"quoted_question": quoted})


@pytest.mark.parametrize(
    ("texts", "quoted", "answers"),
    [
        (["responder 3: Sim, aceitamos."], None, [(3, "Sim, aceitamos.")]),
        (["Responder 12 - até as 18:00"], None, [(12, "até as 18:00")]),
        (["RESPOSTA à pergunta 7: não"], None, [(7, "não")]),
        (["answer #4: yes, we do"], None, [(4, "yes, we do")]),
        (["responder 3: linha um\nlinha dois"], None, [(3, "linha um\nlinha dois")]),
        (["responder 3: sim", "responder 4: não"], None, [(3, "sim"), (4, "não")]),
        (["Sim, aceitamos cheque"], 5, [(5, "Sim, aceitamos cheque")]),
        (["responder 3: sim"], 5, [(3, "sim")]),
        (["responder 3:"], None, []),
        (["responder à Ana: sim"], None, []),
        (["responder 3 pessoas hoje"], None, []),
        (["não sei responder 3: ajuda"], None, []),
        (["responder 3: sim", "e como foi o dia?"], None, []),
        (["Sim, aceitamos", "e como foi o dia?"], 5, []),
        ([None], 5, []),
        (["   "], 5, []),
        (["como foi o dia?"], None, []),
        ([], 5, []),
    ],
)
def test_an_answer_is_recognised(texts: list[str | None], quoted: int | None, answers: list[tuple[int, str]]) -> None:
    """By its number, or by what it quotes; with anything else beside it, the assistant sorts it out."""
    assert answers_in(owner_wrote(*texts, quoted=quoted)) == tuple(OwnersAnswer(*answer) for answer in answers)


@pytest.mark.parametrize(
    ("answer", "said", "own"),
    [
        ("Sim, aceitamos cheque", "sim, aceitamos cheque!", True),
        ("não aceitamos", "diga que NAO aceitamos", True),
        ("aceitamos só pix", "A 3: aceitamos só Pix. E hoje, como foi?", True),
        ("Sim. Das 9:30 às 18:00", "sim. das 9:30 às 18:00", True),
        ("linha um linha dois", "linha um\nlinha dois", True),
        ("aceitamos cheque", "não aceitamos cheque", False),
        ("aceitamos cheque", "aceitamos cheque só na terça", False),
        ("30", "abre às 14:30", False),
        ("custa 50 reais", "pode dizer o preço", False),
        ("Sim, aceitamos cheque e cartão", "sim, aceitamos cheque", False),
        ("…", "…", False),
        ("", "sim", False),
    ],
)
def test_an_answer_is_the_owners_own_words(answer: str, said: str, own: bool) -> None:
    """Whole clauses, nothing added, nothing cut off."""
    assert is_said_in(answer, owner_wrote(said)) is own


def test_earlier_messages_answer_nothing() -> None:
    """Only what the owner writes now counts."""
    assert not is_said_in("Bom dia", owner_wrote("e agora?"))


def tool(name: str, rows: GivenRows, turn: Turn) -> Tool[Any]:
    (found,) = [each for each in question_tools(Desk(turn=turn, database=rows)) if each.name == name]
    return found


async def test_a_model_cannot_invent_an_answer(rows: GivenRows) -> None:
    """Words that the owner did not write are refused before anything is asked."""
    with pytest.raises(ToolRefusedError):
        await tool("answer_question", rows, owner_wrote("responda a pergunta 3")).call(
            '{"number": 3, "answer": "Sim, aceitamos"}'
        )
    assert rows.calls == []


async def test_the_owners_words_are_passed_on(rows: GivenRows) -> None:
    """What came of it is said word for word."""
    rows.rows["answer_question"] = {"outcome": "answered", "number": 3, "answer": "Sim.", "contact": "Ana\nSouza"}
    result = await tool("answer_question", rows, owner_wrote("a 3: Sim.")).call('{"number": 3, "answer": "Sim."}')
    ((function, arguments),) = rows.calls
    assert (function, arguments["number"], arguments["answer"]) == ("answer_question", 3, "Sim.")
    assert arguments["relay"] == "A equipe respondeu: Sim."
    assert result.must_say is not None
    assert "Ana Souza" in result.must_say
    assert Deed.SENT in result.deeds


@pytest.mark.parametrize("outcome", ["already", "gone", "unknown", "forbidden"])
@pytest.mark.parametrize("locale", ["pt-BR", "en"])
async def test_what_was_not_done_is_not_claimed(rows: GivenRows, outcome: str, locale: str) -> None:
    """The owner hears why, and nothing counts as done."""
    rows.rows["answer_question"] = {"outcome": outcome, "number": 3, "answer": "Não.", "contact": None}
    turn = owner_wrote("a 3: Sim.", locale=locale)
    result = await tool("answer_question", rows, turn).call('{"number": 3, "answer": "Sim."}')
    assert result.must_say
    assert result.deeds == frozenset()


async def test_open_questions_are_listed(rows: GivenRows) -> None:
    """In the business's own time, the customers' words made harmless."""
    asked = {"number": 3, "question": "Tem\u202e cheque?", "contact": None, "asked_at": "2026-11-24T15:00:00Z"}
    rows.rows["open_questions"] = [asked]
    result = await tool("open_questions", rows, owner_wrote("perguntas?")).call("")
    assert result.data == {
        "questions": [{"number": 3, "question": "Tem cheque?", "customer": None, "asked": "2026-11-24 12:00"}]
    }
