"""A secret that comes back is not shown, however it is written."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from engine.errors import SourceError
from engine.foundation.redaction import blotted, blotting, parts_of

SECRETS = ["tk-Zq8/81+kd?02Lm", "hunter2-hunter3", "pässwörd-91"]
WAYS = {
    "as it is": lambda s: s,
    "upper": lambda s: s.upper(),
    "lower": lambda s: s.lower(),
    "spaced": lambda s: " ".join(s),
    "dotted": lambda s: ".".join(s),
    "zero width": lambda s: "\u200b".join(s),
    "lines": lambda s: "\n".join(s),
    "backwards": lambda s: s[::-1],
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 for addresses": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "base64 behind a user": lambda s: base64.b64encode(f"me:{s}".encode()).decode(),
    "base64 behind another user": lambda s: base64.b64encode(f"you:{s}".encode()).decode(),
    "base64 of a header": lambda s: base64.b64encode(f"Bearer {s} and more".encode()).decode(),
    "base64 in lines": lambda s: base64.encodebytes(f"{'x' * 50}{s}".encode()).decode().strip(),
    "hexadecimal": lambda s: s.encode().hex(),
    "hexadecimal with colons": lambda s: s.encode().hex(":").upper(),
    "hexadecimal with marks": lambda s: "".join(f"\\x{byte:02x}" for byte in s.encode()),
    "percents": lambda s: quote(s, safe=""),
    "percents throughout": lambda s: "".join(f"%{byte:02X}" for byte in s.encode()),
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("way", list(WAYS))
def test_a_secret_is_blotted_out_however_it_comes_back(secret: str, way: str) -> None:
    shown = WAYS[way](secret)
    text = blotted(f"It said <{shown}> and ended.", [secret, ""])
    assert text == "It said <***> and ended."


def test_what_is_no_secret_stays() -> None:
    text = "The table hunters has 2 rows; key 81 is not known; see aGVsbG8gd29ybGQ= and 0x68."
    assert blotted(text, SECRETS) == text
    assert blotted("The pin 12 of 123.", ["12"]) == "The pin *** of 123."


def test_errors_leave_a_block_without_its_secrets() -> None:
    with pytest.raises(SourceError) as caught, blotting(parts_of("Bearer tk-Zq8/81")):
        raise SourceError("It wanted TK-ZQ8/81.", "Not t k - Z q 8 / 8 1.")
    assert (caught.value.message, caught.value.hint) == ("It wanted ***.", "Not ***.")
    assert str(caught.value) == "It wanted ***."
