"""Modules that are harmless in part, own databases and files, sizes, and texts from the script's own functions."""

from __future__ import annotations

import pytest

from engine.rules import check
from engine.rules.members import FRAGMENT_MODULES, NEVER, PARTLY
from engine.rules.partly import HARMLESS


def refused(text: str) -> set[str]:
    """The rules that refuse a fragment."""
    return {finding.rule for finding in check(text, fragment=True).refusals}


def test_what_is_harmless_in_part_has_its_members_listed():
    assert all(FRAGMENT_MODULES[module] for module in PARTLY)
    for dotted in HARMLESS:
        module, _, name = dotted.rpartition(".")
        assert name in FRAGMENT_MODULES[module]


@pytest.mark.parametrize("module", sorted(PARTLY))
def test_an_import_that_nothing_uses_is_refused(module):
    assert "imports" in refused(f"import {module}\n")
    assert "imports" in refused(f"import {module} as m\n")
    assert not check(f"import {module}\n").accepted


@pytest.mark.parametrize("module", sorted(NEVER - {name.partition(".")[0] for name in PARTLY}))
def test_the_others_are_refused_whatever_is_used(module):
    assert "imports" in refused(f"import {module}\nprint({module}.x)\n")


@pytest.mark.parametrize(
    "text",
    [
        "from concurrent.futures import ThreadPoolExecutor, as_completed\nwith ThreadPoolExecutor(4) as pool:\n"
        "    done = [f.result() for f in as_completed([pool.submit(len, x) for x in y])]",
        "import threading\nlock = threading.Lock()\nt = threading.Thread(target=print, args=(1,))\nt.start()",
        'import importlib.util\nHAS = importlib.util.find_spec("pyarrow") is not None',
        'from importlib.util import find_spec\nif find_spec("polars"):\n    print("fast")',
        'from importlib.metadata import version\nprint(version("pandas"))',
        "import inspect\ndef f(a, b=1):\n    '''Doc.'''\nprint(inspect.getdoc(f), inspect.signature(f).parameters)",
        "import tracemalloc\ntracemalloc.start()\nprint(tracemalloc.get_traced_memory()[1])",
        'import wave\nwith wave.open("a.wav", "wb") as w:\n    w.setnchannels(1)',
        'import codecs\nwith codecs.open("a.csv", "r", "utf-8") as f:\n    print(f.read())',
        "import weakref\ncache = weakref.WeakValueDictionary()",
        "import zlib\nprint(zlib.crc32(data))",
        "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)",
        "import multiprocessing\nprint(multiprocessing.cpu_count())",
        "from http import HTTPStatus\nprint(HTTPStatus.OK)",
        "from xml.sax.saxutils import escape\nprint(escape(x))",
        "from xml.dom import minidom\nprint(minidom.parseString(x).toprettyxml())",
        "import timeit\ndef f():\n    pass\nprint(timeit.timeit(f, number=9), timeit.timeit(lambda: f(), number=9))",
        'from string import Formatter\nprint([f for _, f, _, _ in Formatter().parse("{a}")])',
        'import os\nif os.access("a.csv", os.R_OK):\n    print(1)',
        "import platform\nprint(platform.system())",
        "import pandas as pd\npd.options.mode.copy_on_write = True",
        "from pandas.core.groupby import DataFrameGroupBy\ndef f(g: DataFrameGroupBy):\n    return g.sum()",
        "from pandas.io.formats.style import Styler\ndef f(s: Styler):\n    return s",
        "import contextlib\nclass A(contextlib.AbstractContextManager):\n    pass",
        'import os\nLANG = os.environ.get("REPORT_LANG", "de")\nprint(LANG)',
        "import numpy as np\nr = np.random.default_rng(1)\nprint(r.integers(1 << 30), r.normal(10**9, 2, 5))",
        'T = {"a": "Dear {name}"}\ndef known(t):\n    return t\nprint(known(T["a"]).format(name=1))',
    ],
)
def test_the_harmless_part_passes(text):
    assert refused(text + "\n") == set()


