"""Libraries that only compute, draw or write what they are given: a fragment may import them without being asked.

Whether a library is safe is one question; whether the sandbox has it is another, which the rule `installed` answers as
advice. What of these libraries loads code, pickles or other people's objects is refused as everywhere (`members.py`);
what fetches its data from elsewhere is listed here. A library that runs texts or reaches other machines by its purpose
(sympy, requests, a database's driver, joblib but for what it writes) stays out; who wants it uses `--allow-import`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from .base import words

COMPUTING = words(
    "altair bs4 cycler dateutil docx dotenv et_xmlfile geopandas holidays jinja2 matplotlib mpl_toolkits networkx odf "
    "openpyxl patsy plotly polars pptx prettytable pyarrow pyproj pytest pytz rapidfuzz reportlab rich scipy seaborn "
    "shapely sklearn squarify statsmodels tabulate thefuzz threadpoolctl tqdm tzlocal unidecode xlrd xlsxwriter xlwt "
    "yaml"
)
# What reads texts that it runs, from files which no rule reads: templates of one's own are trusted where it is named.
UNREAD = frozenset(
    f"jinja2.{name}" for name in words("BaseLoader ChoiceLoader FileSystemLoader FunctionLoader PrefixLoader")
)
# Parts of a library that hold what the library itself gives too.
INNER = re.compile(r"^jinja2\.(loaders|environment|sandbox)\.(?=\w)")
# Functions of these that fetch a data set by its name.
FETCHING = re.compile(
    r"seaborn\.(load_dataset|get_dataset_names)|sklearn\.datasets\.fetch_\w+|scipy\.datasets\.\w+|"
    r"statsmodels\.(api\.)?datasets\.(webuse|get_rdataset)|statsmodels\.datasets\.utils\.\w+"
)
REQUIREMENTS = Path(__file__).resolve().parents[2] / "templates" / "bundle" / "requirements.txt"
# The names of packages whose modules are called otherwise.
PACKAGES = {
    "sklearn": "scikit-learn",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "yaml": "pyyaml",
    "PIL": "pillow",
    "pptx": "python-pptx",
    "docx": "python-docx",
    "bs4": "beautifulsoup4",
    "psycopg2": "psycopg2-binary",
    "mpl_toolkits": "matplotlib",
    "hamilton": "apache-hamilton",
}


@lru_cache(maxsize=1)
def packages() -> frozenset[str]:
    """What the runtime image has, from the list that it is built from."""
    return frozenset(re.findall(r"^([\w.-]+)==", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE))


def is_installed(module: str) -> bool:
    """Whether the sandbox has the package of a top-level module that is not Python's own."""
    return PACKAGES.get(module, module).lower().replace("_", "-") in packages()
