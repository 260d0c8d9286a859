"""The words of requests for metrics, by what they do."""

from __future__ import annotations

from engine.products import Output

MAKE = r"(?:(?:create|build|make|generate|write|export|as|on|in|with|and|run)\s+)*(?:an?\s+|the\s+)?"
PAGES = r"(?:interactive\s+|web\s+)*(?:web\s?site|web\s?app(?:lication)?|web\s?page|dashboards?|page)"
SHOWING = r"(?:\s+to\s+(?:show|display|present)\s+(?:the\s+)?results?)?"
WHAT_IF = r"(?:simulations?|simulate|what[- ]?if(?:\s+analysis|\s+scenarios?)?|scenarios?|sensitivity(?:\s+analysis)?)"
PAPERS = (
    r"(?:(?:pdf|excel|power\s?point|summary)\s*(?:and|,|/)?\s*)*"
    r"(?:pdf|excel|power\s?point|spreadsheet|workbook|reports?|presentation|slides|slide deck)\b"
)
WANTED = (
    (Output.DASHBOARD, MAKE + PAGES + SHOWING),
    (Output.SIMULATION, MAKE + WHAT_IF),
    (Output.REPORT, MAKE + PAPERS),
)
NOISE = frozenset(
    "calculate compute determine work figure analyse analyze analysis result results number numbers value values "
    "metric metrics portfolio company overall total whole entire current currently latest today now question "
    "answer data figures chart charts graph plot table tables visual visualise visualize picture view "
    "interactive compare comparison compared versus vs side together extract fetch load pull read report reports "
    "summary summarise summarize please asap quick quickly detail details detailed first last list rank ranked "
    "ranking sort sorted order ordered breakdown broken time "
    "evolution level levels using based use across performance owned manage managed real estate commercial "
    "business see look check review evaluate assess provide annual annually yearly monthly quarterly exactly own "
    "ours".split()
)
# How a change is asked for, the longer phrases first: against what, and the words.
_AGAINST = r"(?:versus|vs\.?|against|over|compared\s+(?:with|to)|than|from)"
_EARLIER = r"(?:last\s+year|a\s+year\s+(?:ago|earlier|before)|the\s+(?:year\s+before|previous\s+year|prior\s+year))"
CHANGES = (
    ("compound", r"\b(?:cagr|compound(?:ed)?(?:\s+annual)?\s+growth(?:\s+rate)?)\b"),
    ("year", rf"\b{_AGAINST}\s+the\s+same\s+(?:months?|period|quarter|time)\s+(?:of\s+)?{_EARLIER}\b"),
    ("year", r"\b(?:year[- ](?:over|on)[- ]year|y[-/]?o[-/]?y)(?:\s+(?:growth|change))?\b"),
    ("quarter", r"\b(?:quarter[- ](?:over|on)[- ]quarter|q[-/]?o[-/]?q)(?:\s+(?:growth|change))?\b"),
    ("month", r"\b(?:month[- ](?:over|on)[- ]month|m[-/]?o[-/]?m)(?:\s+(?:growth|change))?\b"),
    ("year", rf"\b{_AGAINST}\s+a\s+year\s+(?:ago|earlier|before)\b"),
    ("year", r"\b(?:annual\s+)?growth(?:\s+rate)?\b(?:\s+(?:of|in)\b)?"),
)
ALL = frozenset("all every each any".split())
# Common words that change what is asked: they are never passed over.
TELLING = frozenset(
    "not no nor neither except excluding without but if only both under over up down between than while".split()
)
SHARES = frozenset("share percentage percent proportion fraction".split())
TRENDS = frozenset("trend trends development evolution history historical".split())
COMPARISONS = {
    "below": "<", "under": "<", "less than": "<", "lower than": "<", "smaller than": "<",
    "above": ">", "over": ">", "more than": ">", "greater than": ">", "higher than": ">", "exceeding": ">",
    "at least": ">=", "at most": "<=", "<": "<", ">": ">", "<=": "<=", ">=": ">=",
}  # fmt: skip
GRAIN_WORDS = {
    "month": "month", "monthly": "month", "quarter": "quarter", "quarterly": "quarter",
    "year": "year", "yearly": "year", "annually": "year", "annual": "year",
}  # fmt: skip
ORDERS = {
    "worst": "worst", "weakest": "worst", "poorest": "worst", "best": "best", "strongest": "best",
    "highest": "high", "largest": "high", "biggest": "high", "top": "high", "descending": "high",
    "lowest": "low", "smallest": "low", "bottom": "low", "ascending": "low",
}  # fmt: skip
