"""Which of the two languages a text is in."""

from typing import Literal

from infra.local.llm.words import fold, word_set, words_of

Language = Literal["pt", "en"]

_PORTUGUESE = word_set(
    """
    oi ola bom boa dia tarde noite voce voces vc vcs que quem qual quais quanto quantos quanta
    quando onde como custa preco precos valor valores servico servicos horario horarios horas abre
    abrem fecha fecham aberto hoje amanha nao sim obrigado obrigada valeu por favor para pra com uma
    meu minha tem quero queria gostaria falar alguem pessoa resumo cliente contato telefone e o os
    um do da dos das no na tchau ate segunda terca quarta quinta sexta sabado domingo faturei foi
    ficou responda assistente portugues sao ao
    """
)
_ENGLISH = word_set(
    """
    hi hello hey good morning afternoon evening you your what who which how much many when where price prices cost costs
    service services hours open opens close closes closed today tomorrow yes thanks thank please for with my is are
    the an do does want would like talk to someone person summary customer contact phone and of on at bye monday tuesday
    wednesday thursday friday saturday sunday did was were assistant english answer i
    find look show next last revenue numbers
    """
)


def language_of(text: str) -> Language | None:
    """Return the language that a text shows more of, None when it shows neither."""
    words = words_of(text)
    accents = sum(letter in "ãõáéíóúâêôç" for letter in text.lower())
    portuguese = sum(word in _PORTUGUESE for word in words) + accents
    english = sum(word in _ENGLISH for word in words) + fold(text).count("'s ")
    if portuguese == english:
        return None
    return "pt" if portuguese > english else "en"
