"""Which modules a script may import, and which of their members it may reach. An allow-list, not a deny-list."""

from __future__ import annotations

import calendar
import collections
import copy
import csv
import dataclasses
import datetime
import decimal
import enum
import fnmatch
import functools
import hashlib
import ipaddress
import itertools
import json
import logging
import math
import random
import re
import statistics
import string
import time
import typing
import uuid
from types import ModuleType

from .base import words
from .libraries import COMPUTING

# What a contract script may import; templates/prompts/contract.md lists the same names.
ALLOWED = words(
    "pandas numpy numpy_financial math statistics datetime decimal fractions itertools functools collections re "
    "json typing dataclasses calendar runtime __future__"
)
# What a fragment may import besides, with the members below alone.
FRAGMENT = words(
    "abc argparse bisect cmath colorsys contextlib copy csv difflib enum gc glob gzip bz2 zipfile hashlib heapq "
    "html io logging numbers operator os pathlib pprint random secrets string sys tempfile textwrap time types "
    "typing_extensions unicodedata uuid warnings zoneinfo base64 struct array ast locale traceback timeit "
    "contextvars http plistlib wave "
    "binascii optparse platform configparser email errno fnmatch graphlib hmac ipaddress keyword lzma "
    "mimetypes queue reprlib doctest "
    "shlex sqlite3 tomllib urllib xml filecmp getopt shutil stat tarfile unittest"
)
# What nobody may import, named or not: each of them runs code, processes or sockets, or reaches the interpreter.
NEVER = words(
    "builtins subprocess ctypes cffi pickle cPickle _pickle pickletools dill cloudpickle jsonpickle shelve "
    "marshal importlib imp runpy code codeop pty inspect pkgutil multiprocessing socket socketserver signal "
    "mmap fcntl resource _thread asyncio ftplib smtplib telnetlib poplib imaplib nntplib paramiko fabric "
    "pexpect psutil winreg msvcrt xmlrpc webbrowser site sysconfig zipimport trace pdb bdb faulthandler "
    "cProfile profile posix nt pwd grp spwd crypt getpass codecs dbm distutils setuptools pip ensurepip venv "
    "zipapp sh plumbum invoke nbformat scapy nmap pynput pyautogui keyboard mss rlcompleter readline termios "
    "tty sched atexit weakref tracemalloc symtable dis opcode test lib2to3 idlelib turtledemo antigravity "
    "execjs js2py restrictedpython keyring secretstorage browser_cookie3 pykeepass hvac win32crypt"
)
# Modules of which a part is harmless and the rest is what nobody may import: they may be imported where a script uses
# that part, and nothing else of them.
PARTLY = words(
    "concurrent.futures threading inspect importlib.util importlib.metadata tracemalloc codecs weakref getpass "
    "resource zlib sched atexit multiprocessing"
)
# Names that are modules wherever they turn up: reached through another module they lead out of it.
LEADS_OUT = words(
    "os sys subprocess shutil socket ctypes builtins importlib pickle marshal posix pty multiprocessing "
    "threading asyncio runpy gc inspect platform tempfile codecs pathlib glob warnings linecache tokenize "
    "zipfile tarfile urllib http ssl logging weakref copyreg imp pkgutil atexit bltns "
    # What loads a module or follows attributes by a text, under whatever module it stands.
    "import_module import_string get_module load_backend_module attrgetter methodcaller"
)
ANY = frozenset({"*"})


def _public(module: ModuleType, without: str = "") -> frozenset[str]:
    names = (name for name in dir(module) if not name.startswith("_"))
    own = {name for name in names if not isinstance(getattr(module, name, None), ModuleType)}
    return frozenset(own - set(without.split()))


