"""How a conversation's history and its people are written."""

from shared.assistants.texts.catalog.conversation import ConversationTexts, KindMarks

TEXTS = ConversationTexts(
    weekdays=(
        "segunda-feira",
        "terça-feira",
        "quarta-feira",
        "quinta-feira",
        "sexta-feira",
        "sábado",
        "domingo",
    ),
    kinds=KindMarks(
        text="[mensagem vazia]",
        image="[imagem]",
        video="[vídeo]",
        voice="[mensagem de voz]",
        audio="[áudio]",
        document="[documento]",
        sticker="[figurinha]",
        location="[localização]",
        contact="[cartão de contato]",
        reaction="[reação]",
        choice="[opção escolhida]",
        unsupported="[mensagem que não pode ser exibida]",
    ),
    colleague_mark="[Equipe]",
    nameless_contact="Um cliente",
)
