"""Everything the assistants say or are told, one package per locale and in it one module per topic."""

from shared.assistants.texts import en, pt_br
from shared.assistants.texts.catalog import Texts
from shared.models import Locale

_CATALOGS: dict[Locale, Texts] = {"pt-BR": pt_br.TEXTS, "en": en.TEXTS}


def texts_for(locale: Locale) -> Texts:
    """Return the texts of `locale`."""
    return _CATALOGS[locale]
