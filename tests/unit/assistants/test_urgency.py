"""Which messages are routed to a person without the model, and which only sound like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.assistants.urgency import Urgency, urgency_of

EMERGENCY = (
    "meu cachorro está sangrando muito",
    "ele está sangrando posso levar aí?",
    "ela foi atropelada e não tem ninguém aqui",
    "he is bleeding and I never saw so much blood",
    "Ela tá sangrando!!",
    "hemorragia, o que eu faço?",
    "o gato teve uma convulsão agora",
    "ele está convulsionando",
    "acho que ele foi envenenado",
    "minha gata está intoxicada",
    "o cachorro comeu veneno de rato",
    "comeu um pedaço de chumbinho",
    "ele não respira",
    "não está conseguindo respirar",
    "ela não consegue respirar direito",
    "parou de respirar",
    "estou com falta de ar",
    "o bebê engasgou",
    "minha mãe desmaiou",
    "ele está inconsciente",
    "meu cachorro foi atropelado",
    "Meu gato foi atropelado. Vocês atendem agora?",
    "estou com dor no peito",
    "dor forte no peito e no braço",
    "acho que é um infarto",
    "ele está passando mal",
    "passei muito mal depois do procedimento",
    "emergência",
    "EMERGÊNCIA!!!",
    "é uma emergência",
    "Oi, é uma emergência",
    "tenho uma urgência aqui",
    "socorro",
    "Socorro, me ajudem",
    "quero me matar",
    "a casa está pegando fogo",
    "my dog is bleeding a lot",
    "he's having a seizure",
    "I think she was poisoned",
    "the cat ate rat poison",
    "he can't breathe",
    "she fainted",
    "he was hit by a car",
    "I have chest pain",
    "it's an emergency",
    "Emergency!",
)
PERSON = (
    "quero falar com uma pessoa",
    "Quero falar com um atendente.",
    "gostaria de falar com o dono",
    "preciso falar com alguém da equipe",
    "posso falar com um humano?",
    "tem como falar com uma atendente?",
    "quero conversar com a gerente",
    "atendente",
    "ATENDENTE!!",
    "humano",
    "humano por favor",
    "falar com atendente",
    "me passa pro dono",
    "me passa para um atendente",
    "me transfere para uma pessoa",
    "chama o gerente",
    "chame alguém de verdade",
    "quero atendimento humano",
    "quero um humano",
    "não quero falar com robô",
    "não quero falar com robô, quero uma pessoa real",
    "quero uma pessoa de verdade",
    "talk to a human",
    "I want to speak to a real person",
    "can I talk to someone?",
    "let me speak with the manager",
    "agent",
    "I need a human",
    "I don't want to talk to a bot",
)
NOTHING = (
    "vocês atendem emergência?",
    "vocês atendem emergência veterinária?",
    "atendem casos de envenenamento?",
    "vocês tratam intoxicação?",
    "quanto custa a consulta de emergência?",
    "qual o telefone da emergência?",
    "não é emergência, só uma dúvida",
    "ele não está sangrando",
    "não desmaiou não",
    "já parou de sangrar, obrigada",
    "ele teve convulsão no ano passado",
    "ela foi atropelada ano passado e ficou manca",
    "a vacina pode causar convulsão?",
    "e se ele desmaiar na tosa?",
    "histórico de convulsão",
    "é urgente, preciso de um horário hoje",
    "meu carro está fazendo barulho",
    "estou passando aí mais tarde",
    "corte de cabelo curto",
    "não quero falar com atendente",
    "não precisa falar com uma pessoa",
    "não preciso de atendente",
    "não precisa chamar ninguém",
    "o atendente foi ótimo",
    "a atendente me atendeu muito bem ontem",
    "falei com a gerente ontem",
    "já falei com o dono",
    "tem horário com a doutora Ana?",
    "quero marcar com a veterinária",
    "é uma pessoa ou um robô?",
    "uma pessoa",
    "como se chama o dono?",
    "preciso falar com o dono do cachorro antes",
    "vou falar com a gerente do banco",
    "sou a Socorro, quero um horário",
    "tô morrendo de vontade de um café",
    "meu ar está com falta de ar condicionado, dá pra trocar?",
    "fui atendida muito mal",
    "help",
    "quantas pessoas cabem?",
    "recursos humanos é aí?",
    "é para uma pessoa só",
    "I don't want to talk to a human",
    "do you treat seizures?",
    "it's not an emergency",
    "the agent was great",
    "he had a seizure last year",
    "is there a person limit?",
    "oi",
    "",
    "👍",
)


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        *((text, Urgency.EMERGENCY) for text in EMERGENCY),
        *((text, Urgency.PERSON_WANTED) for text in PERSON),
        *((text, None) for text in NOTHING),
    ],
)
def test_what_needs_a_person_is_told_from_talk_about_it(text: str, urgency: Urgency | None) -> None:
    """An emergency that happens and the wish for a person are seen; denials, questions and praise are not."""
    assert urgency_of(text) == urgency


def test_an_emergency_wins() -> None:
    """Who asks for a person in an emergency is told what to do in the emergency."""
    assert urgency_of("quero falar com um atendente, meu gato está sangrando") is Urgency.EMERGENCY


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    """Whatever people type gets an answer, also when it is no language at all."""
    assert urgency_of(text) in {None, *Urgency}
