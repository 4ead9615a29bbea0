"""Services, hours, free slots and appointments."""

from shared.assistants.texts.catalog.calendar import CalendarTexts

TEXTS = CalendarTexts(
    list_services=(
        "Lista os serviços do negócio com preço e duração. Preço ou duração null significa: não informado. "
        "É a única fonte de serviços e preços."
    ),
    business_hours=(
        "Informa o horário de funcionamento, a data e a hora locais e se o negócio está aberto agora. "
        "intervals vazio significa fechado o dia todo; null significa: não informado."
    ),
)
