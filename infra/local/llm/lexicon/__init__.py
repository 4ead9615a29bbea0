"""What people say, and by which words a tool shows that it serves it. All in folded form (see `words.fold`)."""

from infra.local.llm.lexicon.acting import ACTING
from infra.local.llm.lexicon.asking import ASKING
from infra.local.llm.lexicon.concept import Concept, Pair, said
from infra.local.llm.lexicon.telling import TELLING

#: Everything that people ask for, what is asked to be told before what is asked to be done.
CONCEPTS: tuple[Concept, ...] = (*ASKING, *ACTING, *TELLING)

__all__ = ["CONCEPTS", "Concept", "Pair", "said"]
