"""Detours that are written out before the rules read them, hooks of classes, and the fields of objects."""

from __future__ import annotations

import pytest

from engine.rules import check


def refused(text: str) -> set[str]:
    """The rules that refuse a fragment."""
    return {finding.rule for finding in check(text, fragment=True).refusals}


@pytest.mark.parametrize(
    "text",
    [
        'from operator import attrgetter\nrows.sort(key=attrgetter("tenant", "due.month"))',
        'import operator as op\nbest = max(rows, key=op.attrgetter("system"))',
        'from operator import methodcaller as call, itemgetter\nx = list(map(call("replace", "a", "b"), y))',
        'from operator import methodcaller\nframe.pipe(methodcaller("head", n=3))',
        "best = min(range(3), key=desks.__getitem__)",
        "found = filter(known.__contains__, words)",
        "print(row.__len__(), a.__lt__(b))",
        'class P:\n    def __init__(self, x):\n        object.__setattr__(self, "x", x)',
        "class P:\n    def __setattr__(self, name, value):\n        super().__setattr__(name, float(value))",
        "class P:\n    def __setattr__(self, k, v):\n        check(k)\n        object.__setattr__(self, k, v)",
        'class P:\n    def __getattr__(self, name):\n        if name.startswith("by_"):\n'
        "            return lambda: self.frame[name[3:]]\n        raise AttributeError(name)",
        "class P(dict):\n    def __getattr__(self, name):\n        return self[name]\n"
        "    def __setattr__(self, name, value):\n        self[name] = value\n    def __delattr__(self, name):\n"
        "        del self[name]\n    def __dir__(self):\n        return list(self)",
        "class D(dict):\n    def __setitem__(self, k, v):\n        dict.__setitem__(self, k.lower(), v)",
        "def f():\n    def g(x):\n        return x\n    g.__name__ = 'twice'\n    g.__doc__ = 'Twice.'\n    return g",
        "try:\n    f()\nexcept ValueError as e:\n    print(e.__cause__, e.__notes__)",
        "class B:\n    def __init__(self, **given):\n        self.__dict__.update(given)\n    def __repr__(self):\n"
        '        return ", ".join(f"{k}={v!r}" for k, v in vars(self).items())',
        "class B:\n    def to_dict(self):\n        return {k: v for k, v in self.__dict__.items() if v}\nB().to_dict()",
        "import json\nprint(json.dumps(rows, default=lambda o: o.__dict__))",
        "print(row.__dict__, len(vars(row)))",
        "class C:\n    def __set_name__(self, owner, name):\n        self.name = name\n"
        "    def __get__(self, obj, owner=None):\n        return obj.__dict__[self.name]",
        "class C:\n    def __init__(self, f):\n        self.__doc__ = f.__doc__\n    def __bytes__(self):\n"
        "        return b'x'\n    def __getstate__(self):\n        return 1",
        'import argparse\np = argparse.ArgumentParser()\nargs = p.parse_args()\nprint(vars(args)["x"])',
    ],
)
def test_ordinary_classes_and_getters_pass(text):
    assert refused(text + "\n") == set()


@pytest.mark.parametrize(
    "text",
    [
        'from operator import attrgetter\nattrgetter("__class__.__mro__")(1)',
        'from operator import attrgetter\nattrgetter("gi_frame.f_back")(g)',
        'from operator import attrgetter\nattrgetter("a." + name)(x)',
        "from operator import attrgetter\nattrgetter(*names)(x)",
        'from operator import attrgetter\nattrgetter("io.os.system")(x)',
        'from operator import attrgetter\nget = attrgetter\nget("__globals__")(f)',
        'from operator import attrgetter\nprint(attrgetter("a")(x))\nmap(attrgetter, names)',
        'from operator import attrgetter\ndef attrgetter(path):\n    return open(path)\nattrgetter("x")',
        'import operator\noperator.attrgetter("to_pickle")(d)("x")',
        'import operator\noperator = other\noperator.attrgetter("x")',
        'from operator import methodcaller\nmethodcaller("to_csv", "/etc/x.csv")(d)',
        'from operator import methodcaller\nmethodcaller("__reduce_ex__", 2)(d)',
        'from operator import methodcaller\nmethodcaller("eval", "@pd.io.common.os")(d)',
        'from operator import methodcaller\nmethodcaller("sys" + x, "id")(d)',
        'from operator import methodcaller\nmethodcaller("to_sql", "t", con)(d)',
        'import os\nfrom operator import methodcaller\nmethodcaller("system", "id")(os)',
        "import os\nos.environ.__getitem__(name)",
        'import pandas as pd\n{"a": pd.read_csv}.__getitem__("a")(chr(47) + x)',
        "open.__call__(x)",
        'sys_modules = f.__globals__.__getitem__("sys")',
        'object.__setattr__(f, "__code__", g)',
        "object.__setattr__(f, name, g)",
        'import math\nobject.__setattr__(math, "sqrt", f)',
        "object.__getattribute__(f, name)",
        "class P:\n    def __setattr__(self, k, v):\n        k = other\n        super().__setattr__(k, v)",
        "class P:\n    def put(self, name, value):\n        super().__setattr__(name, value)",
        "class P:\n    def __getattr__(self, name):\n        return getattr(self.inner, name)",
        "class P:\n    def __getattr__(self, name):\n        return self.inner.__getattribute__(name)",
        "class P:\n    def __getattr__(self, name):\n        return name\n    __getitem__ = __getattr__",
        "class P:\n    def __getattribute__(self, name):\n        return super().__getattribute__(name)",
        "class P:\n    def __setattr__(self, k, v):\n        super().__setattr__(k, chr(47) + v)\np = P()\n"
        'p.path = "a.csv"\nclass Q(P):\n    def f(self):\n        self.path = "a.csv"\n        open(self.path)',
        "class P:\n    def __fspath__(self):\n        return x",
        "dict.__getitem__(other, name)",
        "f.__name__ = x\nimport math\nmath.__name__ = x",
        "f.__defaults__ = (1,)",
        "try:\n    f()\nexcept ValueError as e:\n    e.__cause__.__traceback__.tb_frame",
        'import doctest\ndef f():\n    pass\nf.__doc__ = open("a.txt").read()\ndoctest.testmod()',
        "print(object.__dict__['x'])",
        "class C:\n    def __get__(self, obj, owner):\n        return obj.__dict__[x]\n    __getitem__ = __get__",
        "class C:\n    def __get__(self, obj, owner):\n        obj = object\n        return obj.__dict__[x]",
        "class C:\n    def __get__(self, obj, owner):\n        return owner.__dict__[x]",
        "class C:\n    def __get__(self, obj, owner):\n        return obj.__dict__[x]\nC().__get__(object, 1)",
        "class C:\n    def __reduce__(self):\n        return f, (1,)",
        "for k, v in x.__dict__.items():\n    v()",
        "f.__dict__.get(name)",
        "x = vars(pd)[name]",
        "vars()[name]",
        "import json\njson.dumps(x, default=lambda o: o.__dict__, cls=E)",
        "import argparse\nargs = p.parse_args(namespace=object)\nvars(args)[name]",
        "import argparse\ndef parse_args():\n    return object\nargs = p.parse_args()\nvars(args)[name]",
    ],
)
def test_ways_into_the_interpreter_do_not(text):
    assert refused(text + "\n"), text


