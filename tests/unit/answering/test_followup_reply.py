"""The gate for what customers answer to a reminder and to a feedback request."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.answering.followup_reply import followup_reply
from shared.assistants.followup_answers import mark_in, presence_answer_in
from shared.models import Audience, HistoryMessage, OpenTurn, Spend
from shared.services import Services
from shared.whatsapp.events import Kind
from tests.unit.assistants.conftest import NOON, GivenRows, turn_of, wrote

CONFIRM = [
    "1",
    "1️⃣",
    "1.",
    "Opção 1",
    "1, obrigada!",
    "sim",
    "Confirmo",
    "confirmado 👍",
    "vou sim",
    "I'll be there",
    "yes",
]
MOVE = ["2", "2️⃣", "remarcar", "Quero remarcar", "preciso reagendar, por favor", "reschedule", "I'd like to reschedule"]
CANCEL = ["3", "cancelar", "Pode cancelar", "quero desmarcar", "não vou poder ir", "cancel it please"]
NEITHER = ["4", "12", "oi", "não", "2, pode ser amanhã?", "1?", "cancelar o plano", "sim, mas às 16h", "parar", ""]
ANSWERS = [
    *((text, "confirm") for text in CONFIRM),
    *((text, "move") for text in MOVE),
    *((text, "cancel") for text in CANCEL),
    *((text, None) for text in NEITHER),
]
MARKS = [
    *(("5", 5), ("5️⃣", 5), ("Nota 4", 4), ("3 estrelas", 3), ("⭐⭐⭐⭐⭐", 5), ("cinco", 5), ("1 obrigado", 1)),
    *(("4 de 5", 4), ("dou nota 2", 2), ("five stars", 5)),
    *(("0", None), ("6", None), ("55", None), ("5?!", 5), ("foi ótimo", None), ("2 horas atrasado", None), ("", None)),
    ("⭐" * 6, None),
]


@pytest.mark.parametrize(("text", "answer"), ANSWERS)
def test_an_answer_to_a_reminder_is_a_whole_message(text: str, answer: str | None) -> None:
    """A digit, or the word for it, with politeness; whatever says more is no answer."""
    assert presence_answer_in(text) == answer


@pytest.mark.parametrize(("text", "mark"), MARKS)
def test_a_mark_is_a_whole_message(text: str, mark: int | None) -> None:
    """From 1 to 5, as a digit, a word or stars."""
    assert mark_in(text) == mark


BOOKING = {
    "booking_id": str(UUID(int=7)),
    "service": "Banho",
    "starts_at": (NOON + timedelta(days=1)).isoformat(),
    "status": "confirmed",
}
WHEN = "Banho, quarta-feira, 25 de novembro, às 12:00"


@pytest.fixture
def composed(services: Services, rows: GivenRows) -> Services:
    return replace(services, make_database=lambda: rows)


def open_turn(*messages: str | HistoryMessage, audience: Audience = Audience.CLIENT) -> OpenTurn:
    """A turn in which these messages wait, number 7 the newest, in a conversation that goes on."""
    history = [wrote(message) if isinstance(message, str) else message for message in messages]
    turn = turn_of(*(message.model_copy(update={"open": True}) for message in history), audience=audience)
    return OpenTurn(
        turn=turn.model_copy(update={"covers_seq": 7, "introduced": True}),
        covers_seq=7,
        messages=len(history),
        overdue=False,
        spend=Spend(spent=0, limit=None, warned=False),
    )


def asked(kind: str = "appointment_reminder", *, changeable: bool = True, **booking: Any) -> dict[str, Any]:
    """What the person was sent last."""
    return {"id": str(UUID(int=6)), "kind": kind, "booking": BOOKING | booking, "changeable": changeable}


async def test_a_one_confirms_presence(composed: Services, rows: GivenRows) -> None:
    """In the database, for the booking of the reminder; what is gone is told."""
    rows.rows = {"answered_followup": asked(), "confirm_presence": {"outcome": "done"}}
    written = await followup_reply(open_turn("1"), composed)
    assert written is not None
    assert written.text == f"✅ Presença confirmada: {WHEN}. Até lá!"
    assert rows.calls[-1][1]["booking_id"] == UUID(int=7)
    rows.rows["confirm_presence"] = {"outcome": "gone"}
    gone = await followup_reply(open_turn("1"), composed)
    assert gone is not None
    assert (gone.text or "").startswith("Esse agendamento não está mais marcado.")


async def test_a_two_asks_for_another_time(composed: Services, rows: GivenRows) -> None:
    """The assistant goes on from there."""
    rows.rows = {"answered_followup": asked()}
    written = await followup_reply(open_turn("2"), composed)
    assert written is not None
    assert written.text == (
        "Claro! Para que dia e horário você quer remarcar Banho de quarta-feira, 25 de novembro, às 12:00?"
    )


async def test_a_three_proposes_to_cancel_that_booking(composed: Services, rows: GivenRows) -> None:
    """A yes does it: one digit too many must not cost an appointment. The same turn again is the same proposal."""
    rows.rows = {"answered_followup": asked(), "propose": {"id": str(UUID(int=9)), "code": None}}
    written = await followup_reply(open_turn("3"), composed)
    assert await followup_reply(open_turn("3"), composed) == written
    assert written is not None
    assert written.text == (
        "*Cancelar: Banho*\nQuando: quarta-feira, 25 de novembro, às 12:00\n\nPosso confirmar? Responda *sim* ou *não*."
    )
    first, second = (arguments["proposal"] for name, arguments in rows.calls if name == "propose")
    assert first == second
    assert isinstance(first, dict)
    told = f"⚠️ Maria (+5511912345678) cancelou em cima da hora: {WHEN}."
    assert (first["kind"], first["action"]) == ("cancel", {"booking_id": str(UUID(int=7)), "late_notice": told})


@pytest.mark.parametrize("text", ["2", "3"])
async def test_too_late_to_change_is_for_the_team(composed: Services, rows: GivenRows, text: str) -> None:
    """Within the notice nobody is left believing that it was cancelled, and the owner hears of it."""
    rows.rows = {"answered_followup": asked(changeable=False)}
    written = await followup_reply(open_turn(text), composed)
    assert written is not None
    assert written.hand_over_reason == f"quer remarcar ou cancelar em cima da hora: {WHEN}"
    assert "Já avisei a equipe" in (written.text or "")
    assert WHEN in (written.notice or "")


@pytest.mark.parametrize("booking", [{"status": "cancelled"}, {"starts_at": (NOON - timedelta(minutes=1)).isoformat()}])
async def test_what_is_not_booked_any_more_is_not_confirmed(
    composed: Services, rows: GivenRows, booking: dict[str, Any]
) -> None:
    """Nothing is asked of the calendar for what was cancelled or has begun."""
    rows.rows = {"answered_followup": asked(**booking)}
    written = await followup_reply(open_turn("1"), composed)
    assert written is not None
    assert (written.text or "").startswith("Esse agendamento não está mais marcado.")


RATED = [
    ("5", "Obrigado pela nota! Ficamos muito felizes. 😊", None),
    ("3", "Obrigado pela nota! Se quiser, conte o que podemos melhorar da próxima vez.", None),
    (
        "1",
        "Sentimos muito que não tenha sido bom. Já avisei a equipe. Se quiser, conte o que aconteceu.",
        f"⚠️ Nota 1 de Maria (+5511912345678) para {WHEN}.",
    ),
]


@pytest.mark.parametrize(("text", "told", "notice"), RATED)
async def test_a_mark_is_kept_with_the_answer(
    composed: Services, rows: GivenRows, text: str, told: str, notice: str | None
) -> None:
    """Of the visit that was asked about; the owners hear of a bad one."""
    rows.rows = {"answered_followup": asked("feedback_request", status="completed")}
    written = await followup_reply(open_turn(text), composed)
    assert written is not None
    assert written.text == told
    assert written.effects == (
        {
            "kind": "rating",
            "booking_id": str(UUID(int=7)),
            "rating": int(text),
            "notice": notice,
            "asks_review": False,
        },
    )


REVIEW = {
    "id": str(UUID(int=6)),
    "kind": "review_request",
    "due_at": NOON.isoformat(),
    "business": "Patas & Cia",
    "locale": "pt-BR",
    "timezone": "America/Sao_Paulo",
    "currency": "BRL",
    "name": "Maria Silva",
}
LINK = "https://g.example/patas"
REVIEWED = [
    (
        "4",
        {"review_link": LINK},
        f"Se puder, Maria, deixe também uma avaliação para a Patas & Cia: {LINK}\nAjuda muito!",
    ),
    ("5", {"review_link": LINK, "template": "Conte a todos: {link}"}, f"Conte a todos: {LINK}"),
    ("5", {"review_link": None}, None),
    ("3", {"review_link": LINK}, None),
]


@pytest.mark.parametrize(("text", "facts", "asks"), REVIEWED)
async def test_a_good_mark_is_answered_with_a_request_for_a_review(
    composed: Services, rows: GivenRows, text: str, facts: dict[str, Any], asks: str | None
) -> None:
    """In the same message, which is a reply; where there is a link, in the business's own words."""
    rows.rows = {"answered_followup": {**asked("feedback_request", status="completed"), "review": {**REVIEW, **facts}}}
    written = await followup_reply(open_turn(text), composed)
    assert written is not None
    thanks, *review = (written.text or "").split("\n\n")
    assert thanks.startswith("Obrigado pela nota!")
    assert review == ([asks] if asks else [])
    assert written.effects[0]["asks_review"] is (asks is not None)


