"""Words: tokens with their place in the text, stems, function words, number words, and the words of identifiers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import snowballstemmer

_STEMMER = snowballstemmer.stemmer("english")
_STEMMING = Lock()

# Where the stemmer leaves two forms of one word apart.
_IRREGULAR = {
    "people": "person",
    "persons": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "criteria": "criterion",
    "indices": "index",
    "indexes": "index",
    "data": "data",
    "mice": "mouse",
    "feet": "foot",
    "teeth": "tooth",
    "wives": "wife",
    "leaves": "leave",
    "sold": "sale",
    "selling": "sale",
    "sell": "sale",
    "sells": "sale",
    "bought": "purchase",
    "buy": "purchase",
    "paid": "pay",
    "born": "birth",
    "built": "build",
    "taught": "teach",
    "won": "win",
    "held": "hold",
    "written": "write",
    "wrote": "write",
    "made": "make",
    "lent": "lend",
    "spent": "spend",
    "spending": "spend",
    "grew": "grow",
    "companies": "company",
    "leases": "lease",
    "leased": "lease",
    "leasing": "lease",
    "bases": "base",
    "addresses": "address",
    "statuses": "status",
    "status": "status",
    "series": "series",
    "species": "species",
    "news": "news",
    "analyses": "analysis",
    "diagnoses": "diagnosis",
    "diagnosis": "diagnosis",
    "theses": "thesis",
    "crises": "crisis",
    "alumni": "alumnus",
    "syllabi": "syllabus",
    "matrices": "matrix",
    "vertices": "vertex",
    "lives": "live",
    "knives": "knife",
    "shelves": "shelf",
    "halves": "half",
    "salespeople": "salesperson",
    "salespersons": "salesperson",
    "movies": "movie",
    "cookies": "cookie",
    "heroes": "hero",
    "potatoes": "potato",
    "photos": "photo",
    "universities": "university",
    "international": "international",
}

# Where the stemmer gives two different words one form: a rating is no rate.
_OWN_STEM = {"rating": "rating", "ratings": "rating", "rated": "rating", "number": "number", "numbers": "number"}

# Usual shortenings in column names, as the words a person would say.
_ABBREVIATIONS = {
    "amt": "amount",
    "amnt": "amount",
    "qty": "quantity",
    "num": "number",
    "nbr": "number",
    "cnt": "count",
    "addr": "address",
    "desc": "description",
    "dept": "department",
    "mgr": "manager",
    "emp": "employee",
    "cust": "customer",
    "acct": "account",
    "acc": "account",
    "yr": "year",
    "yrs": "years",
    "mth": "month",
    "pct": "percent",
    "perc": "percent",
    "avg": "average",
    "min": "minimum",
    "max": "maximum",
    "dob": "birth date",
    "tel": "phone",
    "prop": "property",
    "bldg": "building",
    "sf": "sqft",
    "inc": "income",
    "bal": "balance",
    "int": "interest",
    "util": "utilization",
    "dt": "date",
    "inv": "invoice",
    "prod": "product",
    "cat": "category",
    "org": "organization",
    "univ": "university",
    "stu": "student",
    "fname": "first name",
    "lname": "last name",
    "abbr": "abbreviation",
    "bsmt": "basement",
    "pmt": "payment",
    "txn": "transaction",
    "trans": "transaction",
    "auth": "author",
    "pub": "publication",
    "curr": "current",
    "prev": "previous",
    "lat": "latitude",
    "lng": "longitude",
    "lon": "longitude",
    "ts": "timestamp",
    "crtd": "created",
    "orig": "origin",
    "dest": "destination",
    "nm": "name",
    "cd": "code",
    "loc": "location",
    "sal": "salary",
    "ccy": "currency",
    "ctry": "country",
    "cntry": "country",
    "disc": "discount",
    "pymt": "payment",
    "cert": "certificate",
    "mfr": "manufacturer",
    "appt": "appointment",
    "pop": "population",
    "wt": "weight",
    "ht": "height",
    "dur": "duration",
    "hrs": "hours",
    "mins": "minutes",
    "secs": "seconds",
    "tot": "total",
    "elev": "elevation",
    "lang": "language",
    "msg": "message",
    "cmt": "comment",
    "grp": "group",
    "px": "price",
    "itm": "item",
    "whse": "warehouse",
    "vend": "vendor",
    "mkt": "market",
    "req": "request",
    "freq": "frequency",
    "svc": "service",
    "usr": "user",
    "pwd": "password",
    "pkg": "package",
    "flt": "flight",
    "psgr": "passenger",
    "hosp": "hospital",
    "tx": "transaction",
    "kw": "keyword",
    "comm": "commission",
    "affil": "affiliation",
    "diag": "diagnosis",
    "appr": "approval",
    "ins": "insurance",
    "reg": "registration",
    "pt": "patient",
    "dx": "diagnosis",
    "rx": "prescription",
    "ord": "order",
    "hd": "header",
    "hdr": "header",
    "ln": "line",
    "lns": "lines",
    "stat": "status",
    "sts": "status",
    "prc": "price",
    "lst": "list",
    "typ": "type",
    "txt": "text",
    "flg": "flag",
    "drv": "driver",
    "veh": "vehicle",
    "dlv": "delivery",
    "delv": "delivery",
    "rsn": "reason",
    "mach": "machine",
    "eqp": "equipment",
    "equip": "equipment",
    "maint": "maintenance",
    "proj": "project",
    "nr": "number",
    "upd": "updated",
    "chg": "changed",
    "vld": "valid",
    "shft": "shift",
    "wst": "waste",
    "pln": "planned",
    "std": "standard",
    "tech": "technician",
    "rte": "route",
    "trk": "truck",
    "wh": "warehouse",
    "evt": "event",
    "tkt": "ticket",
    "mbr": "member",
    "memb": "member",
    "chan": "channel",
    "chnl": "channel",
    "src": "source",
    "cst": "cost",
    "rmk": "remark",
    "supp": "supplier",
    "suppl": "supplier",
    "mat": "material",
    "matl": "material",
    "wgt": "weight",
    "vol": "volume",
    "lvl": "level",
    "ptnr": "partner",
    "pol": "policy",
    "clm": "claim",
    "prem": "premium",
    "bkg": "booking",
    "rsv": "reservation",
    "resv": "reservation",
    "arr": "arrival",
    "fac": "facility",
    "sz": "size",
    "clr": "color",
    "qtr": "quarter",
    "wk": "week",
    "rcpt": "receipt",
    "rcv": "received",
    "shp": "shipped",
    "strt": "start",
    "mgmt": "management",
    "svcs": "services",
    "assn": "assignment",
    "empl": "employee",
    "dlvd": "delivered",
    "cncl": "cancelled",
    "canc": "cancelled",
    "cxl": "cancelled",
    "cmpl": "completed",
    "schd": "scheduled",
    "sched": "scheduled",
    "insp": "inspection",
    "dtl": "detail",
    "det": "detail",
    "attr": "attribute",
    "coll": "collection",
    "wrk": "work",
    "wo": "work order",
}

STOP_WORDS = frozenset(
    "the a an of in on for to is are was were be been being that which who whom what whats whose where when with "
    "from and or all list show find give return tell there do does did have has had having as at it its their "
    "theirs them they this these those please i me my we us our you your can could would should by about also get "
    "out into against than among amongst including display provide so just any some such then let lets see want "
    "like need know kindly hello hi hey thanks thank pls he she his her hers him will if still ones one per each "
    "every both not no nor but only while during between over under up down whether how many much across within "
    "s t re there's here yet ever already either".split()
)

_UNITS = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "dozen": 12,
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
NUMBER_WORDS = frozenset(_UNITS) | frozenset(_SCALES)

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]+"|(?<!\w)'[^']+'(?!\w))"""
    r"|(?P<word>[\w.+-]{1,64}@[\w-]+\.[\w.]+\w|[^\W\d_]\w*\.(?:com|org|net|edu|gov|io|co)\b)"
    r"|(?P<number>\d{4}-\d{2}-\d{2}|\d[\d,]{0,40}\.\d+|\d{1,3}(?:,\d{3})+(?!\d)|\d+(?![\w]))"
    r"|(?P<name>\w+(?:'(?:t|re|ve|ll)\b)?)"
    r"|(?P<mark>[,;:?!.()%$&/<>=-]+)",
)


