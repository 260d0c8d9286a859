"""What a person declares of a dataset: a file that was uploaded, or a GET and how its answer is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

import yaml
from pydantic import Field, ValidationError, field_validator

from engine.errors import UsageError
from engine.intake.recipe import Recipe
from engine.intake.told import ToldTable
from engine.products import Product

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
SECRET = re.compile(r"\$\{([A-Z][A-Z0-9_]{0,59})\}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_NOT_YOURS = frozenset(
    {"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "te", "upgrade"}
)
EXAMPLE = """\
name: exchange_rates
url: https://api.example.com/v1/rates
parameters: {base: USD}
headers: {Authorization: "Bearer ${RATES_TOKEN}"}
rows: $.data
paging: {kind: page, parameter: page, size_parameter: per_page, size: 100}
"""


class Paging(Product):
    """How further pages are asked for, and how many at most.

    `page` counts up from `first`, `offset` by `size`; `cursor` sends what the answer holds at the path `cursor`;
    `link` follows the header `Link: <...>; rel="next"`.
    """

    kind: Literal["none", "page", "offset", "cursor", "link"] = "none"
    parameter: str = ""
    first: int = Field(default=1, ge=0)
    size: int = Field(default=100, ge=1, le=100_000)
    size_parameter: str = ""
    cursor: str = ""
    most_pages: int = Field(default=200, ge=1, le=10_000)


class HttpSource(Product):
    """One declared GET. `${NAME}` in a header or parameter is the secret SECRET_NAME of the settings."""

    url: str
    parameters: Mapping[str, str | int | float] = Field(default_factory=dict)
    headers: Mapping[str, str] = Field(default_factory=dict)
    format: Literal["json", "csv"] = "json"
    rows: str = "$"
    paging: Paging = Paging()
    most_rows: int = Field(default=1_000_000, ge=1, le=1_000_000)
    megabytes: int = Field(default=64, ge=1, le=256)
    seconds: float = Field(default=60.0, gt=0, le=600)
    retries: int = Field(default=2, ge=0, le=5)
    fresh_minutes: float = Field(default=5.0, ge=0)

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("the url is no web address") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise ValueError("the url must start with https:// or http:// and name a host")
        if parts.username or parts.password or "@" in parts.netloc:
            raise ValueError("the url holds a login: put it in a header, as a named secret")
        if re.search(r"[\x00-\x20\x7f]", url) or not url.isascii():
            raise ValueError("the url holds characters that must be percent-encoded")
        return parts._replace(fragment="").geturl()

    @field_validator("headers")
    @classmethod
    def _plain_headers(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name) or name.lower() in _NOT_YOURS:
                raise ValueError(f"the header {name!r} cannot be set")
            if not value.isascii() or not value.isprintable():
                raise ValueError(f"the header {name} holds characters that no header may hold")
        return headers

    @field_validator("paging")
    @classmethod
    def _complete_paging(cls, paging: Paging) -> Paging:
        if paging.kind in ("page", "offset", "cursor") and not paging.parameter:
            raise ValueError(f"paging by {paging.kind} needs its parameter")
        if paging.kind == "cursor" and not paging.cursor:
            raise ValueError("paging by cursor needs the path of the next cursor, such as $.next")
        return paging

    @property
    def host(self) -> str:
        """The host, with its port where one is written."""
        return urlsplit(self.url).netloc.lower()


class Dataset(Product):
    """One dataset as it is kept: where it came from, which tables it gave, and when it was read."""

    name: str
    origin: str = Field(description="in words: the file, or the GET without its secrets")
    source: HttpSource | None = Field(default=None, description="None for a file")
    tables: tuple[str, ...] = ()
    rows: int = 0
    notes: tuple[str, ...] = ()
    file: str = Field(default="", description="the name of the file that was uploaded; empty for an API")
    recipe: Recipe = Recipe()
    apart: bool = Field(default=False, description="asked only by questions that name it")
    read: Mapping[str, ToldTable] = Field(default_factory=dict, description="by table: how it was read")
    read_at: datetime | None = None


def read_declaration(text: str) -> tuple[str, HttpSource]:
    """An API's name and how it is asked, from YAML.

    Raises:
        UsageError: it is no YAML, or a field is unknown, missing or wrong; the field is named.
    """
    hint = f"An example:\n{EXAMPLE}"
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        # A date that there is not is a ValueError, and what is nested too deeply a RecursionError.
        raise UsageError(f"The declaration is no YAML: {str(error).splitlines()[0]}.", hint) from None
    if not isinstance(content, dict):
        raise UsageError("The declaration is no list of fields.", hint)
    return declared({str(key): value for key, value in content.items()}, hint)


def declared(fields: Mapping[str, object], hint: str = "Correct that field.") -> tuple[str, HttpSource]:
    """An API's name and how it is asked, from its fields.

    Raises:
        UsageError: a field is unknown, missing or wrong; it is named.
    """
    name = checked_name(str(fields.get("name", "")))
    try:
        return name, HttpSource.model_validate({key: value for key, value in fields.items() if key != "name"})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "declaration"
        said = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"The declaration of {name} cannot be used: {place}: {said}.", hint) from None


def written_declaration(name: str, source: HttpSource) -> str:
    """The API in YAML, as `read_declaration` reads it: what is as usual is left out."""
    fields = source.model_dump(mode="json", exclude_defaults=True)
    text: str = yaml.safe_dump({"name": name, **fields}, sort_keys=False, allow_unicode=True, width=110)
    return text


def checked_name(name: str) -> str:
    """A name that can be a table's."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a dataset.", "Use small letters, digits and underscores, beginning with a letter."
        )
    return name


def filled(text: str, secrets: Mapping[str, str]) -> str:
    """`text` with its `${NAME}` replaced by secrets.

    Raises:
        UsageError: a secret is not set; its name is given, never a value.
    """

    def secret(match: re.Match[str]) -> str:
        value = secrets.get(match[1])
        if value is None:
            raise UsageError(
                f"The secret {match[1]} is not set.", f"Set SECRET_{match[1]} in the environment or in .env."
            )
        return value

    return SECRET.sub(secret, text)