FIELDS = "class A:\n    def fields(self, *rest):\n        return self.__dict__\n"


@pytest.mark.parametrize(
    "text",
    [
        "A.fields(object)[name]",
        "f = A.fields\nf(object)",
        "type(a).fields(object)",
        "x = [A]\nx[0].fields(self=object)",
        'getattr(A, "fields")(object)',
        'getattr(A, "fie" + x)(object)',
        "match A:\n    case type(fields=f):\n        f(object)",
        "map(A.fields, [object])",
        "class B(A):\n    def g(self):\n        return super().fields(object)\nB.g(B)",
        "class B(A):\n    def fields(me, x):\n        me = B\n        return super().fields(x)",
        "class B(A):\n    @classmethod\n    def fields(cls, x):\n        return super().fields(x)\nB.fields(x=object)",
        'from operator import methodcaller\nmethodcaller("fields", object)(A)',
        'from operator import attrgetter\nattrgetter("fields")(A)(object)',
        "import json\ndef C(**k):\n    return A\njson.dumps(object, cls=C)",
        "import json\njson.dumps(object, cls=lambda **k: type(a))",
        "import json\njson.dumps(object, cls=lambda **k: a.__class__)",
        "class B(A):\n    @classmethod\n    def give(cls):\n        return cls",
        "class B(A):\n    def __init_subclass__(cls):\n        KEPT.append(cls)",
        "import inspect\ndef f(x: A):\n    pass\ng = inspect.signature(f).parameters",
        "class B(A, ValueError):\n    pass",
        "kinds = {'a': A}",
        "class E:\n    def __eq__(self, o):\n        KEPT.append(o)\nA == E()",
        "def isinstance(x, y):\n    KEPT.append(y)\nisinstance(1, A)",
        "x: list = [A]",
        "kinds = list(map(type, x))",
        "first, *rest = A, 1",
        "def f(x=A):\n    return x",
        "@keep\nclass B(A):\n    pass\nx = B",
        "from unittest.mock import Mock\nMock(wraps=x)",
        "class C(type(int)):\n    def f(cls):\n        return cls.__dict__",
        "class C:\n    def __init_subclass__(cls):\n        return cls.__dict__[name]",
        "class C:\n    @staticmethod\n    def f(self):\n        return self.__dict__",
        "class C:\n    def f(self):\n        self = object\n        return self.__dict__",
    ],
)
def test_fields_are_those_of_an_object_whoever_asks(text):
    plain = (
        "def f(a: A, b: list[A] | None = None) -> A:\n    return type(a).__name__, isinstance(a, A), a.fields()\n"
        "print(A().fields(), f(A()))\n"
    )
    assert refused(FIELDS + plain) == set()
    assert "no-dunders" in refused(FIELDS + text + "\n"), text


def test_settings_of_the_environment_do_not_leave_by_their_fields():
    text = (
        "import os\nclass S:\n    def __init__(self, url):\n        self.url = url\n    def show(self):\n"
        '        print({shown})\nS(url=os.environ["DATABASE_URL"]).show()\n'
    )
    assert "environment" in refused(text.format(shown="self.__dict__"))
    assert "environment" in refused(text.format(shown="list(vars(self).items())"))
