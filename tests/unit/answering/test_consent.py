"""Who wants no messages is heeded without a model; what may mean an appointment is asked about or left to the model."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.answering.consent import consent, stop_wanted
from shared.answering.written import Written
from shared.assistants.texts import texts_for
from shared.models import Audience, Contact, HistoryMessage, Locale, OpenProposal, OpenTurn, Speaker, Spend
from shared.services import Services
from shared.whatsapp.events import Kind
from tests.unit.assistants.conftest import NOON, turn_of, wrote

GREETED = wrote("Olá! Como posso ajudar.", by=Speaker.ASSISTANT, at=NOON - timedelta(minutes=5))
QUESTION = wrote("Posso marcar para sexta?", by=Speaker.ASSISTANT, at=NOON - timedelta(minutes=5))
PROPOSAL = OpenProposal(id=UUID(int=9), kind="book", preview="Banho, sexta às 10:00. Posso marcar?")
WORDS = texts_for("pt-BR").consent


def which_one(*, before: timedelta = timedelta(minutes=1), by: Speaker = Speaker.ASSISTANT) -> HistoryMessage:
    return wrote(f"Aqui é o assistente.\n\n{WORDS.which_one}", by=by, at=NOON - before)


def open_turn(
    *said: str | HistoryMessage,
    before: tuple[HistoryMessage, ...] = (GREETED,),
    opted_out: bool = False,
    opted_out_now: bool = False,
    **changes: Any,
) -> OpenTurn:
    """A turn that answers `said`, behind what was said before."""
    texts = [wrote(each) if isinstance(each, str) else each for each in said]
    audience, locale = changes.pop("audience", Audience.CLIENT), changes.pop("locale", "pt-BR")
    turn = turn_of(
        *before, *(each.model_copy(update={"open": True}) for each in texts), audience=audience, locale=locale
    )
    contact = Contact(id=UUID(int=1), opted_out=opted_out or opted_out_now, opted_out_now=opted_out_now)
    turn = turn.model_copy(update={"contact": contact, "introduced": bool(before), **changes})
    return OpenTurn(
        turn=turn, covers_seq=7, messages=len(texts), overdue=False, spend=Spend(spent=0, limit=None, warned=False)
    )


def events(written: Written | None) -> list[str]:
    """The consents that an answer brings about."""
    assert written is None or all(
        effect["kind"] == "consent" and effect["source"] == "message" for effect in written.effects
    )
    return [effect["event"] for effect in written.effects] if written else []


@pytest.mark.parametrize("said", [("parar",), ("não quero mais receber mensagens",), ("Oi", "parar"), ("stop",)])
async def test_a_stop_is_noted_with_its_confirmation(services: Services, said: tuple[str, ...]) -> None:
    """The person reads that it is done, and how to come back, in the transaction that does it."""
    written = await stop_wanted(open_turn(*said), services)
    assert written is not None
    assert written.text == WORDS.opted_out
    assert events(written) == ["opted_out"]


async def test_a_stop_that_was_noted_when_it_came_is_confirmed_in_full(services: Services) -> None:
    """It is the first one all the same."""
    written = await stop_wanted(open_turn("parar", opted_out_now=True), services)
    assert written is not None
    assert written.text == WORDS.opted_out


async def test_who_takes_a_stop_back_at_once_is_opted_in(services: Services) -> None:
    """What was said last holds, also against a stop that was noted when it came."""
    open_messages = open_turn("parar", "voltar a receber", opted_out_now=True)
    assert await stop_wanted(open_messages, services) is None
    assert events(await consent(open_messages, services)) == ["opted_in"]


async def test_a_tapped_button_counts_as_typed(services: Services) -> None:
    """A template's PARAR comes as a choice."""
    tapped = open_turn(wrote("PARAR", kind=Kind.CHOICE))
    assert events(await stop_wanted(tapped, services)) == ["opted_out"]


async def test_the_first_answer_says_that_a_machine_speaks(services: Services) -> None:
    """Whoever is written to first and answers PARAR meets the assistant for the first time."""
    written = await stop_wanted(open_turn("parar", before=()), services)
    assert written is not None
    assert (written.text or "").startswith("Aqui é o assistente automático de Patas & Cia.")
    assert (written.text or "").endswith(WORDS.opted_out)


