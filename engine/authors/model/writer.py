"""Writes the functions: one sample, at most two repairs with one precise error each, one fresh sample, then stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.authors.model.extraction import Ask, Code, Show, extract
from engine.authors.model.functions import Written, read_functions
from engine.authors.model.prompting import CODE_TOKENS, Messages, repair_prompt
from engine.authors.model.session import Talk
from engine.authors.model.signatures import Known, Unusable
from engine.errors import ContextOverflowError, ModelError
from engine.language_model.client import Wish
from engine.products import Step, Verdict

MOST_REPAIRS = 2
FIRST, REPAIR, FRESH = 0.2, 0.5, 0.7
# A rule that is broken on purpose rather than by mistake: nothing is asked again.
_HOSTILE = frozenset("no-dunders no-insides builtins no-private sinks system-paths environment network".split())
Check = Callable[[Written], Verdict]


@dataclass(frozen=True)
class Words:
    """The model wrote words instead of code, for the person to answer; `cannot` is why it says that it cannot."""

    text: str
    cannot: str = ""


class GaveUp(ModelError):
    """No usable code came; `code` is the last that was written."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, "See what the model wrote; say the request in other words, or use a larger model.")
        self.code = code


@dataclass
class Writer:
    """The attempts of one run. `check` validates a whole script without running it."""

    talk: Talk
    full: Messages
    brief: Messages
    known: Known
    check: Check
    repairs: int = 0
    fresh: bool = False
    seen: set[str] = field(default_factory=set)
    last: str = ""
    _shortened: bool = False

    def write(self) -> Written | Words:
        """The first script that passes every check that needs no run.

        Raises:
            ModelError: the server failed, or no usable code came.
        """
        return self._until(self._sample(self._messages, FIRST, 1, "writes the functions"))

    def mend(self, feedback: str) -> Written | Words:
        """Functions again, after a run of the last ones that failed.

        Raises:
            ModelError: the server failed, or no usable code came.
        """
        return self._until(Ask(feedback, self.last))

    @property
    def _messages(self) -> Messages:
        return self.brief if self._shortened else self.full

    def _until(self, found: Written | Ask | Words) -> Written | Words:
        while isinstance(found, Ask):
            if self.repairs < MOST_REPAIRS and found.code:
                self.repairs += 1
                prompt = repair_prompt(self._messages, found.code, found.feedback)
                purpose = f"mends: {found.feedback[:120]}"
                again = self._sample(prompt, REPAIR, 10 + self.repairs, purpose)
            elif not self.fresh:
                self.fresh = True
                again = self._sample(self._messages, FRESH, 99, "writes the functions anew")
            else:
                raise GaveUp(f"The model's code could not be used: {found.feedback}", found.code)
            found = again
        return found

    def _sample(self, messages: Messages, temperature: float, seed: int, purpose: str) -> Written | Ask | Words:
        wish = Wish(limit=CODE_TOKENS, temperature=temperature, seed=seed)
        try:
            reply = self.talk.ask(purpose, Step.GENERATE, messages, wish)
        except ContextOverflowError:
            if self._shortened:
                raise
            self._shortened = True
            reply = self.talk.ask(f"{purpose}, from a shorter prompt", Step.GENERATE, self.brief, wish)
        extracted = extract(reply)
        if isinstance(extracted, Show):
            return Words(extracted.text, extracted.cannot)
        return extracted if isinstance(extracted, Ask) else self._judged(extracted)

    def _judged(self, code: Code) -> Written | Ask:
        if _plain(code.text) in self.seen:
            return Ask("This is the same code as before. Write it in another way.", code.text)
        self.seen.add(_plain(code.text))
        try:
            written = read_functions(code.text, self.known)
        except Unusable as unusable:
            if unusable.never:
                raise GaveUp(f"The model's code was refused: {unusable.feedback}", code.text) from None
            return Ask(unusable.feedback, code.text)
        self.talk.fixes += [*code.fixes, *written.fixes]
        verdict = self.check(written)
        if verdict.accepted:
            self.last = code.text
            return written
        first = verdict.refusals[0]
        if first.rule in _HOSTILE:
            raise GaveUp(f"The model's code was refused: {first.message}", code.text)
        return Ask(f"{first.message} {first.fix}", code.text)


def _plain(code: str) -> str:
    """Code without its blanks and comments, to tell whether two are the same."""
    lines = (line.partition("#")[0].strip() for line in code.splitlines())
    return "\n".join(line for line in lines if line)
