"""Files: none in a contract script; in a fragment, files of the script's own folder under paths that can be told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .base import Check, Remark, Source, argument, spread, words
from .values import SCRIPT_FILE, Values

# Methods of values that write a file when they are given a path: (position, names, a path must be given).
WRITERS: dict[str, tuple[int, tuple[str, ...], bool]] = {
    **dict.fromkeys(("to_csv", "to_json"), (0, ("path_or_buf", "path"), False)),
    **dict.fromkeys(("to_html", "to_latex", "to_markdown", "to_string"), (0, ("buf",), False)),
    "to_xml": (0, ("path_or_buffer",), False),
    "to_excel": (0, ("excel_writer",), True),
    **dict.fromkeys(("to_parquet", "to_orc"), (0, ("path",), False)),
    **dict.fromkeys(("to_feather", "to_stata"), (0, ("path",), True)),
    "tofile": (0, ("fid",), True),
    "savefig": (0, ("fname",), True),
    **dict.fromkeys(("write_html", "write_image", "write_json"), (0, ("file",), True)),
}
# Functions that take a path: (position, names).
READERS: dict[str, tuple[int, tuple[str, ...]]] = {
    **{
        f"pandas.{name}": (0, ("filepath_or_buffer", "path_or_buf", "path", "io", "path_or_buffer"))
        for name in words(
            "read_csv read_table read_fwf read_excel read_json read_parquet read_feather read_orc read_stata "
            "read_sas read_spss read_xml read_html ExcelWriter ExcelFile"
        )
    },
    **{f"numpy.{name}": (0, ("file", "fname", "filename")) for name in words("load save savez savez_compressed")},
    **{f"numpy.{name}": (0, ("file", "fname", "filename")) for name in words("savetxt loadtxt genfromtxt fromfile")},
    **{f"numpy.{name}": (0, ("file", "filename")) for name in words("memmap fromregex")},
    "open": (0, ("file",)),
    "pathlib.Path": (0, ()),
    **{f"os.path.{name}": (0, ("path",)) for name in words("exists isfile isdir getsize relpath")},
    **{f"os.{name}": (0, ("path", "name")) for name in words("makedirs mkdir listdir")},
    "glob.glob": (0, ("pathname",)),
    "glob.iglob": (0, ("pathname",)),
    "logging.FileHandler": (0, ("filename",)),
    "sqlite3.connect": (0, ("database",)),
    **{f"matplotlib.pyplot.{name}": (0, ("fname",)) for name in words("imread imsave savefig")},
    **{f"matplotlib.image.{name}": (0, ("fname",)) for name in words("imread imsave")},
    "PIL.Image.open": (0, ("fp",)),
    "flask.send_file": (0, ("path_or_file",)),
    "flask.send_from_directory": (1, ("path", "filename")),
    "zipfile.ZipFile": (0, ("file",)),
    "gzip.open": (0, ("filename",)),
    "bz2.open": (0, ("filename",)),
    "bz2.BZ2File": (0, ("filename",)),
    "matplotlib.backends.backend_pdf.PdfPages": (0, ("filename",)),
    "joblib.dump": (1, ("filename",)),
    "networkx.read_gml": (0, ("path",)),
    "scipy.io.loadmat": (0, ("file_name",)),
    "scipy.io.savemat": (0, ("file_name",)),
    "openpyxl.load_workbook": (0, ("filename",)),
}
READ_METHODS = frozenset(name.partition(".")[2] for name in READERS if name.startswith("pandas.read"))
REFUSED = words(
    "to_pickle read_pickle to_sql to_hdf read_hdf to_gbq read_gbq to_clipboard read_clipboard to_iceberg "
    "HDFStore system popen Popen spawnl spawnv spawnlp spawnvp execv execve execl execlp execvp fork forkpty "
    "kill killpg check_output check_call getoutput getstatusoutput load_library LoadLibrary CDLL unlink rmtree "
    "rmdir removedirs chmod chown lchmod symlink symlink_to hardlink_to link_to sendall sendto recvfrom "
    "connect_ex urlopen urlretrieve import_module exec_module load_module run_module run_path load_extension "
    "enable_load_extension set_trace settrace setprofile load_dynamic get_type_hints attrgetter methodcaller "
    "expanduser expandvars home cwd owner readlink write_bytes extractfile starttls putenv unsetenv walk "
    "scandir chdir chroot setuid popitem_os memmap exec_command register_at_fork load_module_file find_loader "
    "getpwnam getpwuid fchmod dumps_pickle"
)
# Pickles of arrays, and archives that write where their contents say.
UNPACKERS = frozenset({"dumps", "extractall"})
PROGRAM = re.compile(
    r"\.(py|pyc|pyd|pth|so|dll|dylib|exe|sh|bash|bat|cmd|ps1|pkl|pickle|joblib|jar|vbs|desktop|service)$", re.I
)
SENSITIVE = re.compile(
    r"^/(tmp|home/\w+|opt|mnt|srv|Users)/\w|^/(etc|proc|root|dev|sys|boot|var/(run|log|lib|spool)|run/|usr/s?bin|s?bin/)(/|\b)|^~[/\\]|^~$|^file:|"
    r"(^|/)\.(ssh|aws|bashrc|bash_profile|bash_history|profile|zshrc|netrc|pgpass|docker|kube|gnupg|git-credentials)\b|"
    r"\b(id_rsa|id_ed25519|authorized_keys|docker\.sock|/etc/(passwd|shadow|hosts|sudoers|crontab))\b|"
    r"169\.254\.169\.254|metadata\.google\.internal|\brm\s+-rf?\b|\b(curl|wget)\s+\S*https?:|/bin/(ba|z|da)?sh\b|"
    r"^[A-Za-z]:\\+(windows|users|program)|(\.\./){2,}|(\.\.\\){2,}|\bnc\s+-\w*e\b|/dev/tcp/",
    re.I,
)
DRIVE = re.compile(r"^[A-Za-z]:")


def reason_against_path(text: str) -> str | None:
    """Why a path is refused; None when it stays in the script's own folder."""
    if text.startswith(SCRIPT_FILE):
        return None
    parts = re.split(r"[/\\]", text)
    if not text or "\x00" in text:
        return "is empty or holds a null byte"
    if "://" in text or text.startswith(("file:", "http:", "https:", "s3:")):
        return "is an address, not a file"
    if text.startswith(("/", "\\", "~")) or DRIVE.match(text):
        return "is outside the script's folder"
    if ".." in parts or "$" in text or "|" in text:
        return "leaves the script's folder"
    if any(part.startswith(".") and part not in (".", "") for part in parts):
        return "is a hidden file"
    return "is a program or a pickle" if PROGRAM.search(text) else None


