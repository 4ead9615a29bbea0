"""What customers say of themselves."""

from shared.assistants.texts.catalog.contact_facts import ContactFactTexts

TEXTS = ContactFactTexts(
    remember_customer=(
        "Guarda o nome ou o aniversário que o cliente disse de si mesmo. name: como quer ser chamado. "
        "birthday: AAAA-MM-DD, ou MM-DD quando não disse o ano. Guarde só o que o cliente disse; nunca suponha."
    ),
    remember_dependent=(
        "Guarda de quem ou de que o cliente cuida. kind: pet, child (criança), vehicle (veículo) ou other. "
        "name: o nome ou, de um veículo, o modelo. birthday: AAAA-MM-DD, ou MM-DD quando não disse o ano. "
        "details: raça, porte, placa, alergias. Guarde só o que o cliente disse; nunca suponha."
    ),
)
