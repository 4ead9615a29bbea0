"""A person's words as a decision: yes, no, or something else."""

import pytest

from shared.assistants.decisions import Choice, Decision, decision_of
from shared.assistants.proposals import ProposalKind
from shared.models import Audience

YES = [
    *(
        "sim",
        "Sim!",
        "SIM",
        "s",
        "ss",
        "sim sim",
        "siiiim",
        "sin",
        "Sim.",
        "sim, por favor",
        "Sim, obrigada 😊",
        "simm",
    ),
    *("pode ser", "pode marcar", "Pode marcar sim", "pode agendar, por favor", "pode confirmar", "pode", "Pode sim 🙏"),
    *("isso", "isso mesmo", "Isso aí", "é isso", "exato", "confirmo", "Confirmado", "confirma", "eu confirmo"),
    *("ok", "Ok!", "okay", "blz", "beleza", "fechado", "Combinado", "perfeito", "tá bom", "tá ótimo", "tudo certo"),
    *("👍", "👍🏽", "👍👍", "✅", "👌", "quero", "quero sim", "eu quero", "claro", "com certeza", "marca", "agenda"),
    *("bom dia! sim", "oi, pode marcar", "sim\nobrigado", "sim\nvaleu!\n😘", "por mim tudo bem", "de acordo", "aceito"),
    *(
        "yes",
        "yes please",
        "Yep",
        "sure",
        "sounds good",
        "that's right",
        "go ahead",
        "ok thanks",
        "book it",
        "perfect!",
    ),
]
NO = [
    *("não", "Não!", "nao", "n", "nn", "naum", "naooo", "não, obrigado", "nao quero", "não quero mais", "não precisa"),
    *("deixa", "deixa pra lá", "Deixa para lá, obrigada", "cancela isso", "cancela", "desisti", "esquece", "agora não"),
    *("melhor não", "acho que não", "👎", "❌", "não por enquanto", "no", "nope", "no thanks", "No, thank you"),
    *("never mind", "not now", "don't", "forget it", "não\nobrigada", "i changed my mind"),
]
NEITHER = [
    *("sim, mas às 16h", "sim e quanto custa a tosa?", "sim, mas com a Paula", "pode ser às 10?", "sim?", "ok?"),
    *(
        "pode ser amanhã",
        "não, às 15h",
        "não, quero outro dia",
        "quero marcar outro",
        "sim 16h",
        "sim não",
        "não, pode",
    ),
    *(
        "obrigado",
        "bom dia",
        "🙏",
        "",
        "   ",
        "talvez",
        "acho que sim",
        "não sei",
        "1",
        "2",
        "hmm",
        "espera",
        "já volto",
    ),
    *(
        "não cancela",
        "no problem",
        "quanto custa?",
        "sim\nquanto custa?",
        "a Sim é minha gata",
        "confirmo quando souber",
    ),
    *("yes but later", "isso é caro", "pode me ligar", "ok, e o endereço", "sim, e marca também para a Mel", "2 sim"),
]


def client(text: str, kind: ProposalKind = ProposalKind.BOOK) -> Choice | None:
    decision = decision_of(text, Audience.CLIENT, kind=kind)
    return None if decision is None else decision.choice


@pytest.mark.parametrize("text", YES)
def test_a_yes_in_any_dress_agrees(text: str) -> None:
    """Politeness, pictures, repeated letters and typos change nothing."""
    assert client(text) is Choice.ACCEPT


@pytest.mark.parametrize("text", NO)
def test_a_no_in_any_dress_refuses(text: str) -> None:
    """As with a yes."""
    assert client(text) is Choice.DROP


@pytest.mark.parametrize("text", NEITHER)
def test_whatever_says_more_or_less_decides_nothing(text: str) -> None:
    """A condition, a question, a wish, both at once or mere politeness is for the assistant to understand."""
    assert client(text) is None


@pytest.mark.parametrize(
    ("text", "kind", "choice"),
    [
        ("cancela", ProposalKind.CANCEL, Choice.ACCEPT),
        ("pode cancelar", ProposalKind.CANCEL, Choice.ACCEPT),
        ("cancela isso", ProposalKind.CANCEL, Choice.ACCEPT),
        ("sim, pode desmarcar", ProposalKind.CANCEL, Choice.ACCEPT),
        ("não cancela", ProposalKind.CANCEL, Choice.DROP),
        ("não", ProposalKind.CANCEL, Choice.DROP),
        ("pode marcar", ProposalKind.CANCEL, None),
        ("cancela", ProposalKind.MOVE, None),
        ("cancela isso", ProposalKind.MOVE, Choice.DROP),
        ("pode remarcar", ProposalKind.MOVE, Choice.ACCEPT),
        ("pode mudar", ProposalKind.MOVE, Choice.ACCEPT),
        ("pode mudar", ProposalKind.BOOK, None),
        ("pode cancelar", ProposalKind.BOOK, Choice.DROP),
    ],
)
def test_an_order_is_read_by_what_was_proposed(text: str, kind: ProposalKind, choice: Choice | None) -> None:
    """ "Cancela" agrees to a cancellation and gives up a booking; where it could be either, nobody guesses."""
    assert client(text, kind) is choice


def yes(code: str | None = None) -> Decision:
    return Decision(choice=Choice.ACCEPT, code=code)


@pytest.mark.parametrize(
    ("text", "plain", "coded"),
    [
        ("1", yes(), yes()),
        ("1.", yes(), yes()),
        ("1️⃣", yes(), yes()),
        ("opção 1", yes(), yes()),
        ("Opcao 1, obrigada", yes(), yes()),
        ("1\nobrigada", yes(), yes()),
        ("1 4821", yes("4821"), yes("4821")),
        ("1-4821", yes("4821"), yes("4821")),
        ("1 - 4821", yes("4821"), yes("4821")),
        ("1, código 4821", yes("4821"), yes("4821")),
        ("opção 1 4821", yes("4821"), yes("4821")),
        ("2", Decision(choice=Choice.EDIT), Decision(choice=Choice.EDIT)),
        ("opção 2", Decision(choice=Choice.EDIT), Decision(choice=Choice.EDIT)),
        ("3", Decision(choice=Choice.DROP), Decision(choice=Choice.DROP)),
        ("sim", yes(), None),
        ("pode mandar", yes(), None),
        ("sim 4821", None, yes("4821")),
        ("não", Decision(choice=Choice.DROP), Decision(choice=Choice.DROP)),
        ("4821", None, None),
        ("1 48213", None, None),
        ("1 hora depois", None, None),
        ("12", None, None),
        ("4", None, None),
        ("2 clientes faltaram", None, None),
        ("1?", None, None),
        ("1 e 3", None, None),
        ("1,5", None, None),
    ],
)
def test_an_owner_decides_by_number(text: str, plain: Decision | None, coded: Decision | None) -> None:
    """Where the proposal has a code, a yes alone is too little; figures that mean something else decide nothing."""
    assert decision_of(text, Audience.OWNER, kind=ProposalKind.MESSAGE) == plain
    assert decision_of(text, Audience.OWNER, kind=ProposalKind.MESSAGE, coded=True) == coded
