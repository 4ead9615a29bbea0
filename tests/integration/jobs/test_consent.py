"""What is decided without the model, on the whole way: stops, calls for a person, and the owner's switch."""

from shared.assistants.texts import texts_for
from tests.integration.conftest import ANA, CARLA
from tests.integration.jobs.conftest import Line

CONSENT = texts_for("pt-BR").consent
HANDOVER = texts_for("pt-BR").handover


def opted_out(line: Line) -> bool:
    """Whether Ana wants no messages."""
    found: bool = line.business.api.value(
        "select bool_or(opted_out_at is not null) from app.contacts as contact"
        " inner join app.conversations as conversation on conversation.contact_id = contact.id"
        " where conversation.audience = 'client'"
    )
    return found


async def says(line: Line, text: str, **changes: str) -> list[str]:
    """Let somebody write, and return what the gateway was given to send because of it."""
    before = len(line.gateway.sent)
    await line.webhook(text, **changes)
    await line.run()
    return line.texts[before:]


async def test_a_stop_and_a_return(line: Line) -> None:
    """Each is confirmed and holds from then on; the model hears of neither, and answers what is asked between."""
    assert await says(line, "parar") == [CONSENT.opted_out]
    assert opted_out(line)
    assert await says(line, "PARE!") == [CONSENT.opted_out_before]
    assert line.model.asked == []
    assert await says(line, "Quanto custa o banho?") == ["Olá!"]
    assert await says(line, "voltar a receber") == [CONSENT.opted_in]
    assert not opted_out(line)
    assert len(line.model.asked) == 1


async def test_an_unclear_word_is_asked_about(line: Line) -> None:
    """The answer to the question settles it."""
    (asked,) = await says(line, "cancelar")
    assert asked in CONSENT.which_one
    assert not opted_out(line)
    assert await says(line, "1") == [CONSENT.opted_out]
    assert opted_out(line)
    assert line.model.asked == []


async def test_a_stop_is_heeded_while_a_person_answers(line: Line) -> None:
    """Nobody confirms it but the person; it holds all the same."""
    await says(line, "Oi")
    await says(line, "Aqui é a Carla", author="business")
    assert await says(line, "não quero mais receber mensagens") == []
    assert opted_out(line)


async def test_a_stop_is_heeded_when_a_person_is_quicker_than_its_answer(line: Line) -> None:
    """Somebody at the business types while it is being confirmed: the confirmation is refused, the stop is not."""
    line.fuse.meanwhile["before complete_reply"] = lambda: line.business.receive("Aqui é a Carla", author="business")
    assert await says(line, "não quero mais receber mensagens") == []
    assert opted_out(line)


async def test_a_stop_is_heeded_when_a_person_is_quicker_than_the_assistant(line: Line) -> None:
    """Somebody at the business types before the assistant has read the stop."""
    await line.webhook("não quero mais receber mensagens")
    await line.webhook("Aqui é a Carla", author="business")
    await line.run()
    assert line.texts == []
    assert opted_out(line)


async def test_a_stop_in_a_burst_that_a_person_takes_over_is_heeded(line: Line) -> None:
    """Also when it is not the last of what was written, whose job the assistant would have answered in."""
    await line.webhook("não quero mais receber mensagens")
    await line.webhook("e nem ligações")
    await line.webhook("Aqui é a Carla", author="business")
    await line.run()
    assert line.texts == []
    assert opted_out(line)


async def test_an_emergency_reaches_a_person_without_the_model(line: Line) -> None:
    """The customer reads where help is, the owner what was written; then the assistant is silent until `#bot`."""
    await line.webhook("meu cachorro foi atropelado")
    await line.run()
    told = dict(line.gateway.sent)
    assert "SAMU (192)" in told[ANA]
    (notice,) = [text for address, text in line.gateway.sent if address == CARLA.lstrip("+")]
    assert "possível emergência" in notice
    assert "- meu cachorro foi atropelado" in notice
    assert line.model.asked == []
    assert await says(line, "alô?") == []
    assert await says(line, "#bot", author="business") == []
    assert await says(line, "alô?") == ["Olá!"]


async def test_an_owner_switches_everything_off_and_on(line: Line) -> None:
    """Customers hear nothing meanwhile; the owner is answered."""
    assert await says(line, "#pausa", phone=CARLA) == [HANDOVER.assistant_paused]
    assert await says(line, "Oi") == []
    assert await says(line, "#bot", phone=CARLA) == [HANDOVER.assistant_resumed]
    assert await says(line, "Oi?") == ["Olá!"]
