"""What looks like a credential and is none: samples of manuals, pictures, places of secrets, keys of things. Pure."""

from __future__ import annotations

import re

from .base import words

# What manuals write in a token's place: one sign again and again, "your-token-here".
DOCUMENTED = re.compile(r"(?i:x{6,}|\*{6,}|\byour[-_]|[-_]here\b)|\.\.\.$")
# How files of common kinds begin in base64: pictures, PDF, archives and office files, SVG and XML.
FILE_STARTS = tuple(
    "iVBORw0KGgo /9j/ R0lGOD JVBERi0 UEsDB UklGR PHN2Zy PD94bW AAABAA T2dnUw SUkqA Qk0 H4sI data:image/".split()
)
# Where a secret is kept: words between strokes, as in prod/db-password.
PLACE = re.compile(r"(?:[A-Za-z][a-z]{0,20}|\d{1,4})(?:[/_.:-](?:[A-Za-z][a-z]{0,20}|\d{1,4}))+")
SECRET_WORD = re.compile(r"(?i)passw|secret|key|token|cred")
# Words before "key" that say that it opens something; any other kind of key tells rows apart.
OPENING = words(
    "api access secret private auth authentication signing sign encryption master service account app application "
    "client license licence subscription storage admin root db database ssh hmac session webhook deploy deployment "
    "publishable consumer cipher crypto aes rsa fernet integration project write read ingest ingestion "
    "instrumentation function functions host shared server user bot feed admin_api rest team org vault unlock "
    "activation publish device partner merchant gateway stream relay push pull"
)
OF_THINGS = re.compile(r"(?i)(?:^|_)([a-z]+)_keys?$")
# Tokens that say where a list goes on, or where a text ends.
PAGING = re.compile(
    r"(?i)^(next|page|continuation|sync|start|stop|end|pad|bos|eos|unk|mask|cls|sep|prev|previous)_?tokens?$"
)
# What passes, as a rate, a mark or a cost that is passed through.
PASSING = re.compile(
    r"(?i)(^|_)pass_?(through|thru|rate|mark|grade|count|fail|criteria|status|list|result|type)s?(_|$)"
)
_VENDOR = re.compile(r"(?i)aws|azure|gcp|google|github|slack|stripe|openai|anthropic|twilio|sendgrid|maps?|datadog")


def documented(text: str) -> bool:
    """Whether a token is one that manuals show, as `ghp_xxxxxxxxxxxx` is."""
    return DOCUMENTED.search(text) is not None


def begins_file(text: str) -> bool:
    """Whether a text is the beginning of a picture, a document or an archive in base64."""
    return text.startswith(FILE_STARTS)


def names_place(text: str) -> bool:
    """Whether a text says where a secret is kept, in plain words, instead of the secret itself."""
    told = text.count("/") > 1 or (text.count("/") == 1 and SECRET_WORD.search(text) is not None)
    return told and PLACE.fullmatch(text) is not None


def tells_rows_apart(name: str) -> bool:
    """Whether a key is one of things, as geo_key and lease_key are, and opens nothing."""
    found = OF_THINGS.search(name)
    return found is not None and found[1].lower() not in OPENING and _VENDOR.search(name) is None


def plain_name(name: str) -> bool:
    """Whether a name means something else: next_token, pass_through."""
    return bool(PAGING.search(name) or PASSING.search(name))
