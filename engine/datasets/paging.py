"""Page after page of a declared GET, to the last, within its limits; an answer that repeats itself is an error."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from engine.datasets.declaration import HttpSource, filled
from engine.datasets.fetching import Answer, Fetcher, leads_to, shown
from engine.datasets.hosts import Hosts
from engine.datasets.jsonpath import found_at
from engine.errors import LimitError, SourceError
from engine.foundation.redaction import blotting, parts_of
from engine.results.document import refuse_deep

_MEDIA = {
    "json": re.compile(r"application/([\w.-]+\+)?(json|ndjson)|text/json"),
    "csv": re.compile(r"text/(csv|plain|tab-separated-values)|application/(csv|vnd\.ms-excel|octet-stream)"),
}
_NEXT = re.compile(r'<([^>]*)>\s*;[^,<]*\brel\s*=\s*"?next"?', re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """All rows of a declared GET, as the API named them, and how many pages they took."""

    rows: tuple[Mapping[str, Any], ...]
    pages: int


def read_api(source: HttpSource, hosts: Hosts, secrets: Mapping[str, str]) -> Reading:
    """Every row of every page.

    Raises:
        UsageError: a secret is not set.
        RefusedError: the host is not approved, or leads where it may not.
        SourceError: it failed, or a limit was reached.
    """
    with _filled(source, secrets) as (headers, fixed):
        return _read(source, hosts, headers, fixed)


def first_page(source: HttpSource, hosts: Hosts, secrets: Mapping[str, str]) -> Any:
    """The document of the first page alone; raises as `read_api` does."""
    with _filled(source, secrets) as (headers, fixed):
        fetcher = Fetcher(hosts, seconds=source.seconds, megabytes=source.megabytes, retries=source.retries)
        return parsed(source, fetcher.get(with_parameters(source.url, {**fixed, **_first(source)}), headers))


@contextlib.contextmanager
def _filled(source: HttpSource, secrets: Mapping[str, str]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Headers and parameters with their secrets, which no error shows."""
    headers = {name: filled(value, secrets) for name, value in source.headers.items()}
    fixed = {name: filled(str(value), secrets) for name, value in source.parameters.items()}
    # What was sent as a secret may come back in anything that a server says.
    sent = [part for value in headers.values() for part in parts_of(value)]
    with blotting([*secrets.values(), *sent]):
        yield headers, fixed


def _read(source: HttpSource, hosts: Hosts, headers: Mapping[str, str], fixed: Mapping[str, str]) -> Reading:
    fetcher = Fetcher(hosts, seconds=source.seconds, megabytes=source.megabytes, retries=source.retries)
    url: str | None = with_parameters(source.url, {**fixed, **_first(source)})
    rows: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    pages = 0
    while url is not None:
        if pages == source.paging.most_pages:
            raise _too_many_pages(source)
        answer = fetcher.get(url, headers)
        pages += 1
        document = parsed(source, answer)
        found = rows_of(source, document)
        digest = hashlib.sha256(answer.body).hexdigest()
        if found and digest in seen:
            raise SourceError(
                f"Page {pages} of {shown(source.url)} repeats an earlier page.",
                "Its paging does not go on: check parameter and kind of paging in the declaration.",
            )
        seen.add(digest)
        rows += found
        if len(rows) > source.most_rows:
            raise SourceError(
                f"{shown(source.url)} gives more than {source.most_rows:,} rows, the limit of this dataset.",
                "Ask for less with its parameters, or raise most_rows in the declaration.",
            )
        url = _next(source, fixed, answer, document, pages, len(found))
        if url is not None and source.paging.kind == "link" and _host(url) != _host(source.url):
            headers = {}
    return Reading(tuple(rows), pages)


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """The address with these parameters in its query; one that is there already is replaced."""
    if not parameters:
        return url
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in parameters]
    return parts._replace(query=urlencode([*kept, *parameters.items()])).geturl()


def parsed(source: HttpSource, answer: Answer) -> Any:
    """The answer's document: a JSON value, or a list of CSV rows.

    Raises:
        SourceError: it is not what was declared.
    """
    if answer.media and not _MEDIA[source.format].fullmatch(answer.media):
        raise SourceError(
            f"{shown(answer.url)} answered with {answer.media}, not {source.format}.",
            "Check the url: a page for people or a login may have come instead of data.",
        )
    try:
        text = answer.body.decode(answer.charset)
        if source.format == "csv":
            return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
        refuse_deep(text.encode())
        return json.loads(text, parse_constant=lambda name: None)
    except LimitError as error:
        raise SourceError(f"What {shown(answer.url)} answered is too deep: {error.message}", "Ask for less.") from None
    except (ValueError, LookupError, RecursionError, csv.Error):
        raise SourceError(
            f"What {shown(answer.url)} answered cannot be read as {source.format}.", "Check its format."
        ) from None


def rows_of(source: HttpSource, document: Any) -> list[Mapping[str, Any]]:
    """The rows that lie in a document where the declaration says.

    Raises:
        SourceError: there are none; what the document holds is said.
    """
    found = document if source.format == "csv" else found_at(document, source.rows)
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        raise SourceError(
            f"At {source.rows} of {shown(source.url)} there are no rows.",
            f"Give the path of a list in the declaration. The answer holds: {_keys(document)}.",
        )
    return [row if isinstance(row, dict) else {"value": row} for row in found]


def _keys(document: Any) -> str:
    if isinstance(document, dict):
        return ", ".join(f"$.{key}" for key in list(document)[:12]) or "nothing"
    return f"a {type(document).__name__}"


def _first(source: HttpSource) -> dict[str, str]:
    """The parameters of the first page."""
    paging = source.paging
    found = {paging.size_parameter: str(paging.size)} if paging.size_parameter else {}
    if paging.kind == "page":
        found[paging.parameter] = str(paging.first)
    if paging.kind == "offset":
        found[paging.parameter] = "0"
    return found


def _next(
    source: HttpSource, fixed: Mapping[str, str], answer: Answer, document: Any, pages: int, count: int
) -> str | None:
    """Where the next page is; None after the last."""
    paging = source.paging
    if paging.kind == "none" or (count == 0 and paging.kind in ("page", "offset")):
        return None
    # A page that is not full is the last, where the size was asked for.
    if paging.kind in ("page", "offset") and paging.size_parameter and count < paging.size:
        return None
    given = {**fixed, **_first(source)}
    if paging.kind == "page":
        return with_parameters(source.url, {**given, paging.parameter: str(paging.first + pages)})
    if paging.kind == "offset":
        return with_parameters(source.url, {**given, paging.parameter: str(paging.size * pages)})
    if paging.kind == "cursor":
        cursor = found_at(document, paging.cursor)
        if cursor in (None, "", False) or isinstance(cursor, dict | list):
            return None
        return with_parameters(source.url, {**given, paging.parameter: str(cursor)})
    match = _NEXT.search(answer.link)
    return leads_to(answer.url, match[1]) if match else None


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _too_many_pages(source: HttpSource) -> SourceError:
    return SourceError(
        f"{shown(source.url)} has more than {source.paging.most_pages:,} pages, the limit of this dataset.",
        "Ask for larger pages, narrow it with its parameters, or raise most_pages in the declaration.",
    )
