"""Whether a message asks to be left alone: keywords and phrases, and the many sentences that only look like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.whatsapp.opt_out import MessagingWish, confirms_stop, messaging_wish

STOP = (
    "parar",
    "PARAR",
    "Parar!",
    "pare",
    "Pare, por favor",
    "sair",
    "SAIR.",
    "Quero sair",
    "stop",
    "STOP 🛑",
    "  Stop please ",
    "stop all",
    "descadastrar",
    "Descadastre",
    "quero me descadastrar",
    "remover",
    "unsubscribe",
    "Unsubscribe me",
    "opt out",
    "QUIT",
    "Boa tarde, parar",
    "não quero mais receber mensagens",
    "nao quero receber msg",
    "Não quero mais mensagens de vocês!",
    "Não quero mais receber mensagens, obrigada",
    "não quero mais receber nada de vocês",
    "não quero mais receber",
    "não desejo mais receber essas propagandas",
    "Oi, eu não quero que vocês me mandem mais mensagens",
    "não quero receber promoções",
    "pare de me mandar mensagem",
    "Parem de mandar mensagem!!!",
    "para de me mandar mensagem",
    "vocês podem parar de me enviar mensagens?",
    "quero parar de receber mensagens",
    "como faço para deixar de receber mensagens?",
    "não me mande mais mensagens",
    "Nao me envie mais nada",
    "não me mandem mais",
    "nunca mais me mandem mais mensagem",
    "não entrem mais em contato",
    "chega de mensagem",
    "me tira da lista",
    "Me tirem dessa lista",
    "tira meu número da lista",
    "remova meu contato do cadastro",
    "quero sair da lista",
    "me descadastra por favor",
    "cancelar o recebimento",
    "cancelar inscrição",
    "Quero cancelar as mensagens",
    "Oi.\nNão quero mais receber mensagens.",
    "stop sending me messages",
    "Please stop texting me",
    "stop messaging me!!",
    "I don't want to receive messages anymore",
    "I don’t want your messages",
    "do not contact me again",
    "don't text me",
    "no more messages please",
    "Take me off your list",
    "remove my number from this list",
    "please unsubscribe me",
    "I want to opt out",
)
UNCLEAR = (
    "cancelar",
    "Cancelar.",
    "quero cancelar",
    "cancela",
    "cancela por favor",
    "Gostaria de cancelar",
    "não quero mais",
    "Não quero mais!",
    "não quero mais nada",
    "me remove",
    "me remova, por favor",
    "me tira",
    "excluir",
    "para",
    "chega",
    "quero parar",
    "me deixa em paz",
    "cancel",
    "I want to cancel",
    "remove me",
    "leave me alone",
)
RESUME = (
    "voltar a receber",
    "START",
    "start!",
    "quero receber",
    "Quero voltar a receber mensagens",
    "quero receber mensagens de novo",
    "pode voltar a me mandar mensagens",
    "reativar",
    "unstop",
    "subscribe",
    "I want to receive messages again",
)
NOTHING = (
    "tem como parar a dor?",
    "quero cancelar meu horário",
    "preciso cancelar o banho de amanhã",
    "não quero mais banho, quero tosa",
    "não quero mais o horário de sexta",
    "não quero tosa, me manda mensagem amanhã",
    "não quero a promoção, quero o banho normal",
    "me tira da lista de espera",
    "quero sair da lista de espera",
    "remove me from the waiting list",
    "meu cachorro não para de latir",
    "para amanhã",
    "para quando tem horário?",
    "é para sair que horas?",
    "que horas posso sair daí?",
    "pode parar o carro na frente?",
    "onde posso parar o carro?",
    "não pare de me mandar mensagens, adoro",
    "não quero parar de receber mensagens",
    "por que vocês pararam de me mandar mensagem?",
    "não me mande mais que duas opções",
    "não manda mensagem agora, estou dirigindo",
    "não recebi mais mensagens de vocês",
    "vocês mandaram mensagem ontem?",
    "remover a mancha do sofá custa quanto?",
    "quero remover o tártaro",
    "não",
    "não, obrigado",
    "sim",
    "oi",
    "",
    "🛑",
    "quero receber um orçamento",
    "posso receber o resultado por aqui?",
    "quando volta a abrir?",
    "non-stop music?",
    "where is the bus stop",
    "don't stop sending me messages",
    "I want to cancel my appointment",
    "can you start at 9?",
    "I didn't get your message",
    "don't remove me from the list",
)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        *((text, MessagingWish.STOP) for text in STOP),
        *((text, MessagingWish.UNCLEAR) for text in UNCLEAR),
        *((text, MessagingWish.RESUME) for text in RESUME),
        *((text, None) for text in NOTHING),
    ],
)
def test_wishes_about_messages_are_told_from_everything_else(text: str, wish: MessagingWish | None) -> None:
    """A keyword alone or a phrase about messages counts, whatever its case or emoji; appointments never do."""
    assert messaging_wish(text) == wish


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        *(
            (text, True)
            for text in ("1", "1.", "sim", "Sim, parar mensagens", "parar mensagens", "1 - Parar mensagens")
        ),
        *((text, True) for text in ("parar", "pode parar", "as mensagens", "Yes, stop messages", "messages")),
        *(
            (text, False)
            for text in ("2", "agendamento", "não", "o horário", "cancelar", "sim, o horário de amanhã", "")
        ),
    ],
)
def test_the_answer_to_our_question_is_understood(text: str, stops: bool) -> None:
    """Only what can mean nothing else stops the messages."""
    assert confirms_stop(text) is stops


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    """Whatever people type gets an answer, also when it is no language at all."""
    assert messaging_wish(text) in {None, *MessagingWish}
