"""The names between double underscores that the interpreter, pickling or foreign memory answers to.

Any other such name is a library's or a person's, like `__tablename__`, and harmless.
"""

from __future__ import annotations

import abc
import array
import builtins
import collections
import enum
import functools
import types
import typing

from .base import words

_KINDS: tuple[object, ...] = (
    *(object, type, int, float, str, bytes, list, dict, set, tuple, slice, range, property, classmethod, staticmethod),
    *(memoryview, super, BaseException, BaseExceptionGroup, AttributeError, ImportError, NameError, StopIteration),
    *(kind for kind in vars(types).values() if isinstance(kind, type)),
    *(types, builtins, abc.ABC, enum.Enum, typing.Generic, typing.Protocol, typing.Any, typing.ForwardRef),
    *(functools.partial, functools.cached_property, functools.lru_cache(maxsize=1)(len), array.array),
    collections.namedtuple("_KINDS", "x"),
)
INTERPRETER = frozenset(
    name for kind in _KINDS for name in dir(kind) if name.startswith("__") and name.endswith("__")
) | words(
    """
    __all__ __annotations__ __await__ __aiter__ __anext__ __aenter__ __aexit__ __bool__ __buffer__
    __release_buffer__  __builtins__ __bytes__ __cached__ __ceil__ __complex__ __contains__ __copy__
    __deepcopy__ __debug__ __del__  __delete__ __delitem__ __dict__ __dir__ __enter__ __exit__ __file__
    __floor__ __fspath__ __getattr__ __getinitargs__  __getnewargs__ __getnewargs_ex__ __getstate__ __setstate__
    __hash__ __import__ __index__ __instancecheck__  __subclasscheck__ __iter__ __length_hint__ __main__
    __match_args__ __missing__ __mro_entries__ __next__ __path__  __post_init__ __prepare__ __reversed__
    __round__ __set__ __set_name__ __slots__ __subclasshook__ __trunc__  __orig_bases__ __orig_class__
    __parameters__ __wrapped__ __weakref__ __loader__ __spec__ __package__ __future__  __dataclass_fields__
    __dataclass_params__ __signature__ __text_signature__ __type_params__ __objclass__ __config__
    __cuda_array_interface__ __dlpack__ __dlpack_device__ __ctypes_from_outparam__ __conform__ __reduce__
    __reduce_ex__  __array__ __array_finalize__ __array_function__ __array_interface__ __array_prepare__
    __array_priority__  __array_struct__ __array_ufunc__ __array_wrap__ __numpy_ufunc__ __dataframe__ __dunder__
    __globals__ __code__
    """
)
