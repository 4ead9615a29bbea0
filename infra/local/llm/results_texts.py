"""Sentences for results that say more than a list: why something cannot be, and what was done at once."""

from infra.local.llm.lexicon.concept import Pair

#: What an error, which results name in one word, is in plain words.
ERRORS: dict[str, Pair] = {
    "ambiguous": ("Encontrei mais de um.", "I found more than one."),
    "ambiguous_service": ("Há mais de um serviço assim.", "There is more than one service like that."),
    "cannot_be_written_to": (
        "Não posso escrever para essa pessoa.",
        "I may not write to that person.",
    ),
    "end_before_start": ("O fim vem antes do começo.", "The end comes before the beginning."),
    "forbidden": ("O seu número não tem permissão para isso.", "Your number may not do that."),
    "no_amount": ("Quanto foi? Me diga o valor.", "How much was it? Please tell me the amount."),
    "no_appointments": ("Você não tem nenhum horário por vir.", "You have nothing coming up."),
    "no_bookable_service": ("Nenhum serviço pode ser marcado ainda.", "No service can be booked yet."),
    "no_booking": ("Não encontrei esse agendamento.", "I could not find that appointment."),
    "no_conversation": ("Ainda não há conversa com essa pessoa.", "There is no conversation with that person yet."),
    "no_duration": (
        "Esse serviço não dá para marcar por aqui. Quer que eu chame alguém da equipe?",
        "That service cannot be booked here. Shall I call someone from the team?",
    ),
    "nobody_to_write_to": ("Ninguém desse grupo pode receber.", "Nobody in that group can receive it."),
    "not_yet": ("Esse horário ainda não começou.", "That appointment has not begun yet."),
    "nothing_to_decide": ("Não há nada esperando por uma resposta.", "Nothing is waiting for an answer."),
    "past": ("Esse dia já passou.", "That day is over."),
    "same_time": ("O horário já é esse.", "It is at that time already."),
    "several_bookings": ("Há mais de um agendamento.", "There is more than one appointment."),
    "too_late": (
        "Está em cima da hora para mudar por aqui. Quer que eu chame alguém da equipe?",
        "It is too late to change that here. Shall I call someone from the team?",
    ),
    "too_many": ("São pessoas demais para uma vez só.", "Those are too many people at once."),
    "unknown_appointment": ("Não encontrei esse horário.", "I could not find that appointment."),
    "unknown_contact": ("Não encontrei esse cliente.", "I could not find that customer."),
    "unknown_dependent": ("Ainda não conheço esse nome.", "I do not know that name yet."),
    "unknown_service": ("Não encontrei esse serviço.", "I could not find that service."),
    "which_appointment": ("Você tem mais de um horário.", "You have more than one appointment."),
}

#: Why a time is not free, as results say it in one word.
REASONS: dict[str, Pair] = {
    "beyond_horizon": ("é longe demais para marcar", "it is too far ahead"),
    "blocked": ("o período está fechado", "that time is closed"),
    "closed": ("fechado", "closed"),
    "full": ("está tudo ocupado", "everything is taken"),
    "not_stated": ("o horário de funcionamento não está informado", "the opening hours are not stated"),
    "past": ("já passou", "it is over"),
    "taken": ("está ocupado", "it is taken"),
    "too_far": ("é longe demais para marcar", "it is too far ahead"),
    "too_soon": ("é em cima da hora", "it is too soon from now"),
}
