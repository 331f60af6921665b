"""The graph as ONNX: standard operators only, in the form that runtimes turn into int8 kernels.

Each layer stands between DequantizeLinear and QuantizeLinear ("QDQ").  ONNX Runtime fuses all
of it into integer kernels when a session allows int8 on this processor (`SESSION_ENTRIES`; on
x86-64 it otherwise leaves the ends as floats); its answers are XNNPACK's bit for bit (tested).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.training.runtimes.graph import HIGHEST, LOWEST, Bend, Graph, Layer, Scale

INPUT, OUTPUT = "x", "y"
SESSION_ENTRIES = {"session.qdqisint8allowed": "1"}
OPSET, IR_VERSION = 17, 9
"""Of 2022: what a runtime of some years' age still reads."""


def int8_onnx(graph: Graph) -> bytes:
    """Return the ONNX file of the int8 graph: int8 [1, width] in, int8 [1, 1] out."""
    from onnx import TensorProto

    made = _Parts()
    made.scale("s0", graph.layers[0].source)
    now = INPUT
    for number, layer in enumerate(graph.layers):
        now = _int8_layer(made, layer, number, now)
    last = len(graph.layers)
    made.node("DequantizeLinear", [now, f"s{last}", f"s{last}_zero"], "logit")
    made.node("Sigmoid", ["logit"], "probability")
    made.scale("out", graph.output)
    made.node("QuantizeLinear", ["probability", "out", "out_zero"], OUTPUT)
    return made.file(graph.width, TensorProto.INT8)


def float_onnx(graph: Graph) -> bytes:
    """Return the same layers in single precision: float [1, width] in 0..1 to a probability."""
    from onnx import TensorProto

    made, now = _Parts(), INPUT
    for number, layer in enumerate(graph.layers):
        step = layer.source.step * layer.weight_step
        made.constant(f"w{number}", layer.weights * layer.weight_step)
        made.constant(f"b{number}", (layer.bias * step).astype(np.float32))
        made.node("Gemm", [now, f"w{number}", f"b{number}"], f"sum{number}", transB=1)
        now = made.bend(layer.bend, number, f"sum{number}")
    made.node("Sigmoid", [now], OUTPUT)
    return made.file(graph.width, TensorProto.FLOAT)


def _int8_layer(made: _Parts, layer: Layer, number: int, now: str) -> str:
    weights, bias, sink = f"w{number}", f"b{number}", f"s{number + 1}"
    made.constant(weights, layer.weights)
    made.scale(f"{weights}_step", Scale(layer.weight_step, 0))
    made.constant(bias, layer.bias)
    made.constant(f"{bias}_step", np.float32(layer.source.step * layer.weight_step))
    made.constant(f"{bias}_step_zero", np.int32(0))
    made.scale(sink, layer.sink)
    for name, step in ((now, f"s{number}"), (weights, f"{weights}_step"), (bias, f"{bias}_step")):
        made.node("DequantizeLinear", [name, step, f"{step}_zero"], f"{name}_real")
    inputs = [f"{now}_real", f"{weights}_real", f"{bias}_real"]
    made.node("Gemm", inputs, f"sum{number}", transB=1)
    bent = f"sum{number}"
    if layer.ends != (LOWEST, HIGHEST):  # else int8 itself cuts off what the bend would
        bent = made.bend(layer.bend, number, bent)
    made.node("QuantizeLinear", [bent, sink, f"{sink}_zero"], f"q{number}")
    return f"q{number}"


class _Parts:
    """Nodes and constants as they are made, in order."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, name: str, value: Any) -> None:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.array(value), name))

    def scale(self, name: str, scale: Scale) -> None:
        self.constant(name, scale.step)
        self.constant(f"{name}_zero", np.int8(scale.zero_point))

    def node(self, kind: str, inputs: list[str], output: str, **how: Any) -> None:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], **how))

    def bend(self, bend: Bend, number: int, now: str) -> str:
        """Add what bends; return the name of the bent numbers."""
        low, high = bend.value
        if low is None:
            return now
        ends = [f"low{number}", f"high{number}" if high is not None else ""]
        self.constant(ends[0], np.float32(low))
        if high is not None:
            self.constant(ends[1], np.float32(high))
        self.node("Clip", [now, *ends], f"bent{number}")
        return f"bent{number}"

    def file(self, width: int, kind: int) -> bytes:
        import onnx
        from onnx import helper

        source = helper.make_tensor_value_info(INPUT, kind, [1, width])
        sink = helper.make_tensor_value_info(OUTPUT, kind, [1, 1])
        graph = helper.make_graph(self._nodes, "graph", [source], [sink], self._constants)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        content: bytes = model.SerializeToString(deterministic=True)
        return content
