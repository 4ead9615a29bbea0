"""Another bot at the other end is heard; a person, however quick or repetitive, is not taken for one."""

from datetime import timedelta

import pytest

from shared.models import HistoryMessage, Speaker
from shared.resilience.loop import LoopReason, looks_like_a_bot
from shared.whatsapp.events import Kind
from tests.unit.resilience.conftest import START

Line = tuple[float, str, str | None]  #: seconds since the start, who, what


def history(*lines: Line) -> list[HistoryMessage]:
    speakers = {"we": Speaker.ASSISTANT, "they": Speaker.CONTACT, "owner": Speaker.BUSINESS}
    return [
        HistoryMessage(
            speaker=speakers[who],
            kind=Kind.TEXT if text is not None else Kind.IMAGE,
            text=text,
            sent_at=START + timedelta(seconds=at),
        )
        for at, who, text in lines
    ]


def exchanges(count: int, *, every: float) -> list[Line]:
    """So many answers to us, each in other words, one every so many seconds."""
    lines: list[Line] = []
    for number in range(count):
        lines += [(number * every, "we", f"Resposta {number}"), (number * every + 1, "they", f"Pergunta {number}")]
    return lines


REPEATED = "Digite 1 para vendas ou 2 para suporte"

LOOPS: dict[str, tuple[list[Line], LoopReason]] = {
    "eight exchanges in a minute": (exchanges(8, every=7), LoopReason.TOO_FAST),
    "the same text twice": (
        [(0, "we", "Olá!"), (2, "they", REPEATED), (8, "we", "Como posso ajudar?"), (10, "they", REPEATED)],
        LoopReason.REPEATED,
    ),
    "the same text but for case, accents and spaces": (
        [
            (0, "we", "Olá!"),
            (2, "they", "Opção inválida. Tente novamente."),
            (8, "we", "Perdão?"),
            (10, "they", "  opcao INVÁLIDA.  Tente\nnovamente."),
        ],
        LoopReason.REPEATED,
    ),
    "the same text with the owner's word between": (
        [(0, "we", "Hi!"), (2, "they", REPEATED), (5, "owner", "?"), (8, "we", "Hello?"), (10, "they", REPEATED)],
        LoopReason.REPEATED,
    ),
    "the same text a day later": (
        [(0, "we", "Oi!"), (2, "they", REPEATED), (86_400, "we", "Oi!"), (86_402, "they", REPEATED)],
        LoopReason.REPEATED,
    ),
    "an automatic text after another word": (
        [(0, "we", "Oi!"), (1, "they", "Olá!"), (2, "they", "Esta é uma mensagem automática.")],
        LoopReason.AUTO_REPLY,
    ),
}


@pytest.mark.parametrize(("lines", "reason"), LOOPS.values(), ids=LOOPS)
def test_a_loop_is_heard(lines: list[Line], reason: LoopReason) -> None:
    """The newest messages give it away, and the reason is said."""
    assert looks_like_a_bot(history(*lines)) is reason


