"""Columns that hold what identifies or unlocks a person, by their name and by the look of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_SECRET = re.compile(
    r"passw|passphrase|pwd|secret|token|api_?key|credential|hash|salt|session|cookie|(^|_)(pin|cvv|cvc)(_|$)"
    r"|signature"
)
_NUMBERS = re.compile(
    r"(^|_)(ssn|sin|iban|bic)(_|$)|social_?sec|passport|national_?id|tax_?id|licen[cs]e_?(no|num)"
    r"|card_?(no|num)|account_?(no|num)"
)
_REACH = re.compile(r"e_?mail|phone|mobile|(^|_)(tel|fax|cell|ip)(_|$)")
_BIRTH = re.compile(r"birth|(^|_)dob(_|$)")
_PERSON_NAME = re.compile(
    r"^(first|last|middle|full|given|family|sur|maiden)_?name$|^(contact|holder|borrower|patient|guest|tenant)_?name$"
)
_REASONS = (
    (_SECRET, "what unlocks something"),
    (_NUMBERS, "a number that identifies a person or an account"),
    (_REACH, "how a person is reached"),
    (_BIRTH, "a date of birth"),
)
_MOSTLY = 0.8
_ENOUGH = 3


def personal_by_name(column: str) -> str:
    """Why a column's name says that it identifies or unlocks a person; empty when it does not."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()
    return next((reason for pattern, reason in _REASONS if pattern.search(name)), "")


def names_person(column: str) -> bool:
    """Whether a column holds names of people: needed to answer ("orders of Ana Lopez"), but in no sample."""
    return bool(_PERSON_NAME.search(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()))


def personal_by_values(values: Sequence[str]) -> str:
    """Why the values look as if they identified people; empty when they do not."""
    sample = [value.strip() for value in values[:200] if value.strip()]
    if len(sample) < _ENOUGH:
        return ""
    for fits, reason in _LOOKS:
        if sum(map(fits, sample)) >= _MOSTLY * len(sample):
            return reason
    return ""


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: bool(compiled.fullmatch(value))


def _is_card(value: str) -> bool:
    """Thirteen to nineteen digits whose check digit is right."""
    digits = re.sub(r"[ -]", "", value)
    if not re.fullmatch(r"\d{13,19}", digits):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


_LOOKS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (_matches(r"[^@\s]{1,64}@[^@\s]+\.[A-Za-z]{2,}"), "its values are e-mail addresses"),
    (_matches(r"\+\d[\d ().-]{7,18}\d|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"), "its values are telephone numbers"),
    (_matches(r"\d{3}-\d{2}-\d{4}"), "its values are social security numbers"),
    (_matches(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?"), "its values are bank accounts"),
    (_matches(r"(?:\d{1,3}\.){3}\d{1,3}"), "its values are network addresses"),
    (_is_card, "its values are card numbers"),
)
