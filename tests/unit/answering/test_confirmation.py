"""The gate that a person's yes or no opens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.answering.confirmation import confirmation
from shared.answering.written import Written
from shared.assistants.proposals import ProposalKind
from shared.models import Audience, HistoryMessage, OpenProposal, OpenTurn, Spend, Unsent
from shared.services import Services
from shared.whatsapp.events import Kind
from tests.unit.assistants.conftest import GivenRows, turn_of, wrote

PROPOSAL = OpenProposal(id=UUID(int=5), kind="book", preview="Corte, quarta-feira, 25 de novembro, às 15:00")
STARTS_AT = datetime(2026, 11, 25, 18, tzinfo=UTC)  # 15:00 in São Paulo
BOOKED = {
    "service": "Corte",
    "contact": "Maria",
    "dependent": None,
    "starts_at": STARTS_AT.isoformat(),
    "ends_at": (STARTS_AT + timedelta(hours=1)).isoformat(),
    "price_cents": 5000,
    "paid_cents": 4500,
}
EVERY_DAY = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
CALENDAR = {
    "timezone": "America/Sao_Paulo",
    "hours": EVERY_DAY,
    "rules": {"slot_minutes": 60},
    "resources": [{"name": "main", "hours": None}],
    "bookings": [{"resource": "main", "starts_at": BOOKED["starts_at"], "ends_at": BOOKED["ends_at"]}],
}


def decided(outcome: str, *, kind: str = "book", **changes: Any) -> dict[str, Any]:
    """What the database answers to a decision."""
    result = changes.pop("result", BOOKED)
    return {"outcome": outcome, "kind": kind, "result": result, "left": None, "unsent": [], **changes}


@pytest.fixture
def composed(services: Services, rows: GivenRows) -> Services:
    return replace(services, make_database=lambda: rows)


def open_turn(
    *messages: str | HistoryMessage,
    proposal: OpenProposal | None = PROPOSAL,
    others: tuple[OpenProposal, ...] = (),
    audience: Audience = Audience.CLIENT,
    locale: Any = "pt-BR",
) -> OpenTurn:
    """A turn in which these messages wait for an answer, number 7 the newest."""
    history = [wrote(message) if isinstance(message, str) else message for message in messages]
    turn = turn_of(
        *(message.model_copy(update={"open": True}) for message in history), audience=audience, locale=locale
    )
    return OpenTurn(
        turn=turn.model_copy(update={"proposal": proposal, "other_proposals": others, "covers_seq": 7}),
        covers_seq=7,
        messages=len(history),
        overdue=False,
        spend=Spend(spent=0, limit=None, warned=False),
    )


async def test_a_yes_is_done_and_told_with_what_when_and_how_much(composed: Services, rows: GivenRows) -> None:
    """The words are the database's facts; what it was asked names the proposal, the choice and the message."""
    rows.rows = {"decide_proposal": decided("done")}

    written = await confirmation(open_turn("sim"), composed)

    assert written is not None
    assert written.text == "✅ Agendado: Corte, quarta-feira, 25 de novembro, às 15:00 – R$ 50,00."
    ((_, asked),) = rows.calls
    assert asked["decision"] == {"proposal_id": str(PROPOSAL.id), "choice": "accept", "code": None, "seq": 7}


@pytest.mark.parametrize(
    ("messages", "choice"),
    [
        (("sim", "obrigado"), "accept"),
        (("oi", "pode marcar"), "accept"),
        (("não", "deixa pra lá"), "drop"),
        ((wrote("Sim.", kind=Kind.VOICE),), "accept"),
        ((wrote("Sim", kind=Kind.CHOICE),), "accept"),
    ],
)
async def test_a_burst_is_read_as_one(
    composed: Services, rows: GivenRows, messages: tuple[str | HistoryMessage, ...], choice: str
) -> None:
    """Whatever the person wrote since, spoken words included, decides together."""
    rows.rows = {"decide_proposal": decided("dropped")}
    assert await confirmation(open_turn(*messages), composed) is not None
    decision: Any = rows.calls[0][1]["decision"]
    assert decision["choice"] == choice


