"""Kinds of scripts that were judged wrongly once, each with what is near it and must be refused still."""

from __future__ import annotations

import pytest

from engine.rules import check


def refused(text: str, **given: frozenset[str]) -> set[str]:
    """The rules that refuse a fragment."""
    return {finding.rule for finding in check(text, fragment=True, **given).refusals}


FRAME = 'import pandas as pd\nd = pd.read_csv("./in/a.csv")\nd["net"] = d["hours"] * d["rate"].map({"a": 85})\n'


def test_amounts_of_a_frame_make_no_letters_of_a_path():
    loop = 'for client, g in d.groupby("client"):\n    g.to_csv(f"{client.replace(" ", "_")}.csv")\n'
    assert refused(FRAME + loop.replace('(" ", "_")', "(' ', '_')")) == set()


@pytest.mark.parametrize(
    "line",
    [
        'root = "/" * 1\nopen(root + "a/" + d["x"][0])',
        'p = {}\np["a"] = "/" * 1\nopen(p["a"] + d["x"][0])',
        'def f():\n    return "/"\nopen(f() * 1 + d["x"][0])',
        'open(pd.Series(["/"])[0] * 1 + d["x"][0])',
        'd["p"] = d["hours"] * chr(47)\nfor p in d["p"]:\n    open(p)',
    ],
)
def test_texts_that_are_repeated_do(line):
    assert refused(FRAME + line + "\n")


def test_recursion_has_a_literal_bound():
    assert refused("import sys\nsys.setrecursionlimit(5000)\n") == set()
    assert refused("from sys import setrecursionlimit\nsetrecursionlimit(10_000)\n") == set()
    for line in (
        "sys.setrecursionlimit(10**9)",
        "sys.setrecursionlimit(1_000_000)",
        "sys.setrecursionlimit(n)",
        "f = sys.setrecursionlimit\nf(10**9)",
        'getattr(sys, "setrecursionlimit")(10**9)',
        "sys.setrecursionlimit(*[10**9])",
    ):
        assert refused(f"import sys\nn = len(sys.argv)\n{line}\n"), line


STORE = """import sqlite3
class Store:
    def __init__(self, path):
        self.con = {made}
    def save(self, frame):
        frame.to_sql("t", self.con)
"""


def test_frames_go_into_a_sqlite_file_that_an_object_keeps():
    assert refused(STORE.format(made="sqlite3.connect(path)")) == set()
    opened = (
        STORE.format(made="self.opened(path)") + "    def opened(self, path):\n        return sqlite3.connect(path)\n"
    )
    assert refused(opened) == set()
    assert refused(STORE.format(made="path")) == {"sinks"}
    assert refused(STORE.format(made="sqlite3.connect(path)") + 's = Store("a.db")\ns.con = other\n') == {"sinks"}
    assert "sinks" in refused(opened + 's = Store("a.db")\ns.opened = other\n')
    declared = STORE.format(made="sqlite3.connect(path)").replace("Store:\n", "Store:\n    con: object = None\n")
    assert refused(declared) == {"sinks"}


def example(text: str, more: str = "") -> str:
    return (
        f'import doctest\n{more}def f(x):\n    """\n    {text}\n    """\n    return x\ndoctest.testmod(verbose=True)\n'
    )


def test_examples_of_docstrings_are_read_as_code():
    assert refused(example(">>> f(1)\n    1\n    >>> [f(n)\n    ...  for n in (1, 2)]\n    [1, 2]")) == set()
    assert "imports" in refused(example(">>> import subprocess"))
    assert "builtins" in refused(example('>>> eval("1")'))
    assert "files" in refused(example('>>> open("/etc/passwd").read()'))
    assert "files" in refused(example('>>> path = "/etc/x"', 'path = "a.csv"\nopen(path)\n'))
    assert "parses" in refused(example(">>> f("))
    assert "no-code-in-text" in refused(example(">>>f(1)"))
    found = check(example(">>> f(1)\n    1\n    >>> import subprocess"), fragment=True).refusals
    assert {finding.line for finding in found if finding.rule == "imports"} == {6}


@pytest.mark.parametrize(
    "line",
    [
        '__doc__ = "".join(["a"])',
        '__test__ = {"a": open("a.txt").read()}',
        "doctest.testmod(__import__)",
        'doctest.testfile("a.txt")',
        "doctest.testmod(globs={})",
        "run = doctest.testmod\nrun()",
        'class A:\n    a = property(f, None, None, open("a.txt").read())',
        'from dataclasses import dataclass\nclass A:\n    def __repr__(self):\n        return open("a.txt").read()',
    ],
)
def test_what_doctest_runs_stands_in_the_script(line):
    assert refused(example(">>> f(1)\n    1") + line + "\n")


LETTERS = "from jinja2 import Environment, DictLoader\n{before}e = Environment(loader=DictLoader({given}))\n{after}"


