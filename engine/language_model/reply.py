"""What a model answered: its text without its thinking, why it ended, and what it took."""

from __future__ import annotations

import re

from engine.products import Product

_OPEN = re.compile(r"<(think|thinking|reasoning|thought)>", re.IGNORECASE)
_CLOSED = re.compile(r"</(?:think|thinking|reasoning|thought)>", re.IGNORECASE)


class Usage(Product):
    """Tokens and seconds of one call; `estimated` when the server did not count."""

    prompt_tokens: int = 0
    written_tokens: int = 0
    seconds: float = 0.0
    first_token_seconds: float = 0.0
    estimated: bool = False


class Reply(Product):
    """One answer. `whole` says that the model ended it itself."""

    text: str
    finish: str
    usage: Usage = Usage()
    thinking: str = ""

    @property
    def whole(self) -> bool:
        """Whether it ended by itself rather than at a limit."""
        return self.finish not in ("length", "content_filter")


def without_thinking(text: str) -> tuple[str, str]:
    """The answer and the thinking in a text; a thinking that never ends leaves no answer."""
    if closed := list(_CLOSED.finditer(text)):
        last = closed[-1]
        return text[last.end() :].lstrip(), _OPEN.sub("", text[: last.start()]).strip()
    if opened := _OPEN.search(text):
        return text[: opened.start()].rstrip(), text[opened.end() :].strip()
    return text, ""
