"""Conversations with both assistants, played from files against the stand-in model or a real one, and judged."""