@pytest.mark.parametrize(
    "messages",
    [
        ("sim", "quanto custa?"),
        ("sim, mas às 16h",),
        ("obrigado",),
        ("sim", wrote(None, kind=Kind.IMAGE)),
        (wrote("sim", kind=Kind.IMAGE),),
        (wrote(None, kind=Kind.VOICE),),
    ],
)
async def test_whatever_says_more_is_the_assistants(
    composed: Services, messages: tuple[str | HistoryMessage, ...]
) -> None:
    """A question beside the yes, a picture, or nothing that says yes: the gate says nothing and asks nothing."""
    assert await confirmation(open_turn(*messages), composed) is None


async def test_without_a_proposal_a_yes_is_just_a_word(composed: Services, rows: GivenRows) -> None:
    """Nor when another run has settled it meanwhile."""
    assert await confirmation(open_turn("sim", proposal=None), composed) is None
    assert rows.calls == []
    rows.rows = {"decide_proposal": {"outcome": "none", "kind": None, "result": None, "unsent": []}}
    assert await confirmation(open_turn("sim"), composed) is None


async def test_a_repeated_run_tells_the_same(composed: Services, rows: GivenRows) -> None:
    """What was decided by a run that died is asked for, not decided again; who wrote more meanwhile is asked for it."""
    rows.rows = {"decide_proposal": decided("done")}
    again = PROPOSAL.model_copy(update={"decided": True})
    first = await confirmation(open_turn("sim"), composed)
    repeated = await confirmation(open_turn("sim", proposal=again), composed)
    longer = await confirmation(open_turn("sim", "quanto custa a tosa?", proposal=again), composed)

    assert first == repeated
    assert first is not None
    assert longer is not None
    assert longer.text == f"{first.text}\nSe você perguntou mais alguma coisa, escreva de novo, por favor."
    assert [asked["decision"]["choice"] for _, asked in rows.calls if isinstance(asked["decision"], dict)] == [
        "accept",
        "recall",
        "recall",
    ]


async def test_who_lost_the_slot_is_offered_those_near_it(composed: Services, rows: GivenRows) -> None:
    """The times come from the calendar; when it has none, the person is asked for another day."""
    rows.rows = {"decide_proposal": decided("taken"), "calendar": CALENDAR}
    written = await confirmation(open_turn("sim"), composed)
    assert written is not None
    assert written.text == (
        "Desculpe, esse horário acabou de ser ocupado e não consegui reservar.\n"
        "Tenho estes horários livres perto dele: quarta-feira, 25 de novembro, às 13:00; "
        "quarta-feira, 25 de novembro, às 14:00; quarta-feira, 25 de novembro, às 16:00. Qual prefere?"
    )
    rows.rows["calendar"] = {**CALENDAR, "hours": {}}
    without = await confirmation(open_turn("sim"), composed)
    assert without is not None
    assert (without.text or "").endswith("Me diga outro dia ou horário que eu procuro para você.")


