"""What is proposed, how one agrees to it, and what came of it."""

from shared.assistants.texts.catalog.proposals import ProposalTexts

TEXTS = ProposalTexts(
    note_to_model=(
        "A proposta é acrescentada ao fim da sua resposta, palavra por palavra, com a forma de confirmar. "
        "Nada foi feito ainda: não diga que está feito e não repita a proposta."
    ),
    client_agrees="Posso confirmar? Responda *sim* ou *não*.",
    owner_agrees="Responda *1* para confirmar, *2* para mudar ou *3* para desistir.",
    owner_agrees_with_code="Responda *1 {code}* para confirmar, *2* para mudar ou *3* para desistir.",
    owner_agrees_by_code="Responda *1 {code}* para confirmar, *2 {code}* para mudar ou *3 {code}* para desistir.",
    displaced="A proposta anterior deixa de valer: {proposal}",
    confirm_proposal=(
        "Faz o que foi proposto na resposta anterior. Use somente quando o cliente, na mensagem de agora, concordar "
        "claramente com essa proposta, sem mudar nada dela."
    ),
    drop_proposal="Desiste do que foi proposto na resposta anterior, quando o cliente disser que não quer mais.",
    done={
        "book": "✅ Agendado{who}: {service}, {when}{price}.",
        "move": "✅ Remarcado{who}: {service}, agora {when}.",
        "cancel": "✅ Cancelado{who}: {service}, {when}.",
        "block": "✅ Horário bloqueado: de {when} até {until}.",
        "no_show": "✅ Falta anotada{who}: {service}, {when}.",
        "paid": "✅ Pagamento anotado{who}: {paid}, {service}, {when}.",
    },
    for_whom=" para {who}",
    price=" – {price}",
    overlapping="Agendamentos que continuam marcados nesse período: {bookings}.",
    sent_to_one="✅ A mensagem está a caminho.",
    sent_to_many="✅ As mensagens para {recipients} pessoas estão a caminho, uma a cada 30 segundos.",
    left_out="Ficaram de fora: {reasons}.",
    left_out_because={
        "opted_out": "não querem receber mensagens",
        "no_consent": "não autorizaram divulgação",
        "no_number": "sem número de WhatsApp",
        "erased": "pediram para apagar os dados",
        "expired": "ficou tarde demais",
        "contact_wrote": "escreveram enquanto isso",
        "booked": "marcaram enquanto isso",
        "handed_over": "já falam com uma pessoa da equipe",
    },
    obstacles={
        "taken": "Desculpe, esse horário acabou de ser ocupado e não consegui reservar.",
        "blocked": "Desculpe, esse horário não está mais disponível.",
        "past": "Esse horário já passou, então não mudei nada.",
        "gone": "Não encontrei mais esse agendamento ou serviço, então não mudei nada.",
        "too_late": (
            "Está muito perto do horário para eu mudar por aqui, então não mudei nada. "
            "Se quiser, posso chamar uma pessoa da equipe."
        ),
        "forbidden": "Não fiz nada: quem administra o negócio precisa autorizar isso.",
        "too_many": "Não enviei nada: são pessoas demais para uma vez só.",
        "nobody": "Não enviei nada: ninguém da lista pode receber a mensagem.",
        "not_yet": "Esse horário ainda não começou, então não anotei a falta.",
        "already_done": "Isso já estava anotado. Não mudei nada.",
        "paid": "Esse agendamento já está pago, então não anotei a falta.",
        "no_amount": "Não sei o valor: me diga quanto foi pago. Não anotei nada ainda.",
    },
    obstacle="Não consegui fazer isso e não mudei nada.",
    alternatives="Tenho estes horários livres perto dele: {times}. Qual prefere?",
    another_time="Me diga outro dia ou horário que eu procuro para você.",
    edit="Certo, ainda não fiz nada. O que você quer mudar?",
    dropped="Tudo bem, não mudei nada.",
    wrong_code="Esse código não confere. Não fiz nada. Responda *1* e o código da proposta (tentativas: {left}).",
    missing_code="Falta o código. Não fiz nada ainda. Responda *1* e os quatro números que estão na proposta.",
    too_many_codes="O código não conferiu três vezes. Desisti da proposta e não fiz nada; você pode pedir de novo.",
    expired="Essa proposta já venceu e não fiz nada. Se ainda quiser, é só pedir de novo.",
    which_one="Falta o código da proposta. Não fiz nada ainda.",
    unknown_code="Nenhuma proposta em aberto tem esse código. Não fiz nada.",
    still_open="⏳ Aguardando a sua resposta:",
    ask_again="Se você perguntou mais alguma coisa, escreva de novo, por favor.",
)
