"""Words of Portuguese and English, without accents, case and endings."""

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_ENDINGS = (
    *(
        "acoes",
        "acao",
        "mentos",
        "mento",
        "oes",
        "ing",
        "ies",
        "ns",
        "is",
        "es",
        "as",
        "os",
        "am",
        "em",
        "ar",
        "er",
        "ir",
    ),
    *("s", "a", "o", "e", "y"),
)
_MIN_STEM = 3


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list written as text."""
    return frozenset(text.split())


#: Words without a subject of their own, in both languages, folded.
STOP_WORDS = word_set(
    """
    a ao aos aquela aquele aquilo as ate com como da das de do dos e ela ele elas eles em entre era essa esse esta este
    eu foi ha isso isto ja la lhe mais mas me mesmo meu meus minha minhas muito na nas nao no nos o os ou para pra pro
    pela pelas pelo pelos por porque qual quais quando que quem se sem ser sera seu seus sua suas so tambem te tem tenho
    ter teu um uma umas uns voce voces vc vcs vou vai vamos sao sou esta estao estou tao ai aqui ali tudo bem bom boa
    queria quero gostaria saber pode podia poderia consegue favor porfavor obrigado obrigada moco moca oi ola opa entao
    ta tá ne certo ok hoje agora gente pessoal duvida
    i me my we our you your he she it its they them this that these those am is are was were be been being have has had
    do does did a an the and but if or because as until while of at by for with about against to from in out on off so
    than too very can could will would should may please just what which who whom when where why how hi hello hey want
    need like know tell give get some any there here hello thanks thank ok okay today now ill id im whats
    """
)


def fold(text: str) -> str:
    """Return lower-case text without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """Return the folded words of a text, in order; snake_case counts as several words."""
    return _WORD.findall(fold(text.replace("_", " ")))


def stem(word: str) -> str:
    """Return a folded word without its most common endings, so that kin words meet."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            return word.removesuffix(ending)
    return word


def subjects_of(text: str) -> list[str]:
    """Return the stems of the words that carry a subject, in order."""
    return [stem(word) for word in words_of(text) if word not in STOP_WORDS and len(word) > 1]
