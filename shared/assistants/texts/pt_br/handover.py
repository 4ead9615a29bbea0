"""Calling a person of the team, and keeping the assistant out of the way."""

from shared.assistants.texts.catalog.handover import HandoverTexts

TEXTS = HandoverTexts(
    handover_notice=(
        "🙋 {contact} precisa de uma pessoa da equipe.\nMotivo: {reason}{said}\n\n"
        "Eu não respondo mais nessa conversa. Para eu voltar, escreva #bot no chat do cliente ou me diga: "
        "devolver {name}"
    ),
    said="\nÚltimas mensagens:\n{messages}",
    hand_over_to_human=(
        "Passa a conversa a uma pessoa da equipe. Use quando o cliente pedir uma pessoa, em emergência, "
        "em reclamação séria, ou quando você não souber ou não puder resolver. "
        "reason: em português, em uma frase, o que o cliente precisa."
    ),
    emergency_reply=(
        "Isso pode ser uma emergência, então não espere uma resposta por aqui: se for com uma pessoa, ligue agora para "
        "o SAMU (192) ou o serviço de emergência da sua região; se for com um animal, procure já o pronto-socorro "
        "veterinário mais próximo. Avisei a equipe e uma pessoa vai continuar por aqui."
    ),
    emergency_reason="possível emergência",
    person_reply="Avisei a equipe: uma pessoa vai continuar por aqui.",
    person_reason="pediu para falar com uma pessoa",
    closed="Agora estamos fechados, então a resposta pode demorar.",
    closed_until="Agora estamos fechados. Pelo nosso horário, abrimos {moment}.",
    assistant_paused=(
        "⏸️ Atendimento automático pausado: não respondo a nenhum cliente até você escrever #bot. Com você eu continuo."
    ),
    assistant_resumed="▶️ Atendimento automático ligado: voltei a responder aos clientes.",
    assistant_paused_before="O atendimento automático já estava pausado. Para ligar, escreva #bot.",
    assistant_resumed_before="O atendimento automático já estava ligado. Para pausar, escreva #pausa.",
    pause_forbidden="O seu número não pode pausar nem ligar o atendimento automático. Peça a quem administra.",
)
