"""Messages from the business to its customers."""

from shared.assistants.texts.catalog.outreach import OutreachTexts

TEXTS = OutreachTexts(
    draft_message=(
        "Prepara uma mensagem a um cliente e mostra a prévia; nada sai antes de a pessoa confirmar. "
        "contact: nome ou telefone, como a pessoa escreveu. text: a mensagem pronta, assinada pelo negócio se fizer "
        "sentido; {name} vira o primeiro nome do cliente."
    ),
    draft_campaign=(
        "Prepara uma mensagem a um grupo de clientes e mostra a prévia com quantas pessoas recebem; nada sai antes de "
        "a pessoa confirmar com o código. segment: inactive (sem vir nem escrever há 30 dias), waiting_list (lista de "
        "espera), birthdays (aniversário deles ou de quem trazem nos próximos 7 dias), frequent (5 visitas ou mais), "
        "no_shows (faltaram nos últimos 30 dias), consented (todos que autorizaram divulgação). "
        "text: a mensagem pronta; {name} vira o primeiro nome de cada um."
    ),
    segments={
        "inactive": "clientes sem vir há 30 dias",
        "waiting_list": "lista de espera",
        "birthdays": "aniversários dos próximos 7 dias",
        "frequent": "clientes frequentes",
        "no_shows": "faltas dos últimos 30 dias",
        "consented": "quem autorizou divulgação",
    },
    to_one="✉️ Mensagem para *{name}*:\n\n{text}",
    to_segment="✉️ Mensagem para *{segment}* – pessoas que recebem: *{count}*\n\n{text}{example}",
    example="\n\n(Assim chega a {name}.)",
    left_out="Ficam de fora: {reasons}.",
    cut="O limite é de 200 pessoas por vez: outras {cut} não recebem agora.",
)
