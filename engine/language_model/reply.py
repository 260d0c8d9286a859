"""What a model answered: its text without its thinking, why it ended, and what it took."""

from __future__ import annotations

import re
from collections.abc import Callable

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


class Parting:
    """The pieces of a text as they come, told apart: what is thought between tags before the answer, and the answer."""

    # No tag is longer; so much is held back while one may still be coming.
    LONGEST_TAG = len("</reasoning>")

    def __init__(self, tell: Callable[[str], None], think: Callable[[str], None]) -> None:
        self._tell, self._think = tell, think
        self._held = ""
        self._inside = self._answering = self._thought = False

    def take(self, text: str) -> None:
        """Pass on what is sure of the text so far."""
        self._held += text
        if not self._answering:
            self._part()
        if self._answering:
            self._pass_on(self._tell, len(self._held))

    def end(self) -> None:
        """Pass on what was held back."""
        self._pass_on(self._think if self._inside else self._tell, len(self._held))

    def _part(self) -> None:
        if not self._inside:
            start = self._held.lstrip()
            if (opened := _OPEN.match(start)) is None:
                # Blanks between thinking and answer are no part of it.
                self._held = start if self._thought else self._held
                self._answering = not (start == "" or (start[0] == "<" and len(start) < self.LONGEST_TAG))
                return
            self._held, self._inside = start[opened.end() :], True
        if (closed := _CLOSED.search(self._held)) is None:
            return self._pass_on(self._think, len(self._held) - self.LONGEST_TAG)
        self._pass_on(self._think, closed.start())
        self._held = _CLOSED.sub("", self._held, count=1).lstrip()
        self._inside, self._thought, self._answering = False, True, self._held != ""

    def _pass_on(self, whom: Callable[[str], None], count: int) -> None:
        if count > 0:
            whom(self._held[:count])
            self._held = self._held[count:]
