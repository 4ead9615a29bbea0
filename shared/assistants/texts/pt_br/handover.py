"""Calling a person of the team."""

from shared.assistants.texts.catalog.handover import HandoverTexts

TEXTS = HandoverTexts(
    handover_notice=(
        "🙋 {contact} precisa de uma pessoa da equipe.\nMotivo: {reason}\nEu não respondo mais nessa conversa."
    ),
    hand_over_to_human=(
        "Passa a conversa a uma pessoa da equipe. Use quando o cliente pedir uma pessoa, em emergência, "
        "em reclamação séria, ou quando você não souber ou não puder resolver. "
        "reason: em português, em uma frase, o que o cliente precisa."
    ),
)