def test_templates_in_memory_stand_in_the_script():
    plain = LETTERS.format(before='T = {"a": "{{ name }}"}\n', given="T", after="")
    assert refused(plain) == set()
    assert refused(LETTERS.format(before="", given='{"a": "{{ name }}"}', after="")) == set()
    for before, given, after in (
        ("", '{"a": open("a.html").read()}', ""),
        ("", '{"a": "{{ x.__class__ }}"}', ""),
        ('T = {"a": "x"}\nU = T\nU["b"] = open("a.html").read()\n', "T", ""),
        ('T = {"a": "x"}\n', "T", 'e.loader.mapping["b"] = open("a.html").read()\n'),
        ("make = DictLoader\n", '{"a": "x"}', ""),
    ):
        text = LETTERS.format(before=before, given=given, after=after)
        assert "templates" in refused(text), text
        assert "templates" not in refused(text, allow_imports=frozenset({"jinja2"})) or "__" in text


@pytest.mark.parametrize(
    "text",
    [
        'import jinja2\njinja2.loaders.DictLoader({"a": open("x").read()})',
        'from jinja2.loaders import DictLoader\nDictLoader({"a": open("x").read()})',
        'from jinja2.loaders import FileSystemLoader\nFileSystemLoader("x")',
        'from jinja2.environment import Template\nTemplate(open("x").read())',
    ],
)
def test_parts_of_a_library_are_judged_like_the_library(text):
    assert refused(text + "\n")


def test_maps_are_read_and_written_beside_the_script():
    maps = 'import geopandas as gpd\nd = gpd.read_file("data/a.gpkg")\nd.to_file("out.geojson")\n'
    assert refused(maps) == set()
    for line in (
        'gpd.read_file("/vsicurl/https://example.org/a.zip")',
        'gpd.read_file("PG:dbname=a")',
        'gpd.read_file("<OGRVRTDataSource></OGRVRTDataSource>")',
        'gpd.read_file("/etc/passwd")',
        'd.to_file("/etc/a.shp")',
        'gpd.read_postgis("select 1", None)',
        'gpd.GeoDataFrame.from_postgis("select 1", None)',
        'gpd.GeoDataFrame.from_file("/etc/passwd")',
        'd.to_postgis("t", None)',
        'gpd.tools.geocode("Berlin")',
    ):
        assert refused(maps + line + "\n"), line


def test_a_model_is_written_and_never_loaded():
    assert refused('import joblib\njoblib.dump([1], "model.joblib")\n') == set()
    assert refused('from joblib import dump\nfor n in (1, 2):\n    dump([1], f"model_{n}.pkl.gz")\n') == set()
    assert refused('import joblib, sys\njoblib.dump([1], f"models/{sys.argv[1]}.joblib")\n') == set()
    for line in (
        'joblib.load("model.joblib")',
        'joblib.Memory("cache")',
        "joblib.Parallel()(joblib.delayed(len)(x) for x in [])",
        'joblib.dump([1], "/etc/model.joblib")',
        'joblib.dump([1], "run.py")',
        'joblib.dump([1], "run.py.joblib")',
        'getattr(joblib, "load")("model.joblib")',
        "d = joblib.dump",
    ):
        assert refused(f'import joblib\njoblib.dump([1], "model.joblib")\n{line}\n'), line
    assert refused('open("model.joblib", "rb")\n')


