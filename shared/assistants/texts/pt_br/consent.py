"""Whether a person wants the business's own messages."""

from shared.assistants.texts.catalog.consent import ConsentTexts

TEXTS = ConsentTexts(
    opted_out=(
        "Pronto: não vamos mais enviar mensagens por iniciativa nossa. Se você escrever, continuamos respondendo. "
        "Para voltar a receber, escreva VOLTAR A RECEBER."
    ),
    opted_out_before=(
        "Isso já está feito: não enviamos mensagens por iniciativa nossa. Para voltar, escreva VOLTAR A RECEBER."
    ),
    opted_in="Pronto: você volta a receber nossas mensagens. Para parar, escreva PARAR.",
    which_one=(
        "Só para eu entender: é para parar de enviar mensagens, ou você fala de um agendamento?\n"
        "1 - Parar mensagens\n2 - É sobre um agendamento"
    ),
)