PANDAS = words(
    "ArrowDtype BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame DateOffset DatetimeIndex "
    "DatetimeTZDtype Float32Dtype Float64Dtype Grouper Index IndexSlice Int16Dtype Int32Dtype Int64Dtype "
    "Int8Dtype Interval IntervalDtype IntervalIndex MultiIndex NA NaT NamedAgg Period PeriodDtype PeriodIndex "
    "RangeIndex Series SparseDtype StringDtype Timedelta TimedeltaIndex Timestamp UInt16Dtype UInt32Dtype "
    "UInt64Dtype UInt8Dtype array bdate_range col concat crosstab cut date_range factorize from_dummies "
    "get_dummies infer_freq interval_range isna isnull json_normalize lreshape melt merge merge_asof "
    "merge_ordered notna notnull period_range pivot pivot_table qcut timedelta_range to_datetime to_numeric "
    "to_timedelta unique wide_to_long"
)
# In fragments: reading of files beside the script (rule `files`) and the display options.
PANDAS_FILES = words(
    "read_csv read_table read_fwf read_excel read_json read_parquet read_feather read_orc read_stata read_sas "
    "read_spss read_xml read_html read_sql read_sql_query read_sql_table ExcelWriter ExcelFile set_option "
    "get_option reset_option option_context describe_option options"
)
MODULES: dict[str, frozenset[str]] = {
    "runtime": words("Chart Metric Parameter Table dataset main sql"),
    "__future__": ANY,
    "pandas": PANDAS,
    "pandas.api": frozenset(),
    "pandas.api.types": ANY,
    "pandas.errors": ANY,
    "pandas.offsets": ANY,
    "pandas.tseries": frozenset(),
    "pandas.tseries.offsets": ANY,
    "pandas.tseries.frequencies": words("to_offset infer_freq"),
    "pandas.tseries.holiday": ANY,
    "numpy": ANY,
    "numpy.random": ANY,
    "numpy.linalg": ANY,
    "numpy.fft": ANY,
    "numpy.ma": ANY,
    "numpy.polynomial": ANY,
    **{f"numpy.polynomial.{name}": ANY for name in words("polynomial chebyshev hermite hermite_e laguerre legendre")},
    "numpy.char": ANY,
    "numpy.strings": ANY,
    "numpy.typing": ANY,
    "numpy.dtypes": ANY,
    "numpy.exceptions": ANY,
    "numpy.rec": words("array fromarrays fromrecords recarray record"),
    "numpy.lib": frozenset(),
    "numpy.lib.stride_tricks": words("sliding_window_view"),
    "numpy_financial": ANY,
    "math": _public(math),
    "statistics": _public(statistics),
    "datetime": _public(datetime, "datetime_CAPI"),
    "decimal": _public(decimal),
    "fractions": words("Fraction"),
    "itertools": _public(itertools),
    # singledispatch evaluates annotations that are strings.
    "functools": _public(functools, "singledispatch singledispatchmethod recursive_repr GenericAlias RLock namedtuple"),
    "collections": _public(collections),
    "collections.abc": ANY,
    "re": _public(re, "Scanner template"),
    "json": _public(json, "detect_encoding"),
    # get_type_hints and ForwardRef evaluate strings.
    "typing": _public(typing, "get_type_hints ForwardRef no_type_check_decorator"),
    # make_dataclass builds source text.
    "dataclasses": _public(dataclasses, "make_dataclass FunctionType GenericAlias"),
    "calendar": _public(calendar, "different_locale"),
}
FRAGMENT_MODULES: dict[str, frozenset[str]] = {
    "pandas": PANDAS | PANDAS_FILES,
    "pandas.options": ANY,
    # Classes by the places where they stand, as annotations name them.
    "pandas.core": frozenset(),
    "pandas.core.frame": words("DataFrame"),
    "pandas.core.series": words("Series"),
    "pandas.core.generic": words("NDFrame"),
    "pandas.core.groupby": words("DataFrameGroupBy SeriesGroupBy GroupBy"),
    "pandas.core.groupby.generic": words("DataFrameGroupBy SeriesGroupBy"),
    "pandas.core.groupby.groupby": words("GroupBy"),
    "pandas.core.resample": words("Resampler"),
    "pandas.core.window": words("Rolling Expanding ExponentialMovingWindow"),
    "pandas.core.indexes": frozenset(),
    "pandas.core.indexes.base": words("Index"),
    "pandas.core.indexes.api": words("Index MultiIndex"),
    "pandas.core.indexes.multi": words("MultiIndex"),
    "pandas.core.indexes.datetimes": words("DatetimeIndex"),
    "pandas.core.dtypes": frozenset(),
    "pandas.core.dtypes.dtypes": words("CategoricalDtype DatetimeTZDtype PeriodDtype IntervalDtype"),
    "pandas.api.typing": ANY,
    "pandas.io": frozenset(),
    "pandas.io.formats": frozenset(),
    "pandas.io.formats.style": words("Styler"),
    "pandas.plotting": ANY,
    "pandas.testing": ANY,
    "numpy.testing": words(
        "assert_allclose assert_almost_equal assert_array_equal assert_array_almost_equal assert_equal"
    ),
    "abc": ANY,
    "argparse": words(
        "ArgumentParser Namespace ArgumentTypeError RawDescriptionHelpFormatter ArgumentDefaultsHelpFormatter "
        "RawTextHelpFormatter BooleanOptionalAction SUPPRESS FileType"
    ),
    "array": words("array"),
    "ast": words("literal_eval"),
    "base64": words(
        "b64encode urlsafe_b64encode standard_b64encode b32encode b16encode b85encode encodebytes b64decode "
        "urlsafe_b64decode standard_b64decode"
    ),
    "bisect": ANY,
    "cmath": ANY,
    "colorsys": ANY,
    "contextlib": words(
        "contextmanager suppress nullcontext closing redirect_stdout redirect_stderr ExitStack AbstractContextManager "
        "ContextDecorator"
    ),
    "copy": _public(copy, "dispatch_table"),
    "csv": _public(csv),
    "difflib": words("get_close_matches SequenceMatcher unified_diff context_diff ndiff Differ HtmlDiff"),
    "enum": _public(enum),
    "gc": words("collect enable disable isenabled"),
    # The rule on code in texts looks at annotations that are texts.
    "functools": _public(functools, "recursive_repr GenericAlias RLock namedtuple"),
    "glob": words("glob iglob escape has_magic"),
    "gzip": words("open compress decompress BadGzipFile GzipFile"),
    "bz2": words("open BZ2File compress decompress"),
    "zipfile": words(
        "ZipFile ZipInfo ZIP_DEFLATED ZIP_STORED ZIP_BZIP2 ZIP_LZMA is_zipfile BadZipFile BadZipfile LargeZipFile"
    ),
    "hashlib": _public(hashlib, "file_digest"),
    "heapq": ANY,
    "html": words("escape unescape"),
    "io": words(
        "StringIO BytesIO TextIOWrapper TextIOBase IOBase RawIOBase BufferedIOBase BufferedReader BufferedWriter "
        "UnsupportedOperation DEFAULT_BUFFER_SIZE SEEK_SET SEEK_CUR SEEK_END"
    ),
    # Of joblib what loads no pickles; what dump writes is a file of the script's own.
    "joblib": words("Parallel delayed cpu_count dump"),
    "IPython": frozenset(),
    "IPython.display": words("display Image HTML Markdown Latex Math SVG clear_output"),
    "matplotlib.cbook": words("get_sample_data boxplot_stats Grouper normalize_kwargs flatten contiguous_regions"),
    "locale": words(
        "setlocale format_string currency LC_ALL LC_NUMERIC LC_MONETARY LC_TIME LC_COLLATE LC_CTYPE LC_MESSAGES Error "
        "getlocale localeconv atof atoi delocalize strxfrm strcoll str normalize getpreferredencoding nl_langinfo "
        "DAY_1 MON_1 D_FMT THOUSEP RADIXCHAR"
    ),
    "logging": _public(
        logging, "currentframe setLoggerClass setLogRecordFactory makeLogRecord PercentStyle StrFormatStyle"
    ),
    # The rule on code in texts looks at what is configured.
    "logging.config": words("dictConfig"),
    "logging.handlers": words("RotatingFileHandler TimedRotatingFileHandler"),
    "numbers": ANY,
    # attrgetter and methodcaller walk attributes by name.
    "configparser": words("ConfigParser RawConfigParser Error NoOptionError NoSectionError"),
    "email": frozenset(),
    # Of messages what makes one; sending is smtplib's.
    "email.message": words("EmailMessage Message"),
    "email.mime": frozenset(),
    "email.mime.text": words("MIMEText"),
    "email.mime.multipart": words("MIMEMultipart"),
    "email.mime.base": words("MIMEBase"),
    "email.mime.application": words("MIMEApplication"),
    "email.mime.image": words("MIMEImage"),
    "email.encoders": words("encode_base64"),
    "email.utils": words("parseaddr getaddresses formataddr parsedate parsedate_to_datetime formatdate"),
    "errno": ANY,
    "filecmp": words("cmp"),
    "fnmatch": _public(fnmatch),
    "getopt": words("getopt gnu_getopt GetoptError"),
    "graphlib": ANY,
    "binascii": words("hexlify b2a_hex crc32 Error"),
    "html.parser": words("HTMLParser"),
    "optparse": words("OptionParser OptionGroup Option OptionValueError make_option SUPPRESS_HELP"),
    "hmac": words("new compare_digest digest"),
    "ipaddress": _public(ipaddress),
    "json.decoder": words("JSONDecodeError JSONDecoder"),
    "json.encoder": words("JSONEncoder"),
    "keyword": words("iskeyword kwlist issoftkeyword"),
    "lzma": words("open LZMAFile compress decompress LZMAError FORMAT_XZ FORMAT_ALONE CHECK_CRC64"),
    "mimetypes": words("guess_type guess_extension guess_all_extensions types_map"),
    "queue": words("Queue PriorityQueue LifoQueue Empty Full SimpleQueue"),
    "reprlib": words("repr Repr recursive_repr"),
    "shutil": words(
        "copy copy2 copyfile copyfileobj copytree move make_archive disk_usage get_terminal_size rmtree "
        "ignore_patterns which Error SameFileError"
    ),
    "shlex": words("split quote join"),
    "sqlite3": words(
        "connect Connection Cursor Row Error DatabaseError OperationalError IntegrityError ProgrammingError Warning "
        "InterfaceError DataError PARSE_DECLTYPES PARSE_COLNAMES Binary version sqlite_version sqlite_version_info"
    ),
    "tomllib": words("loads load TOMLDecodeError"),
    # The rule on code in texts and `check` read the examples.
    "doctest": words(
        "testmod ELLIPSIS NORMALIZE_WHITESPACE IGNORE_EXCEPTION_DETAIL REPORT_NDIFF REPORT_UDIFF FAIL_FAST SKIP"
    ),
    # The rule on code in texts looks at what main is given. patch imports what a text names; so do loaders by name.
    "unittest": words(
        "TestCase main skip skipIf skipUnless expectedFailure SkipTest TestSuite TextTestRunner TestLoader TestResult "
        "defaultTestLoader"
    ),
    "unittest.mock": words("Mock MagicMock NonCallableMock PropertyMock call ANY sentinel DEFAULT"),
    "urllib": frozenset(),
    "urllib.error": words("URLError HTTPError ContentTooShortError"),
    "urllib.parse": words(
        "urlparse urlsplit urlunparse urlunsplit urljoin quote quote_plus unquote unquote_plus urlencode "
        "parse_qs parse_qsl"
    ),
    # Modules that are harmless in part; how their members are used is looked at by `partly`.
    "atexit": words("register"),
    "codecs": words("open BOM_UTF8 BOM_UTF16 BOM_UTF16_LE BOM_UTF16_BE BOM_UTF32 BOM_LE BOM_BE"),
    "concurrent": frozenset(),
    "concurrent.futures": words(
        "ThreadPoolExecutor Executor Future as_completed wait FIRST_COMPLETED FIRST_EXCEPTION ALL_COMPLETED "
        "TimeoutError CancelledError"
    ),
    "contextvars": words("ContextVar Token"),
    "getpass": words("getuser getpass GetPassWarning"),
    "http": words("HTTPStatus HTTPMethod"),
    "importlib": frozenset(),
    "importlib.metadata": words("version PackageNotFoundError"),
    "importlib.util": words("find_spec"),
    # getmembers, the frames and what reads sources stay out.
    "inspect": words(
        "signature Signature Parameter getdoc cleandoc isfunction isclass ismethod isgenerator isgeneratorfunction "
        "isabstract isbuiltin isroutine ismodule iscoroutinefunction"
    ),
    "multiprocessing": words("cpu_count"),
    "plistlib": words("load loads dump dumps InvalidFileException FMT_XML FMT_BINARY"),
    "resource": words("getrusage RUSAGE_SELF RUSAGE_CHILDREN RUSAGE_THREAD"),
    "sched": words("scheduler Event"),
    "threading": words(
        "Thread Lock RLock Event Semaphore BoundedSemaphore Condition Barrier BrokenBarrierError Timer local "
        "current_thread main_thread active_count get_ident get_native_id ThreadError TIMEOUT_MAX"
    ),
    # A snapshot can load others, which are pickles.
    "tracemalloc": words(
        "start stop is_tracing get_traced_memory get_tracemalloc_memory reset_peak clear_traces get_traceback_limit"
    ),
    "wave": words("open Wave_read Wave_write Error"),
    "weakref": words("ref proxy WeakSet WeakKeyDictionary WeakValueDictionary ReferenceType ProxyType"),
    "zlib": words("compress decompress crc32 adler32 error compressobj decompressobj Z_BEST_COMPRESSION Z_BEST_SPEED"),
    "xml.dom": frozenset(),
    "xml.dom.minidom": words("parseString parse Document Element Node Text Attr getDOMImplementation"),
    "xml.sax": frozenset(),
    "xml.sax.saxutils": words("escape quoteattr unescape"),
    "xml": frozenset(),
    "xml.etree": words("ElementTree"),
    "xml.etree.ElementTree": words(
        "Element SubElement ElementTree tostring fromstring ParseError indent iterparse parse dump register_namespace "
        "Comment QName iselement"
    ),
    "operator": words(
        "itemgetter add sub mul truediv floordiv mod pow neg abs lt le eq ne ge gt and_ or_ xor not_ contains "
        "index concat countOf matmul is_ is_not truth invert inv lshift rshift pos indexOf length_hint"
    ),
    "os": words(
        "environ getenv makedirs mkdir listdir stat walk scandir sep linesep extsep pathsep altsep curdir pardir "
        "cpu_count getcwd chdir access R_OK W_OK X_OK F_OK "
        "PathLike fspath name urandom times get_terminal_size rename replace remove unlink rmdir"
    ),
    "os.path": words(
        "join exists lexists isfile isdir islink basename dirname split splitext splitdrive getsize getmtime getctime "
        "getatime abspath isabs expanduser "
        "normpath normcase realpath relpath commonpath commonprefix sep"
    ),
    "pathlib": words("Path PurePath PurePosixPath"),
    "platform": words(
        "python_version python_implementation platform system machine release processor architecture version "
        "python_version_tuple python_compiler python_build"
    ),
    "pprint": words("pprint pformat pp PrettyPrinter saferepr isreadable"),
    "random": _public(random),
    "secrets": words("token_hex token_bytes token_urlsafe choice randbelow randbits compare_digest SystemRandom"),
    "stat": ANY,
    # Of Formatter what only takes a format apart: `partly` looks at it.
    "string": _public(string),
    "struct": words("pack unpack calcsize Struct error iter_unpack unpack_from pack_into"),
    # Of path what adds a folder behind all others: `partly` looks at it, as at FileType.
    "sys": words(
        "argv exit stdout stderr maxsize float_info int_info hash_info version version_info getsizeof "
        "byteorder platform "
        "getdefaultencoding getrecursionlimit setrecursionlimit intern exc_info maxunicode path"
    ),
    # Unpacking is looked at by the rule on sinks: members of an archive may be links.
    "tarfile": words("open is_tarfile TarFile TarInfo TarError ReadError"),
    "tempfile": words("TemporaryDirectory NamedTemporaryFile TemporaryFile mkdtemp SpooledTemporaryFile"),
    "textwrap": ANY,
    "time": _public(time),
    # What timeit runs must be a function, not a text: `partly` looks at it.
    "timeit": words("default_timer timeit repeat"),
    "traceback": words(
        "print_exc format_exc print_exception format_exception format_exception_only print_stack format_tb"
    ),
    "types": words("SimpleNamespace MappingProxyType NoneType GeneratorType EllipsisType"),
    "typing_extensions": _public(typing, "get_type_hints ForwardRef io re"),
    "unicodedata": ANY,
    "uuid": _public(uuid, "getnode"),
    "warnings": words("warn filterwarnings simplefilter catch_warnings resetwarnings warn_explicit formatwarning"),
    "zoneinfo": words("ZoneInfo available_timezones ZoneInfoNotFoundError"),
}
# Known libraries that a fragment may be allowed: what of them loads code, models or other people's objects.
REFUSED_MEMBERS: dict[str, frozenset[str]] = {
    "numpy": words(
        "f2py ctypeslib core lib distutils testing rec load_library DataSource from_dlpack info source test "
        "show_config show_runtime get_include setbufsize seterrcall geterrcall emath compat sys os array_api"
    ),
    "numpy.random": words("mtrand bit_generator test"),
    "numpy.ma": words("core extras testutils mrecords"),
    "numpy.fft": words("helper test"),
    "numpy.linalg": words("test lapack_lite"),
    "abc": words("get_cache_token"),
    "sympy": words(
        "sympify S parse_expr parsing parse_latex preview lambdify utilities autowrap ufuncify test doctest"
    ),
    "sqlalchemy": words("create_mock_engine"),
    "statsmodels": words("api.load load_pickle save_pickle smpickle x13 x13_arima_analysis x13_arima_select_order"),
    "networkx": words("read_gpickle write_gpickle"),
    "torch": words("load jit hub ops classes package multiprocessing utils compile"),
    "yaml": words(
        "types load load_all unsafe_load unsafe_load_all full_load full_load_all Loader UnsafeLoader FullLoader "
        "CLoader CUnsafeLoader CFullLoader constructor loader cyaml Constructor UnsafeConstructor FullConstructor"
    ),
    "flask": words("Markup cli"),
    "jinja2": words("ModuleLoader PackageLoader bccache compiler nodes"),
    "patsy": words("EvalEnvironment EvalFactor eval"),
    "numexpr": words("evaluate NumExpr"),
    "tensorflow": words("py_function numpy_function load_library load_op_library"),
    "keras": words("models.load_model"),
    "requests": words("post put patch delete request Session session adapters packages options"),
    "httpx": words("post put patch delete request Client AsyncClient stream"),
    "scipy": words("weave LowLevelCallable"),
    "numba": words("cfunc carray objmode"),
    "matplotlib": words("rc_file rc_file_defaults texmanager dviread sphinxext testing"),
    "plotly": words("orca kaleido"),
    "pyarrow": words("fs flight cuda hdfs jvm substrait serialize deserialize"),
    "pytest": words("main console_main importorskip register_assert_rewrite cmdline Pytester MonkeyPatch"),
    # load_dotenv puts the file into the environment, which has a rule of its own.
    "dotenv": words("dotenv_values get_key set_key unset_key main cli ipython parser variables"),
    "polars": words(
        "read_database read_database_uri read_delta scan_delta scan_iceberg read_clipboard scan_pyarrow_dataset "
        "plugins register_plugin_function SQLContext sql deserialize Config"
    ),
    "reportlab": words(
        "rl_safe_eval rl_safe_exec rl_exec rl_config recursiveImport open_for_read open_for_read_by_name"
    ),
    "tqdm": words("contrib cli"),
    "sklearn": words("externals _joblib joblib all_estimators discovery"),
    # What asks a server where places are, or a database; grids are fetched by pyproj.
    "geopandas": words("read_postgis tools datasets io"),
    "pyproj": words("network sync datadir"),
    "altair": words("execeval eval_block renderers data_transformers vegalite_compilers load_schema"),
}


