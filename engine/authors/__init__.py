"""The authors, by name."""

from collections.abc import Callable

from engine.authors.base import Author
from engine.authors.catalogue import CatalogueAuthor

AUTHORS: dict[str, Callable[[], Author]] = {"catalogue": CatalogueAuthor}