CODED = OpenProposal(id=UUID(int=6), kind="message", preview="Mensagem", code="4821")
WHEN = "quarta-feira, 25 de novembro, às 15:00"
TOLD = [
    ("1 4821", CODED, decided("done", kind="message", result={"recipients": 1}), "✅ A mensagem está a caminho."),
    (
        "1 4821",
        CODED,
        decided("done", kind="message", result={"recipients": 7, "skipped": {"opted_out": 2, "no_number": 1}}),
        "✅ As mensagens para 7 pessoas estão a caminho, uma a cada 30 segundos.\n"
        "Ficaram de fora: sem número de WhatsApp (1), não querem receber mensagens (2).",
    ),
    (
        "1 4821",
        CODED,
        decided("nobody", kind="message", result={"recipients": 0, "skipped": {"erased": 1}}),
        "Não enviei nada: ninguém da lista pode receber a mensagem.\n"
        "Ficaram de fora: pediram para apagar os dados (1).",
    ),
    (
        "1 1111",
        CODED,
        decided("wrong_code", left=2),
        "Esse código não confere. Não fiz nada. Responda *1* e o código da proposta (tentativas: 2).",
    ),
    (
        "1",
        CODED,
        decided("wrong_code", left=3),
        "Falta o código. Não fiz nada ainda. Responda *1* e os quatro números que estão na proposta.",
    ),
    (
        "1 1111",
        CODED,
        decided("wrong_code", left=0),
        "O código não conferiu três vezes. Desisti da proposta e não fiz nada; você pode pedir de novo.",
    ),
    (
        "1 4821",
        CODED,
        decided("expired"),
        "Essa proposta já venceu e não fiz nada. Se ainda quiser, é só pedir de novo.",
    ),
    ("2", CODED, decided("edit"), "Certo, ainda não fiz nada. O que você quer mudar?"),
    ("3", CODED, decided("dropped"), "Tudo bem, não mudei nada."),
    ("1 4821", CODED, decided("forbidden"), "Não fiz nada: quem administra o negócio precisa autorizar isso."),
    ("1 4821", CODED, decided("something new"), "Não consegui fazer isso e não mudei nada."),
    ("1", PROPOSAL, decided("done"), f"✅ Agendado para Maria: Corte, {WHEN} – R$ 50,00."),
    (
        "1",
        PROPOSAL,
        decided("done", result={**BOOKED, "dependent": "Rex", "price_cents": None}),
        f"✅ Agendado para Maria (Rex): Corte, {WHEN}.",
    ),
    ("1", PROPOSAL, decided("done", kind="move"), f"✅ Remarcado para Maria: Corte, agora {WHEN}."),
    ("1", PROPOSAL, decided("done", kind="cancel"), f"✅ Cancelado para Maria: Corte, {WHEN}."),
    ("1", PROPOSAL, decided("done", kind="paid"), f"✅ Pagamento anotado para Maria: R$ 45,00, Corte, {WHEN}."),
    ("1", PROPOSAL, decided("done", kind="no_show"), f"✅ Falta anotada para Maria: Corte, {WHEN}."),
    (
        "1",
        PROPOSAL,
        decided("done", kind="block", result={**BOOKED, "contact": None, "bookings": 2}),
        f"✅ Horário bloqueado: de {WHEN} até quarta-feira, 25 de novembro, às 16:00.\n"
        "Agendamentos que continuam marcados nesse período: 2.",
    ),
]


@pytest.mark.parametrize(("text", "proposal", "row", "told"), TOLD)
async def test_the_owner_hears_what_came_of_it(
    composed: Services, rows: GivenRows, *, text: str, proposal: OpenProposal, row: dict[str, Any], told: str
) -> None:
    """Each outcome in its own words, with the figures of the database and of nobody else."""
    rows.rows = {"decide_proposal": row}
    written = await confirmation(open_turn(text, proposal=proposal, audience=Audience.OWNER), composed)
    assert written is not None
    assert (written.text or "").replace("\xa0", " ") == told


async def test_what_deciding_put_into_the_outbox_is_published_with_the_answer(
    composed: Services, rows: GivenRows
) -> None:
    """Each with its own delay; the database is not told of it again."""
    unsent = {"message_id": str(UUID(int=8)), "instance_id": str(UUID(int=9)), "delay_seconds": 30}
    rows.rows = {"decide_proposal": decided("done", kind="message", result={"recipients": 1}, unsent=[unsent])}
    written = await confirmation(open_turn("1 4821", proposal=CODED, audience=Audience.OWNER), composed)
    assert isinstance(written, Written)
    assert written.unsent == (Unsent(message_id=UUID(int=8), instance_id=UUID(int=9), delay_seconds=30),)


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
@pytest.mark.parametrize("kind", ProposalKind)
async def test_every_kind_has_words_in_every_language(
    composed: Services, rows: GivenRows, kind: ProposalKind, locale: str
) -> None:
    """Done is told for all that can be proposed, and no name in braces is left over."""
    rows.rows = {"decide_proposal": decided("done", kind=kind, result={**BOOKED, "recipients": 3})}
    written = await confirmation(open_turn("sim", locale=locale), composed)
    assert written is not None
    assert (written.text or "").startswith("✅")
    assert "{" not in (written.text or "")


GREETING = OpenProposal(id=UUID(int=7), kind="message", preview="✉️ Parabéns para *Ana*:\n\nFeliz aniversário!")
BESIDE = OpenProposal(id=UUID(int=8), kind="message", preview="✉️ Mensagem para *Bruno*", code="4821", by_code=True)
SENT = decided("done", kind="message", result={"recipients": 1})


