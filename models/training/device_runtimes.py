"""The runtimes of the device, each with XNNPACK and without, and their exact answers.

tflite-runtime 2.14.0 leaves int8 graphs to its built-in kernels unless its XNNPACK delegate
is made by hand with the flags for 8-bit ops (FACTS 1); ai-edge-litert does it by itself.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = {"tflite-runtime": "tflite_runtime", "ai-edge-litert": "ai_edge_litert"}
_LIBRARY = "_pywrap_tensorflow_interpreter_wrapper.so"
_QS8_AND_QU8 = 3


class NotDelegated(RuntimeError):
    """XNNPACK did not take the graph, so its answers would stand under a wrong key."""


class _Options(ctypes.Structure):
    _fields_ = (
        ("num_threads", ctypes.c_int32),
        ("flags", ctypes.c_uint32),
        ("rest", ctypes.c_byte * 248),
    )


class _Delegate:
    """An XNNPACK delegate of tflite-runtime; kept as long as its interpreter."""

    def __init__(self, package: Path) -> None:
        library = ctypes.CDLL(str(package / _LIBRARY))
        library.TfLiteXNNPackDelegateOptionsDefault.restype = _Options
        library.TfLiteXNNPackDelegateCreate.restype = ctypes.c_void_p
        options = library.TfLiteXNNPackDelegateOptionsDefault()
        options.num_threads, options.flags = 1, _QS8_AND_QU8
        self._pointer: int | None = library.TfLiteXNNPackDelegateCreate(ctypes.byref(options))

    def _get_native_delegate_pointer(self) -> int | None:
        return self._pointer


def is_installed(package: str) -> bool:
    """Whether a runtime's package can be imported here."""
    return importlib.util.find_spec(package) is not None


def answers_by_key(model: bytes, inputs: Sequence[Sequence[int]]) -> dict[str, list[int]]:
    """Return the raw answers under `<runtime> <version> <xnnpack|reference> <machine>`."""
    found = {}
    for name, package in PACKAGES.items():
        if not is_installed(package):
            continue
        version = importlib.metadata.version(name)
        for kind in ("xnnpack", "reference"):
            interpreter = open_interpreter(name, kind, model)
            key = f"{name} {version} {kind} {platform.machine()}"
            found[key] = [_answer(interpreter, row) for row in inputs]
    return found


def open_interpreter(name: str, kind: str, model: bytes) -> Any:
    """Return an interpreter of that runtime; raise NotDelegated where XNNPACK refuses."""
    module = importlib.import_module(f"{PACKAGES[name]}.interpreter")
    delegates, resolver = None, module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    if kind == "xnnpack" and name == "tflite-runtime":
        delegates = [_Delegate(Path(str(module.__file__)).parent)]
    elif kind == "xnnpack":
        resolver = module.OpResolverType.AUTO
    interpreter = module.Interpreter(
        model_content=model,
        num_threads=1,
        experimental_delegates=delegates,
        experimental_op_resolver_type=resolver,
    )
    interpreter.allocate_tensors()
    delegated = any(op["op_name"] == "DELEGATE" for op in interpreter._get_ops_details())
    if delegated != (kind == "xnnpack"):
        raise NotDelegated(f"{name}: wanted {kind}, and XNNPACK took part: {delegated}")
    return interpreter


def infer_with(interpreter: Any) -> Any:
    """Return the interpreter as a function from int8 inputs to one raw answer."""
    return lambda quantised: _answer(interpreter, quantised)


def _answer(interpreter: Any, row: Sequence[int]) -> int:
    source = interpreter.get_input_details()[0]["index"]
    interpreter.set_tensor(source, np.array([row], dtype=np.int8))
    interpreter.invoke()
    return int(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0, 0])
