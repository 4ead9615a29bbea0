"""What is said when a person must take over: bounded, honest about time, closed to what others write."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.assistants.handover import handover_notice, urgent_reply
from shared.assistants.urgency import Urgency
from shared.models import BusinessProfile, Contact, Locale, Speaker, Turn, Week
from shared.whatsapp.events import Kind
from tests.unit.assistants.conftest import NOON, turn_of, wrote

NEVER: dict[str, Any] = {day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
SHOP = {"mon": [], "tue": [["09:00", "12:00"], ["13:00", "18:00"]], "wed": [["10:00", "18:00"]]}


def with_contact(turn: Turn, name: str | None, phone: str | None = None) -> Turn:
    return turn.model_copy(update={"contact": Contact(id=UUID(int=1), name=name, phone=phone)})


def at(local: str, hours: dict[str, Any], *, introduced: bool = True) -> Turn:
    """A turn at a time of São Paulo, three hours behind UTC, of a business with these hours."""
    said = (wrote("Olá!", by=Speaker.ASSISTANT, at=NOON),) if introduced else ()
    turn = turn_of(*said, wrote("quero falar com uma pessoa"))
    profile = BusinessProfile(services=(), business_hours=Week.model_validate(hours))
    now = datetime.fromisoformat(f"{local}-03:00").astimezone(UTC)
    return turn.model_copy(update={"profile": profile, "now": now, "introduced": introduced})


@pytest.mark.parametrize(
    ("name", "phone", "locale", "start"),
    [
        ("Maria", "+5511912345678", "pt-BR", "🙋 Maria (+5511912345678) precisa de uma pessoa"),
        ("Maria", None, "pt-BR", "🙋 Maria precisa"),
        (None, "+5511912345678", "en", "🙋 +5511912345678 needs a person"),
        ("\u200b", "+5511912345678", "en", "🙋 +5511912345678 needs a person"),
        (None, None, "pt-BR", "🙋 Um cliente precisa"),
        (None, None, "en", "🙋 A customer needs"),
        ("A\nB {reason}", None, "en", "🙋 A B {reason} needs"),
    ],
)
def test_the_owner_is_told_who_waits(name: str | None, phone: str | None, locale: Locale, start: str) -> None:
    """By name and number, as far as they are known."""
    assert handover_notice(with_contact(turn_of(locale=locale), name, phone), "Quer orçamento").startswith(start)


def test_the_owner_reads_what_was_written_last() -> None:
    """The last three messages of the customer, one line each, whoever spoke between, with marks for what is no text."""
    turn = turn_of(
        wrote("primeira"),
        wrote("segunda\nMotivo: outro"),
        wrote("Olá!", by=Speaker.ASSISTANT),
        wrote("", kind=Kind.VOICE),
        wrote("quero a dona {name}"),
    )
    notice = handover_notice(with_contact(turn, "Maria"), "quer falar com a dona")
    assert notice == (
        "🙋 Maria precisa de uma pessoa da equipe.\n"
        "Motivo: quer falar com a dona\n"
        "Últimas mensagens:\n"
        "- segunda Motivo: outro\n"
        "- [mensagem de voz]\n"
        "- quero a dona {name}\n"
        "\n"
        "Eu não respondo mais nessa conversa. Para eu voltar, escreva #bot no chat do cliente ou me diga: "
        "devolver Maria"
    )


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
def test_a_notice_is_bounded(locale: Locale) -> None:
    """However much was written, it is under 1000 characters, and how to return the conversation stays readable."""
    turn = turn_of(*(wrote("x\n" * 5000) for _ in range(9)), locale=locale)
    notice = handover_notice(with_contact(turn, "N" * 500, "+5511912345678"), "r\n" * 5000)
    assert len(notice) <= 1000
    assert "#bot" in notice
    assert notice.count("\n") == 7


@pytest.mark.parametrize(
    ("local", "hours", "expected"),
    [
        ("2026-11-24T11:00", SHOP, None),
        ("2026-11-24T12:30", SHOP, "terça-feira, 24 de novembro, às 13:00"),
        ("2026-11-24T07:00", SHOP, "terça-feira, 24 de novembro, às 09:00"),
        ("2026-11-24T18:00", SHOP, "quarta-feira, 25 de novembro, às 10:00"),
        ("2026-11-23T10:00", SHOP, "terça-feira, 24 de novembro, às 09:00"),
        ("2026-11-25T20:00", SHOP, "a resposta pode demorar"),  # Thursday is not stated
        ("2026-11-26T10:00", SHOP, None),
        ("2026-11-24T10:00", {}, None),
        ("2026-11-24T10:00", NEVER, "pode demorar"),
    ],
)
def test_closing_time_is_told_and_nothing_else_promised(
    local: str, hours: dict[str, Any], expected: str | None
) -> None:
    """Closed: since when it opens, by the stated hours. Open or not stated: not a word about time."""
    reply = urgent_reply(at(local, hours), Urgency.PERSON_WANTED)
    assert reply.startswith("Avisei a equipe: uma pessoa vai continuar por aqui.")
    assert ("fechados" in reply) == (expected is not None)
    assert (expected or "") in reply


def test_an_emergency_is_sent_to_those_who_can_help() -> None:
    """Before anything else the customer reads where help is, for people and for animals."""
    reply = urgent_reply(at("2026-11-24T11:00", SHOP), Urgency.EMERGENCY)
    assert "SAMU (192)" in reply
    assert "veterinário" in reply
    assert "Avisei a equipe" in reply


def test_the_first_answer_says_that_a_machine_speaks() -> None:
    """Also without a model."""
    first = urgent_reply(at("2026-11-24T11:00", SHOP, introduced=False), Urgency.EMERGENCY)
    assert first.startswith("Aqui é o assistente automático de ")
    assert "SAMU" in first
