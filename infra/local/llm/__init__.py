"""A language model's stand-in: OpenAI's chat completions on the outside, a deterministic parser inside.

It knows no business and no scenario. It reads the conversation like a model would, picks from the tools that it is
given, fills their arguments from the text, and writes its answer only from what the tools returned. Portuguese and
English. A real model takes its place by setting another base URL and key.

What it is made of: `words`, `days`, `times`, `numbers`, `people` and `treatments` read text, `dictation` finds texts to
be passed on; `lexicon` holds what people say; `questions` splits a turn; `topics` finds what a few words belong to;
`intents` matches a question to a tool; `arguments` fills the call; `planning` says what to call and what to ask first;
`focus`, `telling` and `rendering` turn a result into sentences, `answers` joins them; `summary` sums up; `decision`
puts them together; `protocol` is the wire format.

For tests and demos, with the same key: `POST /_dev/faults` spoils the next calls (see `faults.py`), `GET /_requests`
shows the last hundred.
"""

from infra.local.llm.app import ModelConfig, create_app

__all__ = ["ModelConfig", "create_app"]
