"""What Aurora's tools do, and her words about the business."""

from shared.assistants.texts.catalog.owner import OwnerTexts

_WHOSE = "contact é o nome ou telefone como o dono escreveu; se vier ambiguous, pergunte qual das opções."
_WHICH = "date (AAAA-MM-DD) e time (HH:MM) dizem qual agendamento, quando houver mais de um."
_PROPOSES = "Só propõe: nada muda até o dono responder 1, 2 ou 3 em outra mensagem."

TEXTS = OwnerTexts(
    figures=(
        "Traz os números de hoje (today), da semana (week) ou do mês (month) até agora: agendamentos, faturamento, "
        "contatos novos, conversas e o gasto com o modelo de IA (na moeda dos preços do modelo). Cada um vem como now "
        "(agora), before (a mesma parte do período anterior, em compared_with) e change (a diferença). "
        "null significa: sem dados, nunca zero. completed_without_price são concluídos sem valor, fora do faturamento."
    ),
    agenda=(
        "Mostra os agendamentos e bloqueios de um dia ou de vários seguidos: date é AAAA-MM-DD (sem ela, hoje), days é "
        "quantos dias (1 a 14)."
    ),
    open_slots=(
        "Mostra os horários livres de um dia (sem date, hoje e os dois dias seguintes) e os clientes que cabem neles: "
        "primeiro os da lista de espera (waiting_list), depois os que já estão na época de voltar (due), com o ritmo "
        "de cada um. Sem service, os horários são os do serviço mais curto. reason diz por que não há horário."
    ),
    find_contact=(
        "Procura clientes por parte do nome, pelo nome de um pet ou dependente, ou pelo telefone em qualquer formato. "
        "Traz a última mensagem recebida (last_seen), o total de agendamentos e o próximo. query: pelo menos dois "
        "caracteres."
    ),
    contact_history=(
        "Mostra o histórico de um cliente: agendamentos, totais, pets e dependentes, quantidade e datas de mensagens, "
        f"perguntas e mensagens enviadas pelo negócio. {_WHOSE}"
    ),
    inactive_clients=(
        "Lista os clientes que não escreveram nem vieram há days dias (30 se não for dito) e não têm horário marcado. "
        "total null significa: ninguém é conhecido há tanto tempo, sem dados. opted_out não quer receber mensagens."
    ),
    birthdays=(
        "Lista os aniversários de clientes e dos seus pets e dependentes, de hoje até days dias à frente (7 se não for "
        "dito). birthdays null significa: nenhuma data de nascimento cadastrada, sem dados."
    ),
    waiting_list="Lista quem espera por uma vaga, de qual serviço e desde quando, por ordem de chegada.",
    book_for_client=(
        f"Propõe um agendamento para um cliente. {_PROPOSES} date é AAAA-MM-DD, time é HH:MM. O dono pode "
        "marcar fora do "
        "horário de funcionamento e sem antecedência, nunca em horário ocupado ou bloqueado: aí unavailable "
        "diz por quê "
        f"e alternatives traz os horários livres mais próximos. {_WHOSE}"
    ),
    move_booking=(
        f"Propõe mudar um agendamento futuro de um cliente para new_date e new_time. {_PROPOSES} {_WHICH} {_WHOSE}"
    ),
    cancel_booking=f"Propõe cancelar um agendamento futuro de um cliente. {_PROPOSES} {_WHICH} {_WHOSE}",
    block_time=(
        f"Propõe bloquear o dia date (AAAA-MM-DD) ou parte dele, de start até end (HH:MM). {_PROPOSES} Sem "
        "start e end, "
        "bloqueia o dia inteiro. O que já está marcado continua marcado."
    ),
    mark_no_show=(
        f"Propõe anotar que um cliente faltou a um agendamento que já começou; sem data, o mais recente. {_PROPOSES} "
        f"{_WHICH} {_WHOSE}"
    ),
    mark_paid=(
        "Propõe anotar que um agendamento foi pago; sem data, o mais recente ainda não pago. amount é o "
        "valor que o dono "
        f"disse, por exemplo 120.50; sem ele vale o preço combinado. {_PROPOSES} Pede um código. {_WHICH} {_WHOSE}"
    ),
    handed_over_conversations=(
        "Lista as conversas que uma pessoa está atendendo, desde quando, por quê e quantas mensagens estão "
        "sem resposta."
    ),
    take_over=(
        f"Passa a conversa com um cliente para uma pessoa, na hora: o assistente fica em silêncio nela. {_WHOSE}"
    ),
    return_conversation=f"Devolve a conversa com um cliente ao assistente, na hora. {_WHOSE}",
    pause_assistant=(
        "Pausa o assistente para todos os clientes, na hora. Use só quando o dono pedir para pausar tudo."
    ),
    resume_assistant="Liga de novo o assistente para os clientes, na hora.",
    book_preview="*Agendar para {client}*\nServiço: {service}\nQuando: {moment}\nValor: {price}",
    move_preview="*Remarcar {client}*\nServiço: {service}\nDe: {moment}\nPara: {new_moment}",
    cancel_preview="*Cancelar o horário de {client}*\nServiço: {service}\nQuando: {moment}",
    no_show_preview="*Anotar falta de {client}*\nServiço: {service}\nQuando: {moment}",
    paid_preview="*Anotar pagamento de {client}*\nValor: {amount}{agreed}\nServiço: {service}\nQuando: {moment}",
    agreed_price=" (combinado: {price})",
    block_preview="*Bloquear a agenda*\nQuando: {day}, {time}",
    whole_day="o dia inteiro",
    block_reason="Motivo: {reason}",
    standing_bookings="Já marcados nesse período, e continuam marcados: {count} ({bookings})",
    beyond_the_rules={
        "closed": "Fora do horário de funcionamento.",
        "not_stated": "O horário de funcionamento desse dia não está informado.",
        "too_soon": "Com menos antecedência do que os clientes podem marcar.",
        "too_far": "Mais à frente do que os clientes podem marcar.",
    },
    not_stated="não informado",
    nameless="cliente sem nome",
    ask_amount="O agendamento não tem preço combinado: pergunte ao dono quanto foi pago.",
    taken_over_note="O assistente não responde mais a este cliente até alguém devolver a conversa. Diga isso ao dono.",
    returned_note="A próxima mensagem deste cliente é respondida pelo assistente. Diga isso ao dono.",
)