@pytest.mark.parametrize(
    "text",
    [
        "from concurrent.futures import ProcessPoolExecutor\nProcessPoolExecutor()",
        "import concurrent.futures\nx = concurrent.futures\nx.ProcessPoolExecutor()",
        "from concurrent import futures\nfutures.ThreadPoolExecutor()",
        "import concurrent.futures.process\n",
        "import threading\nthreading.settrace(f)",
        "import threading\nthreading.Thread(target=exec, args=(x,)).start()",
        'import os, threading\nthreading.Thread(target=os.system, args=("id",)).start()',
        "import os, threading\nthreading.Thread(target=os.remove, args=(x,)).start()",
        "import threading\nthreading.Thread(target=open, args=(chr(47) + x,)).start()",
        "import threading, pandas as pd\nrun = {'target': pd.read_csv}\nthreading.Thread(**run).start()",
        "import threading\nt = threading.Lock()\nthreading._os.system('id')",
        "import threading\nl = threading.Lock()\nm = threading\nm._sys.modules",
        'import importlib.util\nif importlib.util.find_spec("a.b"):\n    pass',
        "import importlib.util\nif importlib.util.find_spec(name):\n    pass",
        'import importlib.util\ns = importlib.util.find_spec("a")\ns.loader.get_data("x")',
        'import importlib.util\nif importlib.util.find_spec("a") == x:\n    pass',
        "import importlib\nimport importlib.util\nimportlib.import_module('os')",
        "import importlib.util\nimportlib.util.module_from_spec(x)",
        "import importlib.metadata\nimportlib.metadata.entry_points()",
        "import inspect\ninspect.currentframe().f_back",
        "import inspect\nprint(inspect.getdoc(f))\ninspect.getmembers(f)",
        "import inspect\ninspect.stack()",
        "import inspect\ninspect.signature(f, eval_str=True)",
        'import inspect\ninspect.signature(f, **{"eval_str": True})',
        "import inspect\ns = inspect.signature\ns(f)",
        "import inspect\ninspect.Signature.from_callable(f)",
        "import tracemalloc\ntracemalloc.start()\ntracemalloc.take_snapshot().load('x')",
        'import wave\nwave.open("/etc/a.wav")',
        "import wave\nf = wave.open\nf(chr(47) + x)",
        'import codecs\ncodecs.decode("cevag", "rot13")',
        'import codecs\ncodecs.open("/etc/passwd")',
        'import lzma\nlzma.open("/root/a.xz")',
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1, 1))",
        "import multiprocessing\nmultiprocessing.Pool(4)",
        "import multiprocessing as mp\nprint(mp.cpu_count())\nmp.Process(target=f).start()",
        "import multiprocessing\nn = multiprocessing.cpu_count\nm = multiprocessing",
        "import http.client\nhttp.client.HTTPConnection('a')",
        "from xml.sax import make_parser\nmake_parser()",
        'from xml.dom import minidom\nminidom.parse("/etc/a.xml")',
        "from xml.dom import minidom\nm = minidom\nm.x",
        'import timeit\ntimeit.timeit("f()")',
        "import timeit\ntimeit.timeit(text)",
        "import timeit\ndef f():\n    pass\nf = text\ntimeit.timeit(f)",
        "import timeit\ntimeit.timeit(lambda: 1, setup=text)",
        "import timeit\ntimeit.timeit(lambda: 1, text)",
        'from string import Formatter\nFormatter().format("{0.x}", 1)',
        "from string import Formatter\nFormatter().get_field(x, (1,), {})",
        "from string import Formatter\nclass F(Formatter):\n    pass",
        "from string import Formatter\nf = Formatter()\nf.parse(x)",
        'import os\nos.access("/etc/shadow", os.R_OK)',
        "import os, platform\nos.system('id')",
        'import pandas as pd\npd.options.plotting.backend = "evil"',
        "import pandas as pd\npd.options.mode.copy_on_write = f",
        "from pandas.core.groupby import ops\nprint(ops)",
        "from pandas.core import groupby\nprint(groupby.ops)",
        "import pandas as pd\nx = pd.io\nx.common",
        "import pandas as pd\npd.io.common.os",
        'import os\nprint(os.environ.get("SESSION"))',
        'import os\nprint(os.environ.get("AUTH_STATE"))',
        "import numpy as np\nr = np.random.default_rng(1)\nr.integers(0, 9, 10**10)",
        "import numpy as np\nnp.random.normal(0, 1, size=10**10)",
        "def known(t):\n    return t\nprint(known(x).format(y))",
        'class A:\n    def max(self):\n        return "a.csv"\nopen(max(chr(47) + x))',
        'def name():\n    return "a.csv"\nname = other\nprint(name().format(x))',
        '@other\ndef name():\n    return "a"\nprint(name().format(x))',
    ],
)
def test_the_rest_does_not(text):
    assert refused(text + "\n"), text


OWN = 'import sqlite3\ncon = sqlite3.connect("own.db")\n{}\n'


@pytest.mark.parametrize(
    "lines",
    [
        'd.to_sql("tx", con)\ncon.execute("CREATE INDEX i ON tx (a)")',
        'con.execute("create table t (a)")\ncon.execute("PRAGMA journal_mode = WAL")\ncon.execute("BEGIN")',
        'con.execute("create table t (a)")\ncon.execute("insert into t values (?)", (1,))\ncon.execute("VACUUM")',
        'con.executescript("create table t (a); pragma foreign_keys = on;")',
    ],
)
def test_an_own_database_is_made_and_filled(lines):
    assert refused(OWN.format(lines)) == set()


@pytest.mark.parametrize(
    "lines",
    [
        "con.execute(\"attach 'x' as y\")",
        "con.executescript(\";attach 'x' as y\")",
        "con.execute(\"vacuum\\ninto 'x.py'\")",
        'con.execute("pragma writable_schema = 1")',
        'con.execute("pragma/**/writable_schema = 1")',
        'con.execute(\'select "/*"; pragma writable_schema=1; select "*/"\')',
        "con.execute(\"pragma main.temp_store_directory = 'x'\")",
        "con.execute(\"select load_extension('x')\")",
        'con.execute(f"drop table {name}")',
    ],
)
def test_and_reaches_nothing_else(lines):
    assert refused(OWN.format('con.execute("create table t (a)")\n' + lines)), lines


def test_a_database_that_the_script_did_not_fill_is_read():
    for query in ("delete from t", "pragma journal_mode = WAL", "create index i on t (a)"):
        assert "statements" in refused(OWN.format(f'con.execute("{query}")')), query


PARTS = (
    'import glob, os\nfor old in glob.glob("out/{}"):\n    os.remove(old)\nfor i in range(3):\n    d.to_csv("{}" % i)\n'
)


def test_files_that_the_script_numbers_are_cleared_away():
    assert refused(PARTS.format("part_*.csv", "out/part_%03d.csv")) == set()
    for pattern, written in (
        ("*.csv", "out/part_%03d.csv"),
        ("part_*", "out/part_%03d.csv"),
        ("p*.csv", "out/part_%03d.csv"),
        ("part_*.csv", "part_%03d.csv"),
        ("part_*.csv", "out/part.csv"),
        ("**/part_*.csv", "out/part_%03d.csv"),
        ("part_?.csv", "out/part_%03d.csv"),
        ("other_*.csv", "out/part_%03d.csv"),
    ):
        assert "sinks" in refused(PARTS.format(pattern, written)), pattern