@dataclass(frozen=True)
class Token:
    """One word, number, quoted text or mark, and where it stands."""

    text: str
    start: int
    end: int
    kind: str

    @property
    def low(self) -> str:
        """In lower case."""
        return self.text.lower()

    @property
    def stem(self) -> str:
        """Without its ending."""
        return stem(self.text)


def tokenise(text: str) -> tuple[Token, ...]:
    """The tokens of a text; quoted text is one token without its quotes, a possessive 's is dropped."""
    plain = text.translate({0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'"})
    plain = re.sub(r"(?<=\w)'s\b", "  ", plain)
    tokens = []
    for match in _TOKEN.finditer(plain):
        kind = str(match.lastgroup)
        shown = match.group(0)[1:-1].strip() if kind == "quoted" else match.group(0)
        kind = "word" if kind == "name" else kind
        tokens.append(Token(shown, match.start(), match.end(), kind))
    return tuple(tokens)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a word: one form for singular, plural and the forms of a verb."""
    low = word.lower()
    if low in _OWN_STEM:
        return _OWN_STEM[low]
    with _STEMMING:  # the stemmer keeps the word it is at, and several workers read at once
        return str(_STEMMER.stemWord(_IRREGULAR.get(low, low)))


@lru_cache(maxsize=50_000)
def split_identifier(name: str) -> tuple[str, ...]:
    """The words of an identifier: `PlaylistTrack`, `vin_number`, `funded_amnt`."""
    if name.lower() in _ABBREVIATIONS:
        return tuple(_ABBREVIATIONS[name.lower()].split())
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    words = re.sub(r"[^A-Za-z0-9\u00c0-\uffff]+", " ", spaced).lower().split()
    return tuple(part for word in words for part in _written_out(word).split())


def _written_out(word: str) -> str:
    """A shortening as the word it stands for, one with a plural s too: `txns` are transactions."""
    if word in _ABBREVIATIONS or len(word) < 3 or word[:-1] not in _ABBREVIATIONS or not word.endswith("s"):
        return _ABBREVIATIONS.get(word, word)
    return plural(_ABBREVIATIONS[word[:-1]])


@lru_cache(maxsize=50_000)
def stems(name: str) -> tuple[str, ...]:
    """The stems of an identifier's words."""
    return tuple(stem(word) for word in split_identifier(name))


def number_of(words: Sequence[str]) -> int | None:
    """The number that words spell ("twenty five", "one hundred thousand"), None when they spell none."""
    total, current = 0, 0
    if not words or not any(word in _UNITS or word in _SCALES for word in words):
        return None
    for word in words:
        if word in _UNITS:
            current += _UNITS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALES:
            total, current = total + max(current, 1) * _SCALES[word], 0
        elif word != "and":
            return None
    return total + current


# Endings of nouns that are made of verbs, with what the verb ends in.
_DEEDS = (
    ("ption", ("be", "pt")), ("ation", ("ate", "e", "")), ("ition", ("it", "ite")), ("tion", ("t", "te")),
    ("ssion", ("t", "ss")), ("sion", ("d", "de", "se")), ("ment", ("",)), ("al", ("", "e")), ("ing", ("", "e")),
    ("ance", ("", "e")), ("ure", ("", "e")),
)  # fmt: skip
_AGENTS = (("ier", ("y",)), ("er", ("", "e")), ("or", ("", "e")))


def verbs_of(words: Sequence[str], agents: bool = False) -> frozenset[str]:
    """The stems of the verbs that a noun is made of: prescribe for prescriptions; for `agents` supply for suppliers."""
    if not words:
        return frozenset()
    noun = words[-1].removesuffix("s")
    endings = _AGENTS if agents else _DEEDS
    roots = [(noun.removesuffix(ending), made) for ending, made in endings if noun.endswith(ending)]
    return frozenset(stem(root + each) for root, made in roots[:1] if len(root) > 3 - (not agents) for each in made)


# Words that are whole, and shorten nothing.
WHOLE = frozenset(
    """
    id no name type code date line order item list plan bill open total cost rate unit text date day month year
    state count class group part price level note rank sale ship sign term test time user view work zone age
    area base bank body book card case city data deal dept desk door file firm fund game goal hour hous idea job
    key kind land left loss make mark mean mode name near need next note numb page paid park path pay per pet
    plat pool port post prim race rent rest risk road role room rout rule seat segment self size skill sort star
    start stop tag tax team tool town trip type use valu vote wage week with word
    """.split()
)


def shortens(short: str, word: str) -> bool:
    """Whether letters are a shortening of a word: its beginning (`mov`), or its consonants in order (`clk`)."""
    if not 1 < len(short) < len(word) or short[0] != word[0]:
        return False
    letters = iter(word)
    return word.startswith(short) or (not set(short) & set("aeiou") and all(letter in letters for letter in short))


def plural(noun: str) -> str:
    """A readable plural, for labels."""
    if noun.endswith("s"):
        return noun
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(x|ch|sh)$", noun) else "s")


def readable(name: str) -> str:
    """An identifier as words, for labels."""
    return " ".join(split_identifier(name)) or name


def called(table: str) -> str:
    """What a table's rows are called, in words: no schema, and no letter or word that only marks tables."""
    words = split_identifier(table.rpartition(".")[2])
    marked = len(words) > 1 and (len(words[0]) == 1 or words[0] in ("tbl", "dim", "fact", "fct"))
    return " ".join(words[1:] if marked else words) or table
