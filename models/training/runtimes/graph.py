"""The graph of a bundle as plain numbers, and its arithmetic written out once more.

Read from model.tflite itself by the public schema, so that no runtime is asked what it made
of it.  `exact_answers` computes what XNNPACK's int8 kernels compute; tests hold the two
together bit for bit.  `float_answers` is the same graph without any rounding inside.

Sources: TFLite 8-bit quantization specification (real = scale * (raw - zero point)); XNNPACK's
"fp32" requantisation: accumulator times a single-precision scale, rounded half to even.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = -128, 127
Int8s = NDArray[np.int8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class GraphRefused(Exception):
    """The graph is not of the family that can be exported; the message says what is new."""


class Bend(Enum):
    """What bends a layer's answer: the ends of the real numbers that it lets through."""

    NONE = (None, None)
    RELU = (0.0, None)
    RELU6 = (0.0, 6.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """real = (raw - zero_point) * step; `step` is a single-precision number."""

    step: np.float32
    zero_point: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One dense layer.  weights: [out, in] int8, zero point 0; bias: [out] int32."""

    source: Scale
    weights: Int8s
    weight_step: np.float32
    bias: NDArray[np.int32]
    sink: Scale
    bend: Bend

    @property
    def rescale(self) -> np.float32:
        """From a step of the accumulator to a step of the layer's answer."""
        return np.float32(np.float32(self.source.step * self.weight_step) / self.sink.step)

    @property
    def ends(self) -> tuple[int, int]:
        """The smallest and the largest raw answer that the bend lets through."""
        low, high = self.bend.value
        return (
            LOWEST if low is None else max(LOWEST, _raw(low, self.sink)),
            HIGHEST if high is None else min(HIGHEST, _raw(high, self.sink)),
        )


@dataclass(frozen=True, slots=True)
class Graph:
    """Dense layers in order, then a sigmoid with this scale of its own."""

    layers: tuple[Layer, ...]
    output: Scale

    @property
    def width(self) -> int:
        """How many inputs there are."""
        return int(self.layers[0].weights.shape[1])

    @property
    def table(self) -> Int8s:
        """The sigmoid's raw answer to each raw number from -128 up."""
        source = self.layers[-1].sink
        raw = np.arange(LOWEST, HIGHEST + 1)
        real = (raw - source.zero_point).astype(np.float32) * source.step
        one = np.float32(1.0)
        with np.errstate(over="ignore"):  # to infinity, and so to a probability of 0
            steps = (one / self.output.step) / (one + np.exp(-real))
        found: Int8s = _as_int8(np.rint(steps) + self.output.zero_point)
        return found


def exact_answers(graph: Graph, raw: Int8s) -> Ints:
    """Return the raw answers [n] to raw inputs [n, width], as XNNPACK rounds them."""
    now: NDArray[Any] = raw
    for layer in graph.layers:
        centred = now.astype(np.int32) - layer.source.zero_point
        sums = centred @ layer.weights.T.astype(np.int32) + layer.bias
        steps = np.rint(sums.astype(np.float32) * layer.rescale) + layer.sink.zero_point
        now = np.clip(steps, *layer.ends)
    answers: Ints = graph.table[now[:, 0].astype(np.int64) - LOWEST].astype(np.int64)
    return answers


def float_answers(graph: Graph, real: Floats) -> Floats:
    """Return the probabilities [n] of real inputs [n, width], nothing rounded on the way.

    The weights are those of the int8 file: what their own rounding cost is on the card.
    """
    now = real
    for layer in graph.layers:
        weights = layer.weights.astype(np.float64) * float(layer.weight_step)
        bias = layer.bias * (float(layer.source.step) * float(layer.weight_step))
        low, high = layer.bend.value
        now = now @ weights.T + bias
        if low is not None:
            now = np.clip(now, low, high)
    with np.errstate(over="ignore"):
        found: Floats = 1.0 / (1.0 + np.exp(-now[:, 0]))
    return found


def read_graph(model: bytes) -> Graph:
    """Read the graph of model.tflite; raise GraphRefused if it is of another family."""
    from tflite import BuiltinOperator
    from tflite.Model import Model

    parsed = Model.GetRootAs(model, 0)
    if parsed.SubgraphsLength() != 1:
        raise GraphRefused("the model has more than one graph")
    file = _File(parsed, parsed.Subgraphs(0))
    nodes = [file.graph.Operators(n) for n in range(file.graph.OperatorsLength())]
    codes = [file.code(node) for node in nodes]
    dense = [BuiltinOperator.FULLY_CONNECTED] * (len(nodes) - 1)
    if not dense or codes != [*dense, BuiltinOperator.LOGISTIC]:
        raise GraphRefused("only dense layers with one sigmoid behind them can be exported")
    layers = tuple(file.layer(node) for node in nodes[:-1])
    way = [int(file.graph.Inputs(0))]
    for node in nodes:
        if int(node.Inputs(0)) != way[-1]:
            raise GraphRefused("the layers do not stand in one line")
        way.append(int(node.Outputs(0)))
    if layers[-1].weights.shape[0] != 1 or way[-1] != int(file.graph.Outputs(0)):
        raise GraphRefused("the graph must end in one number, the sigmoid's")
    return Graph(layers, file.scale(way[-1]))


@dataclass(frozen=True, slots=True)
class _File:
    """The parsed file and its only graph."""

    model: Any
    graph: Any

    def code(self, node: Any) -> int:
        kind = self.model.OperatorCodes(node.OpcodeIndex())
        return int(max(kind.BuiltinCode(), kind.DeprecatedBuiltinCode()))

    def layer(self, node: Any) -> Layer:
        from tflite.ActivationFunctionType import ActivationFunctionType as Kind
        from tflite.FullyConnectedOptions import FullyConnectedOptions

        bends = {Kind.NONE: Bend.NONE, Kind.RELU: Bend.RELU, Kind.RELU6: Bend.RELU6}
        options, table = FullyConnectedOptions(), node.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        bend = options.FusedActivationFunction()
        if bend not in bends:
            raise GraphRefused("a layer is neither plain nor bent by relu or relu6")
        source, place, *rest = (int(node.Inputs(n)) for n in range(node.InputsLength()))
        weight_scale, weights = self.scale(place), self.numbers(place, np.int8)
        if weight_scale.zero_point != 0:
            raise GraphRefused("a layer's weights have a zero point other than 0")
        # The converter leaves a bias out that is zero throughout.
        has_bias = bool(rest) and rest[0] >= 0
        bias = self.numbers(rest[0], np.int32) if has_bias else np.zeros(len(weights), np.int32)
        return Layer(
            source=self.scale(source),
            weights=weights,
            weight_step=weight_scale.step,
            bias=bias,
            sink=self.scale(int(node.Outputs(0))),
            bend=bends[bend],
        )

    def scale(self, index: int) -> Scale:
        from tflite.TensorType import TensorType

        tensor = self.graph.Tensors(index)
        if tensor.Type() != TensorType.INT8:
            raise GraphRefused("the numbers between the layers are not int8")
        given = tensor.Quantization()
        if given is None or given.ScaleLength() != 1 or given.ZeroPointLength() != 1:
            raise GraphRefused("a tensor has no scale, or one for each channel")
        return Scale(np.float32(given.Scale(0)), int(given.ZeroPoint(0)))

    def numbers(self, index: int, kind: Any) -> NDArray[Any]:
        from tflite.TensorType import TensorType

        tensor = self.graph.Tensors(index)
        wanted = {np.int8: TensorType.INT8, np.int32: TensorType.INT32}[kind]
        data = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
        if tensor.Type() != wanted or isinstance(data, int):
            raise GraphRefused("weights are not int8, or a bias is not int32")
        shape = tuple(int(each) for each in tensor.ShapeAsNumpy())
        found: NDArray[Any] = np.frombuffer(data.tobytes(), kind).reshape(shape)
        return found


def _raw(real: float, scale: Scale) -> int:
    return int(np.rint(np.float32(real) / scale.step)) + scale.zero_point


def _as_int8(steps: NDArray[Any]) -> Int8s:
    found: Int8s = np.clip(steps, LOWEST, HIGHEST).astype(np.int8)
    return found