async def test_a_second_stop_is_answered_in_short(services: Services) -> None:
    """It is confirmed once; nothing is noted again, and the limits on answers hold for it."""
    again = open_turn("parar", opted_out=True)
    assert await stop_wanted(again, services) is None
    written = await consent(again, services)
    assert written is not None
    assert written.text == WORDS.opted_out_before
    assert events(written) == []


@pytest.mark.parametrize(
    ("said", "opted_out", "noted"),
    [
        ("voltar a receber", True, ["opted_in"]),
        ("START", True, ["opted_in"]),
        ("voltar a receber", False, []),
        ("quanto custa o banho?", True, []),
        ("cancelar", True, []),
    ],
)
async def test_who_opted_out_comes_back_by_asking_for_it(
    services: Services, said: str, opted_out: bool, noted: list[str]
) -> None:
    """And by nothing else; for everybody else those words mean what the model makes of them."""
    written = await consent(open_turn(said, opted_out=opted_out), services)
    assert events(written) == noted
    assert (written is None) == (noted == [])


async def test_who_changes_their_mind_means_what_they_said_last(services: Services) -> None:
    """Within one burst the last clear word counts."""
    assert await stop_wanted(open_turn("parar", "voltar a receber"), services) is None
    assert events(await stop_wanted(open_turn("start", "parar"), services)) == ["opted_out"]


@pytest.mark.parametrize(
    ("said", "before", "proposal", "asks"),
    [
        ("cancelar", (GREETED,), None, True),
        ("Oi\ncancelar", (GREETED,), None, True),
        ("não quero mais", (GREETED,), None, True),
        ("me remove", (GREETED,), None, True),
        ("cancelar", (QUESTION,), None, False),
        ("não quero mais", (QUESTION,), None, False),
        ("me remove", (QUESTION,), None, True),
        ("cancelar", (GREETED,), PROPOSAL, False),
        ("cancelar", (QUESTION, wrote("Eu vejo isso", by=Speaker.BUSINESS)), None, True),
        ("cancelar o banho", (GREETED,), None, False),
        ("não", (GREETED,), None, False),
        ("cancelar", (which_one(),), None, False),
    ],
)
async def test_only_what_is_unclear_is_asked_about(
    services: Services, said: str, before: tuple[HistoryMessage, ...], proposal: OpenProposal | None, asks: bool
) -> None:
    """What belongs to a proposal or to the assistant's own question is that, and our question is asked once."""
    written = await consent(open_turn(*said.split("\n"), before=before, proposal=proposal), services)
    assert (written is not None) == asks
    if written is not None:
        assert written.text == WORDS.which_one
        assert events(written) == []


@pytest.mark.parametrize(
    ("said", "question", "noted"),
    [
        ("1", which_one(), ["opted_out"]),
        ("sim, parar mensagens", which_one(), ["opted_out"]),
        ("2", which_one(), []),
        ("é sobre um agendamento", which_one(), []),
        ("1", GREETED, []),
        ("1", which_one(by=Speaker.BUSINESS), []),
        ("1", which_one(before=timedelta(days=2)), []),
    ],
)
async def test_the_answer_to_our_question_settles_it(
    services: Services, said: str, question: HistoryMessage, noted: list[str]
) -> None:
    """Only right after the question; everything but a yes goes on to the model, which sees question and answer."""
    assert events(await consent(open_turn(said, before=(question,)), services)) == noted


@pytest.mark.parametrize("gate", [stop_wanted, consent])
async def test_owners_are_no_audience(services: Services, gate: Any) -> None:
    """An owner who types "parar" talks to Aurora."""
    assert await gate(open_turn("parar", audience=Audience.OWNER), services) is None


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
async def test_the_texts_speak_the_words_that_are_understood(services: Services, locale: Locale) -> None:
    """What the confirmation tells people to write brings them back, and the other way round."""
    words = texts_for(locale).consent
    back = words.opted_out.rsplit(" ", 3)[-1] if locale == "en" else "VOLTAR A RECEBER"
    assert back in words.opted_out_before
    assert events(await consent(open_turn(back, opted_out=True, locale=locale), services)) == ["opted_in"]
    stop = words.opted_in.rstrip(".").rsplit(" ", 1)[-1]
    assert events(await stop_wanted(open_turn(stop, locale=locale), services)) == ["opted_out"]
