"""Files that programs send: `POST /api/datasets`, a form with the file and how it is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from pydantic import ValidationError

from engine.datasets.shelf import Shelf
from engine.errors import EngineError, UsageError
from engine.foundation.jsonapi import Answer, UntakenError, refused
from engine.intake.files import MOST_MEGABYTES
from engine.intake.recipe import Recipe

SHAPE = (
    f"Send a form with file=@FILE of at most {MOST_MEGABYTES} MB; name=NAME, preview=1 and recipe={{}} as you like; "
    "with a Content-Length."
)
# What the other fields and the form itself may take beside the file.
FORM_ROOM = 1 << 20
FIELDS = frozenset({"name", "preview", "recipe"})

__all__ = ["FORM_ROOM", "MOST_MEGABYTES", "SHAPE", "answer"]


def answer(shelf: Shelf, fields: Mapping[str, str], file_name: str, content: bytes | None) -> Answer:
    """The dataset as it is kept, or how it would be read; an error as a document."""
    try:
        return _answer(shelf, fields, PurePath(file_name).name, content)
    except EngineError as error:
        return refused(error)


def _answer(shelf: Shelf, fields: Mapping[str, str], file_name: str, content: bytes | None) -> Answer:
    if content is None or not file_name:
        raise UsageError("The request holds no file.", SHAPE)
    if unknown := set(fields) - FIELDS:
        raise UsageError(f"{min(unknown)} is no field of this form.", SHAPE)
    if len(content) > MOST_MEGABYTES << 20:
        raise UntakenError(413, f"{file_name} is larger than {MOST_MEGABYTES} MB.", SHAPE)
    recipe = _recipe(fields.get("recipe", ""))
    if fields.get("preview", "") in ("1", "true", "yes"):
        return 200, shelf.preview(file_name, content, recipe).model_dump(mode="json")
    return 200, shelf.add_file(file_name, content, fields.get("name", ""), recipe).model_dump(mode="json")


def _recipe(text: str) -> Recipe | None:
    try:
        return Recipe.model_validate_json(text) if text.strip() else None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the recipe"
        raise UsageError(f"{where} cannot be read: {first['msg'].lower()}.", SHAPE) from None