CONVERSATIONS: dict[str, list[Line]] = {
    "nothing": [],
    "only ours": [(0, "we", "Olá!")],
    "a first message": [(0, "they", REPEATED)],
    "five exchanges in a minute": exchanges(5, every=10),
    "six exchanges in more than a minute": exchanges(6, every=13),
    "a burst without an answer": [(number, "they", f"Pergunta {number}") for number in range(20)],
    "a short text twice": [(0, "we", "Confirma?"), (2, "they", "sim"), (8, "we", "E o horário?"), (10, "they", "Sim")],
    "a long text twice, by somebody who types": [
        (0, "we", "Olá!"),
        (25, "they", REPEATED),
        (30, "we", "Perdão?"),
        (55, "they", REPEATED),
    ],
    "a long text twice, pasted once and typed once": [
        (0, "we", "Olá!"),
        (2, "they", REPEATED),
        (30, "we", "Perdão?"),
        (55, "they", REPEATED),
    ],
    "the same text twice in one burst": [(0, "we", "Olá!"), (2, "they", REPEATED), (3, "they", REPEATED)],
    "the same text with another between": [
        (0, "we", "Olá!"),
        (2, "they", REPEATED),
        (8, "we", "Perdão?"),
        (10, "they", "Quero marcar um banho para o meu cachorro"),
    ],
    "two pictures": [(0, "we", "Mande a foto"), (2, "they", None), (8, "we", "Outra?"), (10, "they", None)],
    "the same text to the owner": [
        (0, "owner", "Olá!"),
        (2, "they", REPEATED),
        (8, "owner", "Perdão?"),
        (10, "they", REPEATED),
    ],
    "an automatic text long ago, and a person now": [
        (0, "we", "Olá!"),
        (1, "they", "Esta é uma mensagem automática."),
        (60, "we", "Está bem!"),
        (3600, "they", "Oi, agora sou eu"),
    ],
    "a repeated text long ago, and a person now": [
        (0, "we", "Olá!"),
        (2, "they", REPEATED),
        (8, "we", "Perdão?"),
        (10, "they", REPEATED),
        (60, "we", "Até logo!"),
        (3600, "they", "Oi, agora sou eu"),
    ],
    "an automatic text to the owner": [
        (0, "we", "Olá!"),
        (1, "owner", "Sou eu, a dona"),
        (2, "they", "Esta é uma mensagem automática."),
    ],
    "a fast talk with the owner": [
        line for number in range(10) for line in ((2 * number, "owner", "?"), (2 * number + 1, "they", f"{number}"))
    ],
    "we spoke last": [(0, "we", "1"), (2, "they", REPEATED), (8, "we", "2"), (10, "they", REPEATED), (12, "we", "3")],
}


@pytest.mark.parametrize("lines", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_a_person_is_not_taken_for_a_bot(lines: list[Line]) -> None:
    """Quick, repetitive and impatient people are answered."""
    assert looks_like_a_bot(history(*lines)) is None


AUTO_REPLIES = (
    "Esta é uma mensagem automática. Por favor, aguarde.",
    "*Mensagem automática*: voltamos às 8h",
    "Resposta automática - estou em viagem",
    "Por favor, não responda esta mensagem.",
    "Favor não responda a este número",
    "Este número não recebe mensagens.",
    "Agradecemos sua mensagem. Não estamos disponíveis no momento, mas responderemos assim que possível.",
    "A Clínica Sol agradece o seu contato! Em breve retornaremos.",
    "Olá! Agradecemos seu contato. Como podemos ajudar?",
    "No momento não podemos atender",
    "Estamos fora do horário de atendimento 😴",
    "This is an automated message, please do not reply.",
    "Automatic reply: I am back on Monday",
    "Please do not reply to this message",
    "Thank you for your message. We're unavailable right now, but will respond as soon as possible.",
    "Thank you for contacting Sun Clinic! Please let us know how we can help you.",
    "We’re unavailable at the moment",
    "I am out of the office until May 3",
)


@pytest.mark.parametrize("text", AUTO_REPLIES)
def test_a_known_automatic_text_is_heard(text: str) -> None:
    """In Portuguese and in English, right after ours."""
    assert looks_like_a_bot(history((0, "we", "Olá!"), (1, "they", text))) is LoopReason.AUTO_REPLY


@pytest.mark.parametrize("text", AUTO_REPLIES)
def test_an_automatic_text_starts_no_loop(text: str) -> None:
    """Without a word of ours just before there is nothing to break, whoever wrote it."""
    assert looks_like_a_bot(history((0, "they", text))) is None
    assert looks_like_a_bot(history((0, "we", "Olá!"), (45, "they", text))) is None


@pytest.mark.parametrize(
    "text",
    [
        "Recebi uma mensagem automática de vocês, é isso mesmo?",
        "Agradeço o contato, vou pensar",
        "Obrigada! Como faço para remarcar?",
        "Não responda ainda, estou vendo minha agenda",
        "Vocês estão fora do horário de atendimento?",
        "No momento não quero, obrigado",
        "Is this an automated message or a person?",
        "Thank you for your message, see you tomorrow!",
        "Do not reply to him please",
        "Are you out of the office today?",
    ],
)
def test_people_speak_of_machines_too(text: str) -> None:
    """The words alone do not make a machine."""
    assert looks_like_a_bot(history((0, "we", "Olá!"), (5, "they", text))) is None