def _paths(source: Source) -> Iterator[Remark]:
    for call in source.all(ast.Call):
        found = _path_of(source, call)
        if found is None:
            continue
        what, path, required = found
        if not source.fragment:
            if path is not None or required or spread(call):
                yield Remark(call.lineno, f"{what} touches a file.", _contract_fix(what))
        elif spread(call) and not (path is not None and call.args and not isinstance(call.args[0], ast.Starred)):
            yield Remark(call.lineno, f"{what} is given a path that cannot be told.", "Write the path out.")
        elif path is not None:
            yield from _path(source, call, what, path)


def _contract_fix(what: str) -> str:
    if what.startswith(("read", "pandas.read", "open")):
        return "Declare the data in SOURCES; the loaders read it."
    return "Return the value from a quantity; the runtime writes the files."


def _path_of(source: Source, call: ast.Call) -> tuple[str, ast.expr | None, bool] | None:
    """What touches a file, the path it is given, and whether it always touches one."""
    name = source.called(call)
    name = {"pathlib.PurePath": "pathlib.Path", "io.open": "open", "matplotlib.pyplot.savefig": "savefig"}.get(
        name, name
    )
    if name in READERS:
        position, names = READERS[name]
        return name, argument(call, position, *names), name != "pathlib.Path"
    if name == "logging.basicConfig":
        return name, argument(call, 99, "filename"), False
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method == "savefig" and isinstance(call.func, ast.Attribute) and is_open_file(source, call.func.value):
        return None  # a page of a file that was opened elsewhere
    if method in WRITERS:
        position, names, required = WRITERS[method]
        return method, argument(call, position, *names), required
    if method in READ_METHODS:
        return method, argument(call, 0, "path"), True
    if method == "joinpath" and source.fragment:
        return method, call, False
    return None


