"""What customers are sent of the business's own accord, and what they are told when they answer it."""

from shared.assistants.texts.catalog.followups import FollowupTexts

TEXTS = FollowupTexts(
    templates={
        "appointment_reminder": (
            "Oi, {name}! Lembrete da {business}: *{service}* {for_whom}, {date}, às {time}.\n"
            "Responda *1* para confirmar, *2* para remarcar ou *3* para cancelar."
        ),
        "feedback_request": (
            "Oi, {name}! Aqui é da {business}. Como foi *{service}* {for_whom}? "
            "Responda com uma nota de *1* (ruim) a *5* (ótimo)."
        ),
        "review_request": ("Se puder, {name}, deixe também uma avaliação para a {business}: {link}\nAjuda muito!"),
        "payment_reminder": (
            "Oi, {name}! Um lembrete da {business}: ainda não vimos o pagamento de *{service}* {for_whom} de {date}, "
            "no valor de {price}. Se já pagou, é só nos avisar."
        ),
        "silence": "Oi, {name}! Ficamos sem a sua resposta por aqui. Ainda podemos ajudar com alguma coisa?",
        "reactivation": "Oi, {name}! Faz um tempo que não nos vemos na {business}. Que tal marcar um horário?",
        "birthday_greeting": "Feliz aniversário, {name}! 🎉 Um abraço de toda a equipe da {business}.",
        "custom": "Oi, {name}!",
    },
    example_name="Maria",
    example_service="Corte",
    presence_confirmed="✅ Presença confirmada: {appointments}. Até lá!",
    appointment_gone="Esse agendamento não está mais marcado. Se quiser, procuro outro horário para você.",
    move_to_when="Claro! Para que dia e horário você quer remarcar {service} de {moment}?",
    others_stay="Continua marcado: {appointments}.",
    too_late_to_change=(
        "Está muito perto do horário para eu mudar isso por aqui. Já avisei a equipe, que responde assim que puder."
    ),
    too_late_reason="quer remarcar ou cancelar em cima da hora: {service}, {moment}",
    late_cancelling="⚠️ {contact} cancelou em cima da hora: {service}, {moment}.",
    late_moving="⚠️ {contact} remarcou em cima da hora: {service}, de {before} para {moment}.",
    rated_well="Obrigado pela nota! Ficamos muito felizes. 😊",
    rated_fair="Obrigado pela nota! Se quiser, conte o que podemos melhorar da próxima vez.",
    rated_badly="Sentimos muito que não tenha sido bom. Já avisei a equipe. Se quiser, conte o que aconteceu.",
    bad_rating_notice="⚠️ Nota {rating} de {contact} para {service}, {moment}.",
)
