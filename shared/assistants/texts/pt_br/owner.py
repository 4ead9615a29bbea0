"""What Aurora's tools do, and her words about the business."""

from shared.assistants.texts.catalog.owner import OwnerTexts

TEXTS = OwnerTexts(
    today_summary=(
        "Traz os números de hoje: agendamentos, faturamento, contatos novos, conversas e os próximos horários. "
        "Valor null significa: sem dados, nunca zero."
    ),
    find_contact=(
        "Procura clientes por parte do nome ou do telefone. Traz a última mensagem recebida (last_seen), "
        "o total de agendamentos e o próximo. query: pelo menos dois caracteres."
    ),
)