def tables(fragment: bool) -> dict[str, frozenset[str]]:
    """The members of every known module, in this mode."""
    return {**MODULES, **FRAGMENT_MODULES} if fragment else MODULES


def allowed_roots(fragment: bool, extra: frozenset[str]) -> frozenset[str]:
    """The top-level modules that may be imported."""
    named = frozenset(name.partition(".")[0] for name in extra)
    return ALLOWED | named | (FRAGMENT | COMPUTING if fragment else frozenset())


def reason_against_module(name: str, fragment: bool, extra: frozenset[str]) -> str | None:
    """Why the module may not be imported; None when it may."""
    root = name.partition(".")[0]
    if fragment and name in PARTLY:
        return None
    if root in NEVER:
        return f"{root} is never allowed: it reaches processes, sockets, the interpreter or foreign objects"
    if root not in allowed_roots(fragment, extra):
        return f"{root} is not among the allowed imports"
    if fragment and tables(True).get(name) == frozenset():
        return None  # a package, of which names are looked at one by one
    return reason_against(name, fragment or root not in ALLOWED)


# Functions of libraries that have the name of a module.
NAMESAKES = frozenset({"sqlalchemy.inspect"})


def reason_against(dotted: str, fragment: bool) -> str | None:
    """Why a script may not reach this dotted name of an allowed module; None when it may."""
    if dotted in NAMESAKES:
        return None
    known = tables(fragment)
    parts = dotted.split(".")
    module = parts[0]
    depth = 1
    while depth < len(parts) and f"{module}.{parts[depth]}" in known:
        module = f"{module}.{parts[depth]}"
        depth += 1
    rest = parts[depth:]
    if parts[0] in known:
        private = next((name for name in rest if name.startswith("_") and not name.startswith("__")), None)
        if private:
            return f"{dotted} reaches the private part {private}"
    if not rest:
        # A package that only holds others is no value, and gives no names.
        return f"{dotted} is a package" if len(parts) > 1 and known.get(module) == frozenset() else None
    if module in known:
        out = next((name for name in rest[1:] if name in LEADS_OUT), None)
        return f"{dotted} reaches the module {out}" if out else _against_known(module, rest[0], known[module])
    return _against_library(dotted, rest)


def _against_known(module: str, name: str, members: frozenset[str]) -> str | None:
    if name in members or name in ("__version__", "__name__", "__file__"):
        return None
    if members is ANY and name not in REFUSED_MEMBERS.get(module, frozenset()) | LEADS_OUT:
        return None
    return f"{module}.{name} is not among the members a script may use"


def _against_library(dotted: str, rest: list[str]) -> str | None:
    root = dotted.partition(".")[0]
    refused = REFUSED_MEMBERS.get(root, frozenset())
    if ".".join(rest) in refused:
        return f"{dotted} can run or load code"
    for name in rest:
        if name in LEADS_OUT:
            return f"{dotted} reaches the module {name} through another"
        if name in refused:
            return f"{root}'s {name} can run or load code"
    return None
