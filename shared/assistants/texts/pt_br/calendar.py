"""Services, hours, free slots and appointments."""

from shared.assistants.texts.catalog.calendar import CalendarTexts

TEXTS = CalendarTexts(
    list_services=(
        "Lista os serviços do negócio com preço e duração. Preço ou duração null significa: não informado. É a única "
        "fonte de serviços e preços."
    ),
    business_hours=(
        "Informa o horário de funcionamento, a data e a hora locais, se o negócio está aberto agora e, em "
        "closed_ahead, os bloqueios dos próximos 30 dias, como feriados. intervals vazio significa fechado o dia "
        "todo; null significa: não informado."
    ),
    free_slots=(
        "Mostra os horários livres de um serviço: em uma data ou, sem data, nos próximos dias com vaga. É a única "
        "fonte de horários livres: nunca ofereça outro. date é AAAA-MM-DD. Sem horários, reason diz por quê: closed "
        "(fechado), not_stated (horário de funcionamento não informado), taken (ocupado), blocked (bloqueado), "
        "too_soon (em cima da hora), too_far (longe demais), past (já passou); next_free é a próxima vaga ou null."
    ),
    book_appointment=(
        "Propõe um agendamento: não agenda ainda, só depois que o cliente concordar em outra mensagem. date é "
        "AAAA-MM-DD, time é HH:MM. for_whom é o nome de quem vem (um pet, por exemplo), se o cliente disse. Se não "
        "dá, unavailable diz por quê e alternatives traz os horários livres mais próximos."
    ),
    my_appointments=("Lista os agendamentos futuros deste cliente, numerados, e em que lista de espera ele está."),
    reschedule_appointment=(
        "Propõe remarcar um agendamento deste cliente para outra data e hora: não remarca ainda, só depois que o "
        "cliente concordar em outra mensagem. appointment é o número em my_appointments; sem ele vale o único "
        "agendamento."
    ),
    cancel_appointment=(
        "Propõe cancelar um agendamento deste cliente: não cancela ainda, só depois que o cliente concordar em outra "
        "mensagem. appointment é o número em my_appointments; sem ele vale o único agendamento."
    ),
    confirm_appointment=(
        "Registra na hora que o cliente confirma que vem. Use só quando ele disse que vem. appointment é o número em "
        "my_appointments; sem ele vale o único agendamento."
    ),
    join_waiting_list=(
        "Coloca o cliente na hora na lista de espera de um serviço, quando ele quer e não há vaga que sirva. Sem "
        "data vale qualquer dia. Não promete vaga."
    ),
    leave_waiting_list="Tira o cliente na hora da lista de espera de um serviço ou, sem serviço, de todas.",
    months=(
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ),
    day="{weekday}, {day} de {month}",
    day_of_year="{weekday}, {day} de {month} de {year}",
    moment="{day}, às {time}",
    not_stated="não informado",
    book_preview="*Agendar: {service}*\nQuando: {moment}\nValor: {price}",
    move_preview="*Remarcar: {service}*\nDe: {before}\nPara: {moment}",
    cancel_preview="*Cancelar: {service}*\nQuando: {moment}",
    for_whom="Para quem: {name}",
    no_duration=(
        "A duração deste serviço não está informada, então não dá para agendar aqui. Ofereça chamar a equipe."
    ),
    unknown_dependent=(
        "Esta pessoa ou pet não está no cadastro deste cliente. Registre com remember_dependent, se o cliente disse "
        "quem é, e tente de novo; se o agendamento é para o próprio cliente, deixe for_whom vazio."
    ),
    too_late=(
        "Faltam menos de {notice} para este agendamento: não dá mais para mudar por aqui. Ofereça chamar a equipe."
    ),
    minutes="{count} min",
    hours="{count} horas",
    one_hour="1 hora",
    hours_and_minutes="{hours}h{minutes:02}",
)
