"""Whether somebody's words decide what was proposed to them: a yes or a no, and nothing more.

A message that says anything beside is no decision, so that "sim, mas às 16h" and "sim, e quanto custa?" are understood
as what they are. The words are those of Portuguese and English chats, with their politeness, pictures and typos.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from shared.assistants.proposals import ProposalKind
from shared.models import Audience
from shared.words import fold


class Choice(StrEnum):
    """What a person wants of a proposal."""

    ACCEPT = "accept"
    EDIT = "edit"  #: it stays open, something about it must change
    DROP = "drop"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What somebody decided."""

    choice: Choice
    code: str | None = None  #: the four digits that were repeated


_REPEATED = re.compile(r"(.)\1+")
_NO_WORD = re.compile(r"[^\w]+")
_PAUSE = re.compile(r"[,;:.!\n]+")  # "não, quero" is not "não quero"
# The key with a figure is the figure before U+20E3 (Unicode Technical Standard #51, emoji keycap sequence).
_SIGNS = {"👍": " sim ", "👌": " sim ", "✅": " sim ", "🆗": " sim ", "👎": " nao ", "❌": " nao ", "🚫": " nao "}
_OWNER = re.compile(r"(?:(?:opcao|option|op|numero|number|n) )?([123])(?: (?:(?:codigo|cod|code) )?(\d{4}))?")
_YES_AND_CODE = re.compile(r"(.+) (\d{4})")
_BY_NUMBER = {"1": Choice.ACCEPT, "2": Choice.EDIT, "3": Choice.DROP}


def _words_of(text: str) -> tuple[str, ...]:
    """Return the words, pictures that say yes or no among them; letters that are written twice or more count once."""
    folded = fold(text)
    for sign, word in _SIGNS.items():
        folded = folded.replace(sign, word)
    return tuple(_REPEATED.sub(r"\1", word) for word in _NO_WORD.sub(" ", folded).split())


def _phrases(*lines: str) -> frozenset[tuple[str, ...]]:
    """Read phrases that are parted by commas."""
    return frozenset(_words_of(phrase) for line in lines for phrase in line.split(","))


def _each(verbs: str) -> frozenset[tuple[str, ...]]:
    """Read verbs, as an order, a wish, and with "you may" before them."""
    return _phrases(
        verbs, *(f"{start} {verb}" for verb in verbs.split(",") for start in ("pode", "pode sim", "please"))
    )


_YES = _phrases(
    "sim, s, ss, sin, sm, sim sim, claro, claro que sim, com certeza, certeza, positivo, aham, uhum, isso",
    "isso mesmo, isso ai, e isso, e isso ai, isso sim, exato, exatamente, certo, ta certo, esta certo, tudo certo",
    "certinho, correto, ta correto, ok, oks, okay, okey, okei, ok ok, blz, blza, beleza, joia, show, top, bora",
    "vamos, perfeito, otimo, ta, ta bom, esta bom, ta otimo, ta ok, tudo bem, tudo ok, combinado, fechado, fechou",
    "feito, aceito, concordo, de acordo, pode, pode sim, pode ser, pode ser sim, pode fechar, pode ir",
    "pode mandar ver, manda ver, quero, quero sim, eu quero, confirma, confirmo, confirmado, confirmada",
    "confirmar, confirme, confirma ai, pode confirmar, pode confirma, confirmadissimo, por mim ok",
    "por mim tudo bem, por mim pode ser, sim pode, sim pode ser, sim quero, eu confirmo, sim eu confirmo, y, yes",
    "yep, yeah, yup, ye, sure, of course, go ahead, do it, please do, sounds good, sounds great, thats right",
    "that's right, that's it, correct, right, confirm, confirmed, i confirm, perfect, great, good, all good, fine",
    "deal, that works, works for me, yes please, yes i do, i do, absolutely, definitely, agreed",
)
_NO = _phrases(
    "nao, n, nn, naum, nao nao, nao quero, nao quero mais, nao quero nao, quero nao, eu nao quero, nao precisa",
    "precisa nao, nao precisa mais, nao precisa nao, deixa, deixa pra la, deixa para la, deixa pra depois",
    "deixa quieto, deixa isso, deixe, deixe pra la, esquece, esquece isso, esqueca, desisto, desisti, melhor nao",
    "acho que nao, agora nao, hoje nao, ainda nao, por enquanto nao, nao por enquanto, negativo, de jeito nenhum",
    "nada disso, nao confirmo, nao confirma, nao aceito, nao concordo, nao vou querer, nao vai dar",
    "nao faz, nao faca, cancela isso, cancele isso, pode cancelar isso, no, nope, nah, no no, no way, not now",
    "don't, dont, do not, never mind, nevermind, forget it, forget that, cancel that, no need, i don't want it",
    "i don't want to, i changed my mind, rather not",
)
_POLITE = _phrases(
    "obrigado, obrigada, obg, obgd, obrigadao, brigado, brigada, muito obrigado, muito obrigada, valeu, vlw",
    "agradeco, por favor, pf, pfv, pfvr, por gentileza, gentileza, bom dia, boa tarde, boa noite, oi, ola, oie",
    "opa, ah, entao, moco, moca, querida, querido, gente, viu, mesmo, so isso, ate la, ate mais, ate logo",
    "ate amanha, abraco, abracos, beijo, beijos, bjs, bj, amem, eba, uhu, thanks, thank you, thank you so much",
    "thanks a lot, thx, ty, please, pls, plz, hi, hello, hey, oh, then, see you, bye",
)
# What an order says of the proposal depends on what was proposed: "cancela" agrees to a cancellation.
_ORDERS: dict[ProposalKind, frozenset[tuple[str, ...]]] = {
    ProposalKind.BOOK: _each(
        "marcar, marca, marque, agendar, agenda, agende, reservar, reserva, reserve, book, book it"
    ),
    ProposalKind.MOVE: _each(
        "remarcar, remarca, remarque, reagendar, reagenda, mudar, muda, mude, trocar, troca, troque, alterar, altera, "
        "marcar, marca, move it, change it, reschedule, reschedule it"
    ),
    ProposalKind.CANCEL: _each(
        "cancelar, cancela, cancele, desmarcar, desmarca, desmarque, cancela isso, cancelar isso, cancel, cancel it, "
        "cancel that"
    ),
    ProposalKind.BLOCK: _each("bloquear, bloqueia, bloqueie, block it"),
    ProposalKind.MESSAGE: _each("enviar, envia, envie, mandar, manda, mande, send, send it"),
    ProposalKind.NO_SHOW: _each("marcar, marca, anotar, anota, mark it"),
    ProposalKind.PAID: _each("marcar, marca, anotar, anota, mark it"),
}
_WITHDRAWN = _phrases("cancela, cancelar, cancele, pode cancelar, cancel, cancel it")
# A proposal to move or to cancel leaves two things to cancel, or not to.
_CLEAR_TO_CANCEL = frozenset(ProposalKind) - {ProposalKind.MOVE, ProposalKind.CANCEL}
_KEPT = _phrases("nao cancela, nao cancele, nao cancelar, nao desmarca, nao desmarque, don't cancel, don't cancel it")
_LONGEST = 5  # words of a phrase


