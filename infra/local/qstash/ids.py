"""Identifiers in the shapes that QStash gives them."""

import random

#: Without the characters that are mistaken for one another.
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Ids:
    """Source of identifiers; give it a seeded generator and it repeats itself."""

    def __init__(self, source: random.Random | None = None) -> None:
        self._source = source or random.SystemRandom()

    def message(self) -> str:
        return f"msg_{self._text(30)}"

    def schedule(self) -> str:
        return f"scd_{self._text(28)}"

    def token(self) -> str:
        """Return the `jti` of a signature."""
        return f"jwt_{self._text(28)}"

    def signing_key(self) -> str:
        return f"sig_{self._text(28)}"

    def _text(self, length: int) -> str:
        number = self._source.getrandbits(6 * length)
        digits = []
        for _ in range(length):
            number, digit = divmod(number, len(_ALPHABET))
            digits.append(_ALPHABET[digit])
        return "".join(digits)