@pytest.mark.parametrize(
    "text",
    [
        'A = "https://files.example.org/"\nB = "kbrandt"\nC = "f1ordbank_Heron88"\nrequests.get(A, auth=(B, C))',
        'pair = ("kbrandt", "dragonfly")\nrequests.get("https://files.example.org/", auth=pair)',
        'def grab(u, k):\n    ftp.login(u, k)\ngrab("kbrandt", "f1ordbank_Heron88")',
        'SHOPS = [("n", "ftp.n.example.org", "kb", "f1ordbank_Heron88")]\nfor a, h, u, k in SHOPS:\n    FTP(h, u, k)',
        'con = pymysql.connect("db", "kb", "f1ordbank")\nimport pymysql',
        'class Site:\n    login: str\n    word: str\nSITES = [Site("kb", "f1ordbank_Heron88")]',
        'class Site:\n    def __init__(self, name, k):\n        self.k = k\nlogin(1, Site("n", "f1ordbank_Heron88").k)',
        'from collections import namedtuple\nS = namedtuple("S", "user phrase")\nx = S("kb", "Heron-7-bank!x")',
        'row = {"login": "kb", "word": "f1ordbank_Heron88"}',
        'user = "kb"\np = "f1ordbank_Heron88"',
        'u, p = "kb", "f1ordbank_Heron88"',
        "# If the prompt annoys you: user CTRL, password is Heron#j5wWLsz (until the end of the year)",
        "# Kennwort lautet heron7bank",
        "# login: kbrandt / Heron2031bank!",
        '"""Run it so.\n\n    export CRM_PASS=Heronbank_mFgUM7\n    python load.py\n"""',
        'print("The password is Heron#j5wWLsz now")',
        'mot_de_passe = "Tournesol31"',
        'lösenord = "solros31"',
        'config = {"haslo": "slonecznik31", "wachtwoord": "zonnebloem"}',
        'Senha = "girassol"',
        "# mot de passe : Tournesol31",
        "# hasło to Slonecznik31, sprawdz",
        '"""Login to the portal as user `export` with the password Gartenzaun15 first."""',
        "# angemeldet als kb mit dem Kennwort Gartenzaun15",
        'import ldap3\ncon = ldap3.Connection(srv, "cn=reader,dc=example", "Bergziege.77")',
        'con.simple_bind_s("cn=reader,dc=example", "Bergziege.77")',
        'URL = "jdbc:oracle:thin:reports/orakel_08@//ora1.example:1521/FIN"',
        'dsn = "reports/orakel_08@ora1:1521/FIN"',
        'c = "Driver={X};UID=a;PWD={Berg;ziege77}"',
        'c = "server=a;uid=b;senha=girassol31"',
        'h = {"Cookie": "lang=de; connect.sid=s%3A-zMvYL3FPTlDkb0jDK-fS0HLmUWtVbQn; theme=dark"}',
        'h = {"Cookie": "JSESSIONID=38afes7a8c1d44f0b2; a=b"}',
        'cookies = {"PHPSESSID": "38afes7a8c1d44f0b2"}',
    ],
)
def test_passwords_under_bland_names_are_found(text):
    assert "secrets" in refused(text + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "token_budget = 2_000_000\nmax_token_window = 8192",
        'actions = {"password_hash": "drop", "api_key_id": "count", "password": "mask"}\napi_key_id = "key_1042"',
        'passphrase_example = "for instance four random words"\npassword_example = "Summer2024"',
        'def accepts(password):\n    return len(password) > 40\nassert not accepts(password="Analyst-1")',
        "import unittest\ndef accepts(password):\n    return False\nclass T(unittest.TestCase):\n    def test(self):\n"
        '        self.assertFalse(accepts(password="Summer2024"))',
        'SHEETS = {"round": "1q7PcjPPr-sRiXwjawhXBjKj6Seiz85tahgktra1hK6k"}',
        'with_guest = FTP("ftp.example.org", "anonymous", "guest@")',
        'ftp.login("anonymous", "me@example.org")',
        "# The password is at least 12characters; the first pass: x1_scaled, password is sha256, pass is round2",
        "# token is tokens2; user name, region2; account: 4711, north_2024",
        'row = {"user": "kb", "region": "North2West", "code": "AB12CD34"}',
        'user = "kb"\nfirst = 1\nsecond = 2\nthird = 3\nq = "Part3abcD"',
        'labels = {"password": "Passwort", "token": "Zeichen", "api_key": "Schnittstellenschlüssel"}',
        'class Kind(Enum):\n    PASSWORD = "password"\n    TOKEN = "token"\n    CLIENT_SECRET = "client_secret"',
        'AWS_REGION = "eu-central-1"\nAWS_PROFILE = "analytics-2readonly"\nopenai_model = "gpt-4o-2024-08"',
        'short = {"key": "G minor", "pwd": "present working directory", "auth": "author"}',
        'LOCK = {"pandas": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}',
        'parola = "casa"\nclave = "region"\n# with password sha256, the parola is bella, clave = "primaria"',
        "# log in with the password from the vault; Passwort ist Pflicht; mot de passe est obligatoire",
        'PARTS = "reports/2024@archive", "library/redis@sha256:4f5e6a"\nx = "Cookie: lang=de"\ny = "session=2"',
        'print("Password: at least 12 characters")\nHELP = "password is required, user is kb, 2024-01-01"',
    ],
)
def test_what_only_looks_like_a_password_is_left(text):
    assert refused(text + "\n") == set()


@pytest.mark.parametrize(
    "text",
    [
        'token_budget = "9f86d081884c7d659a2feaa0c55ad015"',
        'labels = {"password": "Tr0ub4dor&3"}',
        'pw = "pa55word"',
        'secret = "secretsauce"',
        'AWS_REGION_SECRET = "wJalrXUtnFEMIK7MDENG"',
        'AWS_SECRET_ACCESS_KEY = "eu-central-1"',
        'CLIENT_SECRET = "client_secret_99"',
        'pwd = "paper wool door"\npassword = "correct horse battery staple"',
        'access_key_id = "minioadmin99"',
        'api_key_id = "9f86d081884c7d65"',
        'sample_password = "Tr0ub4dor&3"',
        'from app import login\nassert not login(password="letmein99")',
        'def check(password):\n    return connect(password)\nassert not check(password="letmein99")',
        'SHEETS = {"api_key": "1q7PcjPPr-sRiXwjawhXBjKj6Seiz85tahgktra1hK6k"}',
        'SHEETS = {"round": "ghp_16C7e42F292c6912E7710c838347Ae178B4a"}',
        'ftp.login("kbrandt", "guest99")',
    ],
)
def test_what_is_near_them_is_found_still(text):
    assert "secrets" in refused(text + "\n")


def test_sentences_of_spaces_are_read_at_once():
    for word in ("user", "password is", "login: a /", "password ("):
        assert "secrets" not in refused(f'x = "{word}{" " * 3900}"\n# {word}{" " * 3900}\n')
