"""What touches files: which functions and methods take a path, and where."""

from __future__ import annotations

import ast

from .base import argument, words

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
    **dict.fromkeys(("write_csv", "write_parquet", "write_ndjson", "write_ipc", "write_avro"), (0, ("file",), False)),
    **dict.fromkeys(("sink_csv", "sink_parquet", "sink_ndjson", "sink_ipc"), (0, ("path",), True)),
    "write_excel": (0, ("workbook",), False),
    "to_file": (0, ("filename",), True),
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
    **{
        f"os.path.{name}": (0, ("path",))
        for name in words("exists lexists isfile isdir islink getsize getmtime getctime getatime relpath realpath")
    },
    **{f"os.{name}": (0, ("path", "name", "top")) for name in words("makedirs mkdir listdir stat walk scandir")},
    **{f"os.{name}": (0, ("path", "src")) for name in words("rename replace remove unlink rmdir")},
    "os.chdir": (0, ("path",)),
    "os.access": (0, ("path",)),
    "codecs.open": (0, ("filename",)),
    "lzma.open": (0, ("filename",)),
    "lzma.LZMAFile": (0, ("filename",)),
    "wave.open": (0, ("f",)),
    **{f"wave.{name}": (0, ("f",)) for name in words("Wave_read Wave_write")},
    "xml.dom.minidom.parse": (0, ("file",)),
    **{f"shutil.{name}": (0, ("src", "path")) for name in words("copy copy2 copyfile copytree move rmtree disk_usage")},
    "shutil.make_archive": (0, ("base_name",)),
    "filecmp.cmp": (0, ("f1",)),
    "tempfile.mkdtemp": (2, ("dir",)),
    "tempfile.TemporaryDirectory": (2, ("dir",)),
    "glob.glob": (0, ("pathname",)),
    "glob.iglob": (0, ("pathname",)),
    "logging.FileHandler": (0, ("filename",)),
    "logging.handlers.RotatingFileHandler": (0, ("filename",)),
    "logging.handlers.TimedRotatingFileHandler": (0, ("filename",)),
    "sqlite3.connect": (0, ("database",)),
    **{f"matplotlib.pyplot.{name}": (0, ("fname",)) for name in words("imread imsave savefig")},
    **{f"matplotlib.image.{name}": (0, ("fname",)) for name in words("imread imsave")},
    "PIL.Image.open": (0, ("fp",)),
    "flask.send_file": (0, ("path_or_file",)),
    "flask.send_from_directory": (1, ("path", "filename")),
    "zipfile.ZipFile": (0, ("file",)),
    **{f"tarfile.{name}": (0, ("name",)) for name in words("open is_tarfile TarFile")},
    "gzip.open": (0, ("filename",)),
    "bz2.open": (0, ("filename",)),
    "bz2.BZ2File": (0, ("filename",)),
    "matplotlib.backends.backend_pdf.PdfPages": (0, ("filename",)),
    "joblib.dump": (1, ("filename",)),
    **{
        f"networkx.read_{name}": (0, ("path",))
        for name in words("gml graphml gexf pajek edgelist adjlist multiline_adjlist weighted_edgelist")
    },
    **{
        f"networkx.write_{name}": (1, ("path",))
        for name in words("gml graphml gexf pajek edgelist adjlist multiline_adjlist weighted_edgelist")
    },
    **{
        f"scipy.io.{name}": (0, ("file_name", "source", "filename", "target"))
        for name in words("loadmat savemat readsav")
    },
    **{f"scipy.io.{name}": (0, ("source", "target", "filename")) for name in words("mmread mmwrite netcdf_file")},
    **{f"scipy.io.wavfile.{name}": (0, ("filename",)) for name in words("read write")},
    **{f"scipy.sparse.{name}": (0, ("file",)) for name in words("load_npz save_npz")},
    **{f"sklearn.datasets.{name}": (0, ("f", "container_path")) for name in words("load_files load_svmlight_file")},
    "pptx.Presentation": (0, ("pptx",)),
    "docx.Document": (0, ("docx",)),
    "xlrd.open_workbook": (0, ("filename",)),
    "xlsxwriter.Workbook": (0, ("filename",)),
    "reportlab.pdfgen.canvas.Canvas": (0, ("filename",)),
    "reportlab.platypus.SimpleDocTemplate": (0, ("filename",)),
    "reportlab.platypus.Image": (0, ("filename",)),
    "reportlab.lib.utils.ImageReader": (0, ("fileName",)),
    **{
        f"pyarrow.{name}": (0, ("source", "where", "path"))
        for name in words(
            "parquet.read_table parquet.ParquetFile parquet.ParquetDataset parquet.ParquetWriter csv.read_csv "
            "json.read_json feather.read_table dataset.dataset ipc.open_file ipc.new_file memory_map OSFile"
        )
    },
    **{
        f"pyarrow.{name}": (1, ("where", "output_file", "dest"))
        for name in words("parquet.write_table csv.write_csv feather.write_feather")
    },
    "gzip.GzipFile": (0, ("filename",)),
    "xml.etree.ElementTree.parse": (0, ("source",)),
    "xml.etree.ElementTree.iterparse": (0, ("source",)),
    **{
        f"polars.{kind}": (0, ("source",))
        for kind in words(
            "read_csv scan_csv read_parquet scan_parquet read_excel read_ods read_json read_ndjson scan_ndjson "
            "read_ipc scan_ipc read_avro"
        )
    },
    "openpyxl.load_workbook": (0, ("filename",)),
    **{
        f"geopandas.{name}": (0, ("filename", "path"))
        for name in words("read_file read_parquet read_feather list_layers GeoDataFrame.from_file GeoSeries.from_file")
    },
}
# Those that take another path besides.
BESIDE: dict[str, tuple[tuple[int, tuple[str, ...]], ...]] = {
    **{f"os.{name}": ((1, ("dst",)),) for name in ("rename", "replace")},
    **{f"shutil.{name}": ((1, ("dst",)),) for name in words("copy copy2 copyfile copytree move")},
    "shutil.make_archive": ((2, ("root_dir",)), (3, ("base_dir",))),
    "filecmp.cmp": ((1, ("f2",)),),
    # Beyond the end of what they are given by place: by its name alone.
    "glob.glob": ((99, ("root_dir",)),),
    "glob.iglob": ((99, ("root_dir",)),),
}
# What only tells of a path whether and how it is there.
ASKERS = frozenset(
    f"os.path.{name}" for name in words("exists lexists isfile isdir islink getsize getmtime getctime getatime")
) | {"os.access"}
# What ends a file or a folder.
ENDERS = frozenset({"os.remove", "os.unlink", "os.rmdir", "shutil.rmtree"})
# What reads and never writes, and what does so by its mode.
READING = frozenset(
    {name for name in READERS if name.partition(".")[2].startswith(("read_", "scan_"))}
    | {f"numpy.{name}" for name in words("load loadtxt genfromtxt fromfile")}
    | {f"os.{name}" for name in words("listdir scandir walk stat")}
    | {"glob.glob", "glob.iglob", "scipy.io.loadmat", "openpyxl.load_workbook", "xlrd.open_workbook", "PIL.Image.open"}
    | {
        "xml.etree.ElementTree.parse",
        "xml.etree.ElementTree.iterparse",
        "pandas.ExcelFile",
        "pyarrow.parquet.read_table",
    }
    | {"matplotlib.pyplot.imread", "matplotlib.image.imread"}
    | ASKERS
)
BY_MODE = words("open gzip.open bz2.open lzma.open codecs.open zipfile.ZipFile gzip.GzipFile")
READ_METHODS = frozenset(name.partition(".")[2] for name in READERS if name.startswith("pandas.read"))
REFUSED = words(
    "to_pickle read_pickle to_sql to_postgis from_postgis to_hdf read_hdf to_gbq read_gbq to_clipboard "
    "read_clipboard to_iceberg "
    "HDFStore system popen Popen spawnl spawnv spawnlp spawnvp execv execve execl execlp execvp fork forkpty "
    "kill killpg check_output check_call getoutput getstatusoutput load_library LoadLibrary CDLL unlink rmtree "
    "rmdir removedirs chmod chown lchmod symlink symlink_to hardlink_to link_to sendall sendto recvfrom "
    "connect_ex urlopen urlretrieve import_module exec_module load_module run_module run_path load_extension "
    "enable_load_extension set_trace settrace setprofile load_dynamic get_type_hints attrgetter methodcaller "
    "expandvars home cwd owner readlink extractfile starttls putenv unsetenv walk "
    "scandir chdir chroot setuid popitem_os memmap exec_command register_at_fork load_module_file find_loader "
    "getpwnam getpwuid fchmod dumps_pickle write_database write_delta write_iceberg loadTestsFromName "
    "loadTestsFromNames"
)


def only_reads(call: ast.Call, what: str) -> bool:
    """Whether a call, or one that is given what it does, reads a file and cannot write it."""
    if what not in BY_MODE:
        return what in READING
    mode = argument(call, 1, "mode")
    starred = any(isinstance(each, ast.Starred) for each in call.args) or any(
        word.arg is None for word in call.keywords
    )
    literal = mode.value if isinstance(mode, ast.Constant) else "w" if mode is not None else "r"
    return not starred and isinstance(literal, str) and set(literal) <= set("rtb")
