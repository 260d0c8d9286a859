"""What lines say that are no rows: numbers of pages, counts of rows, remarks, Excel's own words about pivot tables."""

from __future__ import annotations

import re
from typing import Any

PAGE = re.compile(
    r"(?:page|seite|página|pag\.?|p\.)\s*\d+|\d+\s*(?:of|/|von)\s*\d+$|printed|run date|report date|"
    r"\(?\d[\d,. ]*(?:rows?|records?|lines?|entries|items?|results?|Zeilen|lignes|filas|righe)"
    r"(?: (?:selected|found|returned|affected|in set.*))?\)?$",
    re.IGNORECASE,
)
PAGE_NUMBER = re.compile(r"\b(?:page|seite|página|pagina)\s*:?\s*\d+\s*(?:(?:of|von|/)\s*\d+)?$", re.IGNORECASE)
PIVOT = re.compile(
    r"column labels|spaltenbeschriftungen|étiquettes de colonnes|etiquetas de columna|etichette di colonna|kolomlabels|"
    r"列标签|列ラベル",
    re.IGNORECASE,
)
REMARK = re.compile(
    r"(?:\*|†|source|note|notes|remark|prepared|generated|printed|confidential|disclaimer|end of|quelle|as of)",
    re.IGNORECASE,
)


def is_sentence(value: Any) -> bool:
    """Whether a cell is a remark in words, which may have been cut at its commas."""
    return isinstance(value, str) and len(value) > 25 and len(value.split()) > 4
