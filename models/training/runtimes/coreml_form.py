"""The graph as a Core ML package: the int8 arithmetic in whole numbers held by floats.

Core ML's own quantised kernels promise no exact answers.  So every sum is one of whole numbers,
small enough to be exact in single precision, rounded half to even as XNNPACK does it, and the
sigmoid is the table of its 256 answers.  Predicting needs macOS; `computed` reads a written
package back and computes its operators with numpy, so that it is checked elsewhere too.

Source: Core ML Tools, MIL operators of iOS 16 (round: halves go to the even number).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.runtimes.graph import LOWEST, Graph, Ints

INPUT, OUTPUT = "x", "y"
EXACT_IN_SINGLE = 2**24
"""Whole numbers up to here have no gaps in single precision."""

Numbers = NDArray[Any]


class PackageRefused(Exception):
    """A package is not one that we wrote; the message says what is strange."""


def write_package(graph: Graph, path: Path) -> None:
    """Write the .mlpackage: int32 [1, width] of raw inputs in, int32 [1, 1] raw answer out."""
    ct = _coremltools()
    from coremltools.converters.mil import Builder as mb
    from coremltools.converters.mil.mil import types

    _check_sums(graph)
    spec = mb.TensorSpec(shape=(1, graph.width), dtype=types.int32)

    @mb.program(input_specs=[spec], opset_version=ct.target.iOS16)  # type: ignore[untyped-decorator]
    def program(x: Any) -> Any:
        now = mb.cast(x=x, dtype="fp32")
        for layer in graph.layers:
            low, high = (np.float32(end) for end in layer.ends)
            centred = mb.sub(x=now, y=np.float32(layer.source.zero_point))
            weights, bias = layer.weights.astype(np.float32), layer.bias.astype(np.float32)
            sums = mb.linear(x=centred, weight=weights, bias=bias)
            steps = mb.round(x=mb.mul(x=sums, y=layer.rescale))
            raw = mb.add(x=steps, y=np.float32(layer.sink.zero_point))
            now = mb.clip(x=raw, alpha=low, beta=high)
        place = mb.cast(x=mb.add(x=now, y=np.float32(-LOWEST)), dtype="int32")
        return mb.gather(x=graph.table.astype(np.int32), indices=place, axis=0, name=OUTPUT)

    model = ct.convert(
        program,
        convert_to="mlprogram",
        compute_precision=ct.precision.FLOAT32,
        compute_units=ct.ComputeUnit.CPU_ONLY,
        minimum_deployment_target=ct.target.iOS16,
        skip_model_load=True,
    )
    model.short_description = "raw int8 inputs to the raw int8 answer; see bundle.toml"
    model.save(str(path))


def read_spec(path: Path) -> Any:
    """Return a written package's spec."""
    _coremltools()
    from coremltools.models.utils import load_spec

    return load_spec(str(path))


def computed(path: Path, raw: NDArray[np.int8]) -> Ints:
    """Return the answers [n] of a written package, its operators computed here with numpy.

    All rows at once: no operator of ours cares how many there are.

    Raises PackageRefused for an operator that `write_package` does not use.
    """
    from coremltools.libmilstoragepython import _BlobStorageReader

    weights = path / "Data" / "com.apple.CoreML" / "weights" / "weight.bin"
    blobs = _BlobStorageReader(str(weights))
    function = read_spec(path).mlProgram.functions["main"]
    block = function.block_specializations[function.opset]
    known: dict[str, Any] = {}
    for operator in block.operations:
        if operator.type == "const":
            known[operator.outputs[0].name] = _constant(operator.attributes["val"], blobs)
    known[INPUT] = raw.astype(np.int32)
    for operator in block.operations:
        if operator.type != "const":
            known[operator.outputs[0].name] = _computed(operator, known)
    answers: Ints = known[block.outputs[0]][:, 0].astype(np.int64)
    return answers


_OPERATORS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "cast": lambda o: o["x"].astype({"fp32": np.float32, "int32": np.int32}[o["dtype"]]),
    "sub": lambda o: o["x"] - o["y"],
    "add": lambda o: o["x"] + o["y"],
    "mul": lambda o: o["x"] * o["y"],
    "linear": lambda o: o["x"] @ o["weight"].T + o["bias"],
    "round": lambda o: np.rint(o["x"]),
    "clip": lambda o: np.clip(o["x"], o["alpha"], o["beta"]),
    "gather": lambda o: np.take(o["x"], o["indices"], axis=int(o["axis"])),
}


def _computed(operator: Any, values: Mapping[str, Any]) -> Any:
    given = {name: values[each.arguments[0].name] for name, each in operator.inputs.items()}
    if operator.type not in _OPERATORS:
        raise PackageRefused(f"the package holds the operator {operator.type}")
    return _OPERATORS[operator.type](given)


def _constant(value: Any, blobs: Any) -> Any:
    """Return a constant: a word, or numbers from the spec or from the file of weights."""
    shape = [each.constant.size for each in value.type.tensorType.dimensions]
    if value.WhichOneof("value") == "blobFileValue":
        numbers = np.array(blobs.read_float_data(value.blobFileValue.offset), dtype=np.float32)
        return numbers.reshape(shape)
    tensor = value.immediateValue.tensor
    kind = tensor.WhichOneof("value")
    if kind == "strings":
        return tensor.strings.values[0]
    types = {"floats": np.float32, "ints": np.int32, "bools": np.bool_}
    if kind not in types:
        raise PackageRefused(f"a constant of the package holds {kind}")
    return np.array(getattr(tensor, kind).values, dtype=types[kind]).reshape(shape)


def _check_sums(graph: Graph) -> None:
    """Raise PackageRefused where a sum could become too large to be exact."""
    for layer in graph.layers:
        largest = 255 * np.abs(layer.weights.astype(np.int64)).sum(axis=1)
        if (largest + np.abs(layer.bias.astype(np.int64))).max() >= EXACT_IN_SINGLE:
            raise PackageRefused("a layer's sums are too large to be exact in single precision")


def _coremltools() -> Any:
    """Import it, quietly: on Linux it tells at length what of it needs macOS."""
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.getLogger("coremltools").setLevel(logging.ERROR)
    import coremltools

    return coremltools
