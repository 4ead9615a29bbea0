"""A question that nobody knew: from the customer to the owner and back, and known from then on."""

import json

import pytest

from tests.integration.conftest import ANA, CARLA
from tests.integration.jobs.conftest import Line, PowerCutError, says, uses

BRUNO = "+5511955554444"


async def ask(line: Line) -> str:
    """Let Ana ask what nobody knows; return the provider's id of the owner's notice."""
    line.model.script.extend(
        [uses("ask_team", '{"question": "Vocês aceitam cheque?"}'), says("Perguntei à equipe e aviso por aqui.")]
    )
    await line.webhook("Aceitam cheque?")
    await line.run()
    (notice,) = [place for place, (_, text) in enumerate(line.gateway.sent, start=1) if "responder 1: …" in text]
    return f"OUT{notice}"


async def test_an_owner_s_answer_reaches_the_customer_and_the_next_one(line: Line) -> None:
    """The owner replies to the notice: no model is asked, the customer reads the answer, and it is known."""
    quoted = await ask(line)
    thoughts = len(line.model.asked)
    await line.webhook("Não aceitamos, só Pix e cartão.", phone=CARLA, quoted_id=quoted)
    await line.run()
    assert len(line.model.asked) == thoughts
    assert (ANA, "A equipe respondeu: Não aceitamos, só Pix e cartão.") in line.gateway.sent
    assert [address for address, text in line.gateway.sent if text.startswith("✅ Pergunta 1")] == [CARLA]

    line.model.script.extend([uses("search_knowledge", '{"query": "cheque"}'), says("Não, só Pix e cartão.")])
    await line.webhook("Posso pagar com cheque?", phone=BRUNO)
    await line.run()
    found = json.loads(line.model.asked[-1][-1].content or "")
    assert found == {"entries": [{"question": "Vocês aceitam cheque?", "answer": "Não aceitamos, só Pix e cartão."}]}


@pytest.mark.parametrize("step", ["before answer_question", "after answer_question", "after complete_reply"])
async def test_an_answer_survives_the_end_of_its_run(line: Line, step: str) -> None:
    """Whenever the function ends, the customer reads the answer once."""
    await ask(line)
    line.fuse.blow_at, line.fuse.error = step, PowerCutError
    await line.webhook("responder 1: Não.", phone=CARLA)
    await line.run()
    assert [text for address, text in line.gateway.sent if address == ANA].count("A equipe respondeu: Não.") == 1


async def test_a_model_passes_on_only_what_the_owner_wrote(line: Line) -> None:
    """Invented words are refused; the owner's own are relayed."""
    await ask(line)
    line.model.script.extend(
        [
            uses("answer_question", '{"number": 1, "answer": "Sim, aceitamos."}'),
            uses("answer_question", '{"number": 1, "answer": "não aceitamos"}'),
            says("Feito."),
        ]
    )
    await line.webhook("diga que não aceitamos", phone=CARLA)
    await line.run()
    relayed = [text for _, text in line.gateway.sent if text.startswith("A equipe respondeu")]
    assert relayed == ["A equipe respondeu: não aceitamos"]
