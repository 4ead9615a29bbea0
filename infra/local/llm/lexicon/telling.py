"""What people tell of themselves, and how they decide on what was proposed to them."""

from infra.local.llm.lexicon.concept import Concept, said

ABOUT_SELF = Concept(
    name="about self",
    said=said(
        r"me chamo",
        r"(?:o )?meu nome (?:e|completo e)",
        r"(?:pode|podem)? ?me chamar? de",
        r"aqui (?:e|quem fala e) (?:o|a)",
        r"(?:eu )?sou (?:o|a) (?!dono|dona|gerente|proxim)",
        r"faco aniversario",
        r"(?:eu )?nasci",
        r"(?:o )?meu aniversario e",
        r"my name is",
        r"call me",
        r"my birthday is",
        r"i was born",
    ),
    served_by=("remember", "lembr", "guard", "anot"),
    but_not=("dependent", "pet"),
    over=frozenset({"birthdays", "contact"}),
    acts=True,
    passing=True,
)
_KIN = (
    r"(?:cachorr[oa]s?|caes?|cao|cadel\w+|dog|gat[oa]s?|gatinh[oa]s?|cat|pet|cachorrinh[oa]|filh[oa]s?"
    r"|filhinh[oa]|bebe|carro"
    r"|moto|veiculo|coelho|passarinho|puppy|kitten|son|daughter|kid|child|baby|car|truck|bike|rabbit|parrot)"
)
DEPENDENT = Concept(
    name="dependent",
    said=said(
        rf"tenho (?:um|uma|outr[oa]|mais um|mais uma) {_KIN}",
        rf"(?:meu|minha|nosso|nossa) {_KIN}(?: \w+)? (?:se )?(?:chama|nasceu|e (?:o|a))",
        r"o nome d(?:ele|ela) e",
        rf"i have (?:a|an|another) {_KIN}",
        rf"(?:my|our) {_KIN}(?: \w+)? (?:is (?:called|named)|was born|is a)",
        rf"my {_KIN}'s name is",
        r"(?:her|his) name is",
    ),
    served_by=("dependent", "pet"),
    over=frozenset({"contact", "birthdays", "about self"}),
    acts=True,
    passing=True,
)
AGREE = Concept(
    name="agree",
    said=said(
        r"pode (?:marcar|confirmar|sim|ser|agendar|fazer|cancelar|remarcar|mandar|desmarcar)",
        r"confirm\w*",
        r"sim",
        r"fechado",
        r"isso mesmo",
        r"(?:esta|ta) (?:otimo|bom|certo|perfeito)",
        r"perfeito",
        r"combinado",
        r"quero sim",
        r"yes",
        r"go ahead",
        r"sounds good",
        r"(?:that's|thats|it's) (?:fine|right|good|perfect|correct)",
        r"please do",
    ),
    served_by=("confirm", "accept", "aceit"),
    but_not=("appointment", "presen", "agendament", "attend", "drop"),
    decisive=True,
    acts=True,
)
DISAGREE = Concept(
    name="disagree",
    said=said(
        r"nao (?:quero|precisa|vou querer|confirm\w+|pode|marque|marca)",
        r"deixa (?:pra la|para la|quieto|assim)",
        r"desist\w+",
        r"melhor nao",
        r"esquec[ae]",
        r"cancel(?:a|e|ar)(?: (?:isso|tudo))?$",
        r"mudei de ideia",
        r"never ?mind",
        r"(?:don't|do not|i'd rather not|rather not|forget)",
        r"changed my mind",
        r"no,? (?:thanks|thank you)",
    ),
    served_by=("drop", "discard", "descart", "desist"),
    decisive=True,
    acts=True,
)

TELLING = (ABOUT_SELF, DEPENDENT, AGREE, DISAGREE)