def decision_of(text: str, audience: Audience, *, kind: ProposalKind, coded: bool = False) -> Decision | None:
    """Return what `text` decides, None when it says more or less than a decision.

    It is all that the person wrote in this turn, `kind` what was proposed to them. An owner decides by 1, 2 or 3, with
    the code where the proposal is `coded`; a plain yes is enough where it is not.
    """
    if "?" in text:
        return None
    if audience is Audience.OWNER and (decision := decision_by_number(text)) is not None:
        return decision
    code = None
    if audience is Audience.OWNER and coded and (found := _YES_AND_CODE.fullmatch(_plain(text))) is not None:
        text, code = found[1], found[2]
    choice = _choice(text, kind)
    if choice is Choice.ACCEPT and coded and code is None:
        return None
    return None if choice is None else Decision(choice=choice, code=code)


def decision_by_number(text: str) -> Decision | None:
    """Return what an owner's "1", "1 4821" or "opção 2" decides, with thanks after it or without, None for all else."""
    if "?" in text:
        return None
    plain = _plain(text)
    found = _OWNER.match(plain)
    if found is None:
        return None
    rest = _words_of(plain[found.end() :])
    if plain[found.end() : found.end() + 1] not in ("", " ") or _parts(rest, _POLITE) is None:
        return None
    return Decision(choice=_BY_NUMBER[found[1]], code=found[2])


def is_politeness(text: str) -> bool:
    """Whether `text` says nothing, or nothing but thanks and greetings."""
    return _parts(_words_of(text), _POLITE) is not None


def _plain(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", fold(text)).split())


def _choice(text: str, kind: ProposalKind) -> Choice | None:
    """Return the one thing that all of `text` says, politeness aside."""
    orders = _ORDERS[kind]
    refusals = _NO - orders
    if kind in _CLEAR_TO_CANCEL:
        refusals |= _WITHDRAWN
    if kind is ProposalKind.CANCEL:
        refusals |= _KEPT
    agreements = _YES | orders
    parts = [_parts(_words_of(piece), agreements | refusals | _POLITE | _KEPT) for piece in _PAUSE.split(text)]
    if None in parts:
        return None
    said = set(chain.from_iterable(filter(None, parts))) - (_POLITE - agreements)
    agrees, refuses = bool(said & agreements), bool(said & refusals)
    if agrees == refuses or said - agreements - refusals:
        return None
    return Choice.ACCEPT if agrees else Choice.DROP


def _parts(words: tuple[str, ...], phrases: frozenset[tuple[str, ...]]) -> list[tuple[str, ...]] | None:
    """Return `words` as phrases, the longest first, None when something is left over."""
    parts = []
    while words:
        length = next((size for size in range(_LONGEST, 0, -1) if words[:size] in phrases), None)
        if length is None:
            return None
        parts.append(words[:length])
        words = words[length:]
    return parts
