"""What is said when nothing of what a person sent can be understood."""

from shared.assistants.texts.catalog.media import MediaTexts

TEXTS = MediaTexts(unopened="I could not open what you sent. Could you write it as text, please?")