@pytest.mark.parametrize(
    ("text", "proposal", "asked", "told"),
    [
        (
            "1",
            GREETING,
            [(GREETING, "accept", None)],
            "✉️ Parabéns para *Ana*\n✅ A mensagem está a caminho.\n\n⏳ Aguardando a sua resposta:\n"
            "✉️ Mensagem para *Bruno*\n"
            "Responda *1 4821* para confirmar, *2 4821* para mudar ou *3 4821* para desistir.",
        ),
        (
            "1 4821",
            GREETING,
            [(BESIDE, "accept", "4821")],
            "✉️ Mensagem para *Bruno*\n✅ A mensagem está a caminho.\n\n⏳ Aguardando a sua resposta:\n"
            "✉️ Parabéns para *Ana*\nResponda *1* para confirmar, *2* para mudar ou *3* para desistir.",
        ),
        (
            "1 4821\n1",
            GREETING,
            [(BESIDE, "accept", "4821"), (GREETING, "accept", None)],
            "✉️ Mensagem para *Bruno*\n✅ A mensagem está a caminho.\n\n"
            "✉️ Parabéns para *Ana*\n✅ A mensagem está a caminho.",
        ),
        ("1 4821", None, [(BESIDE, "accept", "4821")], "✅ A mensagem está a caminho."),
        (
            "1",
            None,
            [],
            "Falta o código da proposta. Não fiz nada ainda.\n\n⏳ Aguardando a sua resposta:\n"
            "✉️ Mensagem para *Bruno*\n"
            "Responda *1 4821* para confirmar, *2 4821* para mudar ou *3 4821* para desistir.",
        ),
    ],
)
async def test_of_several_the_owner_hears_which_one_it_was_and_what_is_left(
    composed: Services,
    rows: GivenRows,
    *,
    text: str,
    proposal: OpenProposal | None,
    asked: list[tuple[OpenProposal, str, str | None]],
    told: str,
) -> None:
    """Each is named by what was shown of it; one that is left is told with how it is decided."""
    rows.rows = {"decide_proposal": SENT}
    turn = open_turn(text, proposal=proposal, others=(BESIDE,), audience=Audience.OWNER)
    written = await confirmation(turn, composed)
    assert written is not None
    assert written.text == told
    decisions: list[Any] = [given["decision"] for _, given in rows.calls]
    assert decisions == [
        {"proposal_id": str(each.id), "choice": choice, "code": code, "seq": 7} for each, choice, code in asked
    ]


async def test_a_wrong_code_among_several_names_none_and_tells_all(composed: Services, rows: GivenRows) -> None:
    """Which one was meant nobody knows; each waits as before."""
    rows.rows = {"decide_proposal": decided("wrong_code", left=2)}
    turn = open_turn("3 9999", proposal=GREETING, others=(BESIDE,), audience=Audience.OWNER)
    written = await confirmation(turn, composed)
    assert written is not None
    first, _, listed = (written.text or "").partition("\n\n⏳")
    assert first.startswith("Esse código não confere. Não fiz nada.")
    assert listed.count("Responda *1") == 2


async def test_a_code_that_no_open_proposal_has_does_nothing(composed: Services, rows: GivenRows) -> None:
    """An old answer that is sent again must not agree to what is open now."""
    written = await confirmation(open_turn("1 4821", proposal=GREETING, audience=Audience.OWNER), composed)
    assert written is not None
    assert (written.text or "").startswith("Nenhuma proposta em aberto tem esse código. Não fiz nada.\n\n⏳")
    assert rows.calls == []


async def test_a_repeated_run_decides_only_what_its_first_one_did_not(composed: Services, rows: GivenRows) -> None:
    """It died between two decisions of one turn: one is recalled, the other decided, and both are told."""
    rows.rows = {"decide_proposal": SENT}
    done = BESIDE.model_copy(update={"decided": True})
    repeated = open_turn("1 4821", "1", proposal=done, others=(GREETING,), audience=Audience.OWNER)
    written = await confirmation(repeated, composed)
    assert written is not None
    assert (written.text or "").count("✅ A mensagem está a caminho.") == 2
    decisions: list[Any] = [given["decision"] for _, given in rows.calls]
    assert [(each["proposal_id"], each["choice"]) for each in decisions] == [
        (str(done.id), "recall"),
        (str(GREETING.id), "accept"),
    ]
