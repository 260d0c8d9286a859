"""The fields of an API on the page, as a declaration and back; nothing here is drawn.

A token is never among the fields: a field names the secret of the environment that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from engine.datasets.declaration import HttpSource, Paging, declared
from engine.errors import UsageError

PAIRS = 8
USUAL, FIRST = HttpSource(url="https://host"), Paging()
NAMED_SECRET = re.compile(r"(?:SECRET_)?([A-Z][A-Z0-9_]{0,59})")
_ALONE = re.compile(r"\$\{([A-Z][A-Z0-9_]{0,59})\}")
_BEARER = re.compile(r"Bearer \$\{([A-Z][A-Z0-9_]{0,59})\}")
_CREDENTIAL = re.compile(r"auth|token|secret|passw|cookie|credential|api[-_]?key|^key$|signature", re.IGNORECASE)
WAYS = ("none", "bearer", "header", "parameter")
LIMITS = ("most_rows", "megabytes", "seconds", "retries", "fresh_minutes")
PAGING = ("parameter", "first", "size_parameter", "size", "cursor", "most_pages")
# Which fields a kind of paging has.
ASKED = {
    "none": (),
    "page": ("parameter", "first", "size_parameter", "size", "most_pages"),
    "offset": ("parameter", "size_parameter", "size", "most_pages"),
    "cursor": ("parameter", "cursor", "size_parameter", "size", "most_pages"),
    "link": ("size_parameter", "size", "most_pages"),
}
assert set(ASKED) == set(get_args(Paging.model_fields["kind"].annotation))


def secret_name(text: str) -> str:
    """The name of a secret that a person wrote, with or without SECRET_ before it.

    Raises:
        UsageError: it is no name: perhaps the token itself was typed.
    """
    found = NAMED_SECRET.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            "The token is named here, not typed.",
            "Set SECRET_RATES_TOKEN in the environment or in .env, and write RATES_TOKEN.",
        )
    return found[1]


def source_of(form: Mapping[str, Any]) -> tuple[str, HttpSource]:
    """Name and declaration of what the fields say.

    Raises:
        UsageError: a field is missing or wrong.
    """
    if not str(form.get("url", "")).strip():
        raise UsageError("The address is missing.", "Write the API's address, such as https://api.example.com/rates.")
    if not str(form.get("name", "")).strip():
        raise UsageError("The name is missing.", "Name the table, such as exchange_rates.")
    parameters, headers = _pairs(form, "query"), _pairs(form, "header")
    way = form.get("token_way", "none")
    if way != "none":
        held = f"${{{secret_name(str(form.get('token_name', '')))}}}"
        place = str(form.get("token_place", "")).strip()
        if way != "bearer" and not place:
            raise UsageError(f"The {way} that carries the token has no name.", "Write it, such as X-Api-Key.")
        if way == "parameter":
            parameters[place] = held
        else:
            headers |= {"Authorization": f"Bearer {held}"} if way == "bearer" else {place: held}
    kind = form.get("paging", "none")
    paging = {name: form[name] for name in ASKED[kind] if name in form and form[name] not in ("", None)}
    limits = {name: form[name] for name in LIMITS if form.get(name) is not None}
    given = {"name": form["name"].strip(), "url": form["url"].strip(), "parameters": parameters, "headers": headers}
    fields = {"format": form.get("format", "json"), "rows": str(form.get("rows", "")).strip() or "$", **limits}
    return declared({**given, **fields, "paging": {"kind": kind, **paging}})


def _pairs(form: Mapping[str, Any], group: str) -> dict[str, str]:
    """Names and values that were typed; a credential among them is refused."""
    found: dict[str, str] = {}
    for at in range(PAIRS):
        name = str(form.get(f"{group}_{at}_name", "")).strip()
        value = str(form.get(f"{group}_{at}_value", "")).strip()
        if value and not name:
            raise UsageError(f"The value {value[:40]!r} has no name.", "Write the name beside it.")
        if name and value and _CREDENTIAL.search(name) and "${" not in value:
            raise UsageError(
                f"{name} looks like a credential, which is not typed here.",
                "Name the secret of the environment that holds it, under Token.",
            )
        if name:
            found[name] = value
    return found


def form_of(name: str, source: HttpSource) -> dict[str, Any]:
    """The fields that say what a declaration does."""
    headers, parameters = dict(source.headers), {key: str(value) for key, value in source.parameters.items()}
    form: dict[str, Any] = {"name": name, "url": source.url, "format": source.format, "rows": source.rows}
    form |= {"token_way": "none", "token_name": "", "token_place": ""} | _token(headers, parameters)
    form |= {field: getattr(source, field) for field in LIMITS}
    form |= {"paging": source.paging.kind} | {field: getattr(source.paging, field) for field in PAGING}
    for group, pairs in (("query", parameters), ("header", headers)):
        if len(pairs) > PAIRS:
            raise UsageError(f"The form has room for {PAIRS} of a kind.", "Keep this API with ./run dataset add FILE.")
        listed = [*pairs.items(), *[("", "")] * (PAIRS - len(pairs))]
        for at, (key, value) in enumerate(listed):
            form |= {f"{group}_{at}_name": key, f"{group}_{at}_value": value}
    return form


def _token(headers: dict[str, str], parameters: dict[str, str]) -> dict[str, str]:
    """How the token is sent, taken out of the headers or parameters that hold it."""
    bearer = _BEARER.fullmatch(headers.get("Authorization", ""))
    if bearer:
        del headers["Authorization"]
        return {"token_way": "bearer", "token_name": bearer[1]}
    for way, pairs in (("header", headers), ("parameter", parameters)):
        for place, value in pairs.items():
            if held := _ALONE.fullmatch(value):
                del pairs[place]
                return {"token_way": way, "token_name": held[1], "token_place": place}
    return {}