def _path(source: Source, call: ast.Call, what: str, path: ast.expr) -> Iterator[Remark]:
    fix = "Write a literal path inside the script's folder, such as 'data.csv'."
    allow_pickle = argument(call, 99, "allow_pickle")
    if allow_pickle is not None and not (isinstance(allow_pickle, ast.Constant) and allow_pickle.value is False):
        yield Remark(call.lineno, f"{what} may load a pickle.", "Leave allow_pickle out.")
    if argument(call, 99, "opener", "stylesheet") is not None:
        yield Remark(call.lineno, f"{what} is given its own way of opening.", "Leave it out.")
    if isinstance(path, ast.Constant) and path.value is None:
        return
    if what == "sqlite3.connect" and isinstance(path, ast.Constant) and path.value == ":memory:":
        return
    if is_open_file(source, path):
        return
    texts = Values.of(source).texts(path)
    if texts is None or (isinstance(path, ast.Constant) and not isinstance(path.value, str)):
        yield Remark(call.lineno, f"{what} is given a path that cannot be told from the script.", fix)
        return
    for text in texts:
        if reason := reason_against_path(text):
            yield Remark(call.lineno, f"{what}: the path {reason}.", fix)
            return


# Methods of paths that name another place; frames and texts have some of these names too.
MOVES = frozenset({"rename", "replace", "with_name", "with_stem", "relative_to", "samefile", "copy", "move"})
OPENERS = words(
    "io.StringIO io.BytesIO open pandas.ExcelWriter pandas.ExcelFile StringIO BytesIO zipfile.ZipFile gzip.open "
    "bz2.open bz2.BZ2File tempfile.TemporaryFile matplotlib.cbook.get_sample_data "
    "matplotlib.backends.backend_pdf.PdfPages"
)


def is_open_file(source: Source, node: ast.AST, depth: int = 0) -> bool:
    """Whether the expression is a buffer in memory or a file whose opening was checked where it stands."""
    if isinstance(node, ast.Call):
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return source.called(node) in OPENERS or (method == "open" and depth > 0)
    if source.dotted(node) in ("sys.stdout", "sys.stderr", "sys.stdout.buffer"):
        return True
    if isinstance(node, ast.Name) and depth < 3:
        bound = Values.of(source).bindings.of(node)
        return 0 < len(bound) < 20 and all(item is not None and is_open_file(source, item, depth + 1) for item in bound)
    return False


def _sinks(source: Source) -> Iterator[Remark]:
    fix = "Leave files, processes and networks to the workbench."
    for node in source.all(ast.Attribute):
        parent = source.parents[node]
        called = isinstance(parent, ast.Call) and parent.func is node
        if _refused(source, node, called):
            yield Remark(node.lineno, f"{node.attr} is not allowed.", fix)
        elif not called and _hidden_path(source, node, parent):
            yield Remark(node.lineno, f"{node.attr} is passed on without its path.", "Call it where it is needed.")
    for name in source.all(ast.Name):
        target = source.modules.get(name.id, "")
        bare = not isinstance(source.parents[name], ast.Call | ast.Attribute)
        if target in READERS and bare and not source.is_argument(name) and target != "pathlib.Path":
            yield Remark(name.lineno, f"{target} is passed on without its path.", "Call it directly.")
    for keyword in source.all(ast.keyword):
        value = keyword.value
        if keyword.arg == "shell" and not (isinstance(value, ast.Constant) and not value.value):
            yield Remark(value.lineno, "shell= runs a shell.", fix)