OTHER = BOOKING | {
    "booking_id": str(UUID(int=8)),
    "dependent": "Rex",
    "starts_at": (NOON + timedelta(days=1, hours=-1)),
}
OTHERS = "Banho (Rex), quarta-feira, 25 de novembro, às 11:00"


async def test_one_answer_confirms_all_of_the_day(composed: Services, rows: GivenRows) -> None:
    """Two pets are two reminders; what is gone meanwhile is not confirmed, and the rest is."""
    rows.rows = {"answered_followup": {**asked(), "others": [OTHER]}, "confirm_presence": {"outcome": "done"}}
    written = await followup_reply(open_turn("1"), composed)
    assert written is not None
    assert written.text == f"✅ Presença confirmada: {OTHERS}; {WHEN}. Até lá!"
    confirmed = [arguments["booking_id"] for name, arguments in rows.calls if name == "confirm_presence"]
    assert confirmed == [UUID(int=8), UUID(int=7)]
    rows.rows["answered_followup"] = {**asked(status="cancelled"), "others": [OTHER]}
    rest = await followup_reply(open_turn("1"), composed)
    assert rest is not None
    assert rest.text == f"✅ Presença confirmada: {OTHERS}. Até lá!"


async def test_moving_or_cancelling_is_of_the_newest_and_says_what_stays(composed: Services, rows: GivenRows) -> None:
    """Of two reminders of a day."""
    rows.rows = {
        "answered_followup": {**asked(), "others": [OTHER]},
        "propose": {"id": str(UUID(int=9)), "code": None},
    }
    move, cancel = [(await followup_reply(open_turn(digit), composed)) for digit in "23"]
    assert move is not None
    assert cancel is not None
    assert (move.text or "").endswith(f"remarcar {WHEN.replace(', q', ' de q', 1)}?\nContinua marcado: {OTHERS}.")
    assert "*Cancelar: Banho*" in (cancel.text or "")
    assert f"Continua marcado: {OTHERS}." in (cancel.text or "")


@pytest.mark.parametrize(
    ("messages", "row"),
    [
        (("1",), None),
        (("5",), asked()),
        (("sim",), asked("feedback_request")),
        (("1",), asked("silence") | {"booking": None}),
    ],
)
async def test_what_was_not_asked_is_not_answered(
    composed: Services, rows: GivenRows, messages: tuple[str, ...], row: dict[str, Any] | None
) -> None:
    """A digit after anything else is the assistant's to understand."""
    rows.rows = {"answered_followup": row}
    assert await followup_reply(open_turn(*messages), composed) is None


@pytest.mark.parametrize(
    "turn",
    [
        open_turn("oi"),
        open_turn("1", "quanto custa?"),
        open_turn("1", wrote(None, kind=Kind.IMAGE)),
        open_turn("1", audience=Audience.OWNER),
    ],
)
async def test_nothing_is_looked_up_for_what_is_no_answer(composed: Services, rows: GivenRows, turn: OpenTurn) -> None:
    """The database is asked only about digits, yes and the like."""
    assert await followup_reply(turn, composed) is None
    assert rows.calls == []
