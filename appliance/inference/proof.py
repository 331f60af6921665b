"""Proof that a model really runs as int8 under XNNPACK: found in the graph, never in a log.

After `allocate_tensors()` the runtime's list of nodes holds the model's own nodes, all of
them, and one DELEGATE node for each part that XNNPACK took over.  So counting nodes proves
nothing.  We walk back from the output instead: where a DELEGATE node makes a tensor we go
on from that node's inputs, where none does the model's own node is left over on a built-in
kernel.  Inside a delegated part we walk the model's own nodes too, because a float part
is delegated as gladly as an int8 one.

Sources: FACTS 1 (measured on tflite-runtime 2.14.0, ai-edge-litert 1.4 and 2.3); the node
list after delegation is TFLite's Subgraph::ReplaceNodeSubsetsWithDelegateKernels.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

ALLOWED_LEFTOVERS = frozenset({"SOFTMAX", "MEAN"})
"""What may stay on built-in kernels: XNNPACK has no int8 kernel for either, and nets with
classes or global pooling need them (FACTS 1).  Nothing else: QUANTIZE and DEQUANTIZE mean
edges that are not int8, and any other op means a net that is not the one we measured."""

_DELEGATE = "DELEGATE"
_GIVEN = frozenset({"int8", "int32"})
"""Weights are int8; biases, shapes and axes are int32."""


class ProofFailed(Exception):
    """The model does not run as it must.  faults: each in words."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class Interpreter(Protocol):
    """What the proof asks of a runtime's interpreter, whose tensors are allocated."""

    def get_input_details(self) -> list[dict[str, Any]]:
        """Describe the graph's inputs."""
        ...

    def get_output_details(self) -> list[dict[str, Any]]:
        """Describe the graph's outputs."""
        ...

    def get_tensor_details(self) -> list[dict[str, Any]]:
        """Describe every tensor."""
        ...

    def _get_ops_details(self) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Proof:
    """How one model runs in one interpreter on this machine.

    delegated: XNNPACK computes the way from input to output, but for allowed leftovers.
    partitions: delegated parts on that way.  leftover_ops: the model's own nodes on that
    way that no delegate took, in the order of the walk back.
    int8: everything computed on that way is int8, inside the delegated parts too.
    """

    runtime: str
    version: str
    architecture: str
    delegated: bool
    partitions: int
    leftover_ops: tuple[str, ...]
    int8: bool

    @property
    def key(self) -> str:
        """Which golden vectors this run must reproduce exactly."""
        kernels = "xnnpack" if self.delegated else "reference"
        return f"{self.runtime} {self.version} {kernels} {self.architecture}"

    @property
    def one_line(self) -> str:
        """The proof as one line for a journal or an About screen."""
        parts = "part" if self.partitions == 1 else "parts"
        left = ", ".join(self.leftover_ops) or "nothing"
        return f"{self.key}, {self.partitions} delegated {parts}, left over: {left}"

    def faults(self) -> tuple[str, ...]:
        """Say why this is not an int8 model under XNNPACK; nothing if it is."""
        found = []
        if not self.int8:
            found.append("it computes in numbers that are not int8")
        if not self.partitions:
            found.append("XNNPACK computes no part of the way from input to output")
        forbidden = [op for op in self.leftover_ops if op not in ALLOWED_LEFTOVERS]
        if forbidden:
            words = ", ".join(dict.fromkeys(forbidden))
            found.append(f"XNNPACK left over what must not be: {words}")
        return tuple(found)


def prove(
    interpreter: Interpreter, runtime: str, version: str, *, require_xnnpack: bool = True
) -> Proof:
    """Return the proof of an interpreter with allocated tensors; raise ProofFailed.

    Without `require_xnnpack` the graph must still be one int8 input of batch 1, one int8
    output of one number and int8 all the way; then only the delegation is left open.
    """
    faults = _edge_faults(interpreter)
    if faults:
        raise ProofFailed(faults)
    graph = _Graph(interpreter)
    proof = graph.walk(runtime, version)
    faults = list(proof.faults()) if require_xnnpack else []
    if not proof.int8 and not faults:
        faults = ["it computes in numbers that are not int8"]
    if faults:
        raise ProofFailed(faults)
    return proof


