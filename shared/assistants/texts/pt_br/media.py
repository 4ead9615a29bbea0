"""What is said when nothing of what a person sent can be understood."""

from shared.assistants.texts.catalog.media import MediaTexts

TEXTS = MediaTexts(unopened="Não consegui abrir o que você enviou. Pode me escrever em texto, por favor?")