def _refused(source: Source, node: ast.Attribute, called: bool) -> bool:
    if node.attr in UNPACKERS:
        return called and not _of_text(source, node)
    if node.attr not in REFUSED or _elsewhere(source, node):
        return False
    return called or node.attr not in ("home", "system", "kill", "walk", "cwd")


def _hidden_path(source: Source, node: ast.Attribute, parent: ast.AST) -> bool:
    """Whether something that takes a path is handed on, to be given one out of sight."""
    if node.attr in WRITERS.keys() | READ_METHODS:
        return isinstance(node.ctx, ast.Load)
    return source.dotted(node) in READERS and _passed_on(parent)


def _of_text(source: Source, node: ast.Attribute) -> bool:
    """Whether it is an honest namesake: json.dumps, the text method of a column."""
    column = isinstance(node.value, ast.Attribute) and node.value.attr == "str"
    return column or source.dotted(node) is not None


def _passed_on(parent: ast.AST) -> bool:
    return not isinstance(parent, ast.Attribute | ast.arg | ast.FunctionDef | ast.Subscript | ast.BinOp)


def _elsewhere(source: Source, node: ast.Attribute) -> bool:
    """Whether a refused word is an honest method here: `walk` of a tree, `system` of a table."""
    dotted = source.dotted(node)
    if node.attr == "memmap":
        return dotted == "numpy.memmap" and source.fragment
    return node.attr in ("walk", "kill", "system", "owner", "home", "cwd") and dotted is None and source.fragment


def _sensitive(source: Source) -> Iterator[Remark]:
    for line, text in source.strings:
        if len(text) < 20_000 and (found := SENSITIVE.search(text)):
            yield Remark(line, f"A text names a place of the system: {found[0]!r}.", "Use declared data only.")


def _steps_out(source: Source) -> Iterator[Remark]:
    if not source.fragment or "pathlib" not in {name.partition(".")[0] for name in source.modules.values()}:
        return
    fix = "Keep files beside the script."
    for node in source.all(ast.Attribute):
        above = isinstance(node.value, ast.Attribute) and node.value.attr == "parent"
        if node.attr == "parents" or (node.attr == "parent" and above):
            yield Remark(node.lineno, f"{node.attr} leaves the script's folder.", fix)
        elif node.attr in MOVES and is_path(source, node.value):
            yield Remark(node.lineno, f"{node.attr} gives a file another place.", fix)
    for operation in source.all(ast.BinOp):
        right = Values.of(source).texts(operation.right) if isinstance(operation.op, ast.Div) else None
        for text in right or ():
            if (reason := reason_against_path(text)) and text:
                yield Remark(operation.lineno, f"The path {reason}.", fix)


def is_path(source: Source, node: ast.AST, depth: int = 0) -> bool:
    """Whether the expression may be a path of pathlib."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        node = node.left
    if isinstance(node, ast.Call):
        return source.called(node) in ("pathlib.Path", "pathlib.PurePath")
    if isinstance(node, ast.Name) and depth < 4:
        bound = Values.of(source).bindings.of(node)[:20]
        return any(item is not None and is_path(source, item, depth + 1) for item in bound)
    return False


RULES = (
    Check("files", "A script opens no files; a fragment opens literal paths of its own folder alone.", _paths),
    Check("sinks", "Nothing that pickles, writes databases, runs processes or reaches networks.", _sinks),
    Check("system-paths", "No text names a place of the operating system or a command for a shell.", _sensitive),
    Check("own-folder", "No path leads out of the script's folder.", _steps_out),
)