def _edge_faults(interpreter: Interpreter) -> list[str]:
    """Check the one input and the one output: int8, batch of exactly 1, fixed."""
    faults = []
    edges = (
        ("input", interpreter.get_input_details()),
        ("output", interpreter.get_output_details()),
    )
    for name, details in edges:
        if len(details) != 1:
            faults.append(f"it has {len(details)} {name}s instead of one")
            continue
        edge = details[0]
        shape = [int(each) for each in edge["shape"]]
        if edge["dtype"].__name__ != "int8":
            faults.append(f"its {name} is {edge['dtype'].__name__}, not int8")
        if any(int(each) < 1 for each in edge["shape_signature"]) or 0 in shape:
            faults.append(f"its {name} has an open shape instead of batch 1")
        elif len(shape) < 2 or shape[0] != 1:
            faults.append(f"its {name} has the shape {shape} instead of batch 1")
        elif name == "output" and _product(shape) != 1:
            faults.append(f"it answers with {_product(shape)} numbers instead of one")
    return faults


def _product(shape: Sequence[int]) -> int:
    total = 1
    for each in shape:
        total *= each
    return total


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class _Graph:
    """The nodes of an allocated interpreter, by the tensor that they make."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._input = int(interpreter.get_input_details()[0]["index"])
        self._output = int(interpreter.get_output_details()[0]["index"])
        self._types = {
            int(each["index"]): str(each["dtype"].__name__)
            for each in interpreter.get_tensor_details()
        }
        nodes = [
            _Node(
                str(each["op_name"]),
                tuple(int(i) for i in each["inputs"] if i >= 0),
                tuple(int(i) for i in each["outputs"]),
            )
            for each in interpreter._get_ops_details()
        ]
        self._own = self._by_output(node for node in nodes if node.name != _DELEGATE)
        self._delegates = self._by_output(node for node in nodes if node.name == _DELEGATE)

    @staticmethod
    def _by_output(nodes: Iterable[_Node]) -> Mapping[int, _Node]:
        """Index by output; two makers of one tensor hide which of them answers."""
        made: dict[int, _Node] = {}
        for node in nodes:
            for tensor in node.outputs:
                if tensor in made:
                    raise ProofFailed(["two of its ops write the same tensor"])
                made[tensor] = node
        return made

    def walk(self, runtime: str, version: str) -> Proof:
        """Walk back from the output to the input."""
        parts: list[_Node] = []
        left: list[_Node] = []

        def before(tensor: int) -> tuple[int, ...]:
            part = self._delegates.get(tensor)
            node = part or self._own.get(tensor)
            if node is None:
                return ()
            found = left if part is None else parts
            if node not in found:
                found.append(node)
            return node.inputs

        seen = _reach((self._output,), before)
        if self._input not in seen:
            raise ProofFailed(["its output does not depend on its input"])
        names = tuple(node.name for node in left)
        return Proof(
            runtime=runtime,
            version=version,
            architecture=platform.machine(),
            delegated=bool(parts) and all(name in ALLOWED_LEFTOVERS for name in names),
            partitions=len(parts),
            leftover_ops=names,
            int8=self._is_int8_throughout(parts),
        )

    def _is_int8_throughout(self, parts: Sequence[_Node]) -> bool:
        """Walk back once more by the model's own nodes alone, through the delegated parts."""
        nodes: list[_Node] = []

        def before(tensor: int) -> tuple[int, ...]:
            node = self._own.get(tensor)
            if node is None:
                return ()
            nodes.append(node)
            return node.inputs

        _reach((self._output,), before)
        explained = all(tensor in self._own for part in parts for tensor in part.outputs)
        return bool(nodes) and explained and all(self._is_int8(node) for node in nodes)

    def _is_int8(self, node: _Node) -> bool:
        """Whether a node makes int8, of int8 and of what nobody makes: constants, the input."""
        given = [tensor for tensor in node.inputs if tensor not in self._own]
        return all(self._types.get(tensor) in _GIVEN for tensor in given) and all(
            self._types.get(tensor) == "int8" for tensor in node.outputs
        )


def _reach(start: Sequence[int], before: Callable[[int], tuple[int, ...]]) -> set[int]:
    """Return every tensor that the start depends on, the start included."""
    seen: set[int] = set()
    waiting = list(start)
    while waiting:
        tensor = waiting.pop()
        if tensor not in seen:
            seen.add(tensor)
            waiting.extend(before(tensor))
    return seen
