"""Engines: one interface over the runtimes, and the proof of how each one runs.

An engine is made only from bytes that were verified, and only comes into being with its
proof: there is no engine whose proof failed.  Runtimes and numpy are imported here, inside
functions, because they are the largest part of a cold start.
"""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from appliance.clinical.task import Tensor
from appliance.inference.proof import Proof, ProofFailed, prove
from appliance.inference.refusals import ModelFailed, ModelUnreadable, RuntimeRefused
from appliance.inference.xnnpack import XnnpackDelegate

TFLITE, LITERT, REFERENCE, AUTO = "tflite-runtime", "ai-edge-litert", "reference", "auto"
RUNTIMES = (AUTO, TFLITE, LITERT, REFERENCE)
"""auto: the device runtime that is installed, under XNNPACK.  reference: that runtime's
built-in kernels, without any delegate."""

_PACKAGES = {TFLITE: "tflite_runtime", LITERT: "ai_edge_litert"}


class Engine:
    """One admitted graph in one interpreter.  Used by one thread."""

    def __init__(
        self, interpreter: Any, proof: Proof, delegate: XnnpackDelegate | None = None
    ) -> None:
        """Take over an interpreter whose tensors are allocated and which is proven.

        The views of its tensors stay valid until tensors are allocated again, which
        nobody does.  The public `invoke` refuses to run while such views exist, and costs
        as much again as the model: hence the wrapper's own Invoke.
        """
        source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        self.proof = proof
        self.input_tensor = _tensor(source)
        self.output_tensor = _tensor(sink)
        self._delegate = delegate
        self._input = memoryview(interpreter.tensor(source["index"])().reshape(-1))
        self._output = memoryview(interpreter.tensor(sink["index"])().reshape(-1))
        self.width = len(self._input)
        self._pack = struct.Struct(f"{self.width}b").pack_into
        self._run = interpreter._interpreter.Invoke
        self._interpreter = interpreter

    def invoke(self, quantised: Sequence[int]) -> int:
        """Return the raw int8 answer to int8 inputs in the graph's order.

        Raises ModelFailed.
        """
        try:
            self._pack(self._input, 0, *quantised)
            self._run()
            return int(self._output[0])
        except (RuntimeError, ValueError, TypeError, struct.error) as error:
            raise ModelFailed(f"the model gave no answer ({type(error).__name__})") from error

    def close(self) -> None:
        """Let go of views, interpreter and delegate, in this order; invoke fails from now on."""
        self._run = _closed
        self._input = self._output = memoryview(b"")
        self._interpreter = None
        if self._delegate is not None:
            self._delegate.close()
            self._delegate = None


def open_engine(runtime: str, model: bytes, *, built_in: bool = False) -> Engine:
    """Make the engine of a runtime for a model.

    built_in: with that runtime's built-in kernels, without any delegate, for comparison;
    "reference" is short for the built-in kernels of "auto".

    Raises RuntimeRefused, ModelUnreadable, ProofFailed.  A hostile model can end the whole
    process here: the first parse of a file belongs in a child (`appliance.inference.trial`).
    """
    name = installed_runtime() if runtime in (AUTO, REFERENCE) else runtime
    if name not in _PACKAGES:
        raise RuntimeRefused(f"there is no runtime {runtime}; known are {', '.join(RUNTIMES)}")
    version = _version(name)
    module = _module(name)
    delegated = runtime != REFERENCE and not built_in
    delegate = None
    if delegated and name == TFLITE:
        delegate = XnnpackDelegate(Path(module.__file__).parent, version)
    interpreter = _interpreter(module, model, delegate, delegated=delegated)
    proof = _prove(interpreter, name, version, require_xnnpack=delegated)
    return Engine(interpreter, proof, delegate)


def installed_runtimes() -> tuple[str, ...]:
    """Return the runtimes of this installation, the device's own first."""
    return tuple(n for n, p in _PACKAGES.items() if importlib.util.find_spec(p) is not None)


def installed_runtime() -> str:
    """Return the device runtime of this installation; raise RuntimeRefused if there is none."""
    for name in installed_runtimes():
        return name
    raise RuntimeRefused("no runtime is installed: neither tflite-runtime nor ai-edge-litert")


def _version(name: str) -> str:
    """Return the runtime's version, as its package says (importlib.metadata takes far longer)."""
    if importlib.util.find_spec(_PACKAGES[name]) is None:
        raise RuntimeRefused(f"{name} is not installed")
    version = str(_loaded(name, _PACKAGES[name]).__version__)
    numpy_major = importlib.import_module("numpy").__version__.split(".")[0]
    if name == TFLITE and int(numpy_major) >= 2:
        # The import would succeed and the interpreter fail (FACTS 1).
        raise RuntimeRefused(f"{name} needs numpy 1, and numpy {numpy_major} is installed")
    return version


def _module(name: str) -> Any:
    return _loaded(name, f"{_PACKAGES[name]}.interpreter")


def _loaded(name: str, module: str) -> Any:
    try:
        return importlib.import_module(module)
    except (ImportError, AttributeError, OSError) as error:
        raise RuntimeRefused(f"{name} is installed but does not load") from error


def _interpreter(
    module: Any, model: bytes, delegate: XnnpackDelegate | None, *, delegated: bool
) -> Any:
    """Parse and allocate.  tflite-runtime gets our delegate, ai-edge-litert brings its own."""
    kinds = module.OpResolverType
    own = delegated and delegate is None
    try:
        interpreter = module.Interpreter(
            model_content=model,
            num_threads=1,
            experimental_delegates=[delegate] if delegate is not None else None,
            experimental_op_resolver_type=(
                kinds.AUTO if own else kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            ),
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelUnreadable("the runtime does not take it for a model it can run") from error
    return interpreter


def _prove(interpreter: Any, name: str, version: str, *, require_xnnpack: bool) -> Proof:
    if not hasattr(interpreter, "_get_ops_details") or not hasattr(interpreter, "_interpreter"):
        raise RuntimeRefused(f"{name} {version} does not say what it delegates")
    try:
        return prove(interpreter, name, version, require_xnnpack=require_xnnpack)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        # The graph is described by the model's own file, which may say anything.
        raise ProofFailed(["its graph cannot be followed"]) from error


def _tensor(details: dict[str, Any]) -> Tensor:
    scale, zero_point = details["quantization"]
    return Tensor(float(scale), int(zero_point))


def _closed() -> None:
    raise RuntimeError("the engine is closed")
