"""What is said when the assistant may not answer."""

from shared.assistants.texts.catalog.limits import LimitTexts

TEXTS = LimitTexts(
    overdue_reply=(
        "Desculpe a demora: tive um problema técnico e não consegui responder a tempo. "
        "Já avisei a equipe; uma pessoa vai continuar por aqui."
    ),
    overdue_reason="a resposta automática atrasou por um problema técnico",
    budget_reply="Recebi sua mensagem. Já avisei a equipe; uma pessoa vai responder por aqui.",
    budget_reason="o limite do mês para respostas automáticas foi atingido",
    spend_notice=(
        "📊 {percent}% do limite do mês para respostas automáticas já foi usado. "
        "Quando chegar a 100%, eu passo as conversas para a equipe."
    ),
    too_many_messages=(
        "Recebi muitas mensagens em pouco tempo e preciso de um minuto. Escreva de novo daqui a pouco, por favor."
    ),
)
