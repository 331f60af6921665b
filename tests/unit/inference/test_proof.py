"""The proof: what passes, and every model that was made to fool it."""

from __future__ import annotations

import platform
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from appliance.inference import engines, xnnpack
from appliance.inference.engines import LITERT, REFERENCE, TFLITE, open_engine
from appliance.inference.proof import Proof, ProofFailed, prove
from appliance.inference.refusals import ModelUnreadable
from tests.unit.inference.toy import DELEGATING, model


def test_both_runtimes_are_here_where_both_can_be() -> None:
    assert (TFLITE in DELEGATING) == (sys.version_info < (3, 12))
    assert LITERT in DELEGATING


@pytest.mark.parametrize("runtime", DELEGATING)
@pytest.mark.parametrize("name", ["dense6", "dense3"])
def test_a_dense_int8_net_is_delegated_whole(runtime: str, name: str) -> None:
    engine = open_engine(runtime, model(name))
    proof = engine.proof
    engine.close()
    assert proof.runtime == runtime
    assert proof.delegated
    assert proof.int8
    assert proof.partitions == 1
    assert proof.leftover_ops == ()
    assert proof.faults() == ()
    assert proof.key == f"{runtime} {proof.version} xnnpack {platform.machine()}"
    assert proof.one_line.startswith(proof.key)


@pytest.mark.parametrize("runtime", DELEGATING)
def test_an_allowed_leftover_passes_and_is_named(runtime: str) -> None:
    proof = open_engine(runtime, model("soft_middle")).proof
    assert proof.delegated
    assert proof.partitions == 2
    assert proof.leftover_ops == ("SOFTMAX",)


FOOLS = {
    "float": "its input is float32",
    "float_edges": "its input is float32",
    "uint8_edges": "its input is uint8",
    "int16x8": "its input is int16",
    "hybrid": "its input is float32",
    "float_inside": "it computes in numbers that are not int8",
    "open_batch": "its input has an open shape",
    "batch2": r"its input has the shape \[2, 6\]",
    "two_inputs": "it has 2 inputs",
    "two_outputs": "it has 2 outputs",
    "wide_output": "it answers with 3 numbers",
    "gather_middle": "XNNPACK left over what must not be: GATHER",
    "idle_branch": "XNNPACK computes no part of the way",
    "overwritten": "two of its ops write the same tensor",
}


@pytest.mark.parametrize("runtime", DELEGATING)
@pytest.mark.parametrize("name", sorted(FOOLS))
def test_a_model_made_to_fool_the_proof_fails_it(runtime: str, name: str) -> None:
    with pytest.raises(ProofFailed, match=FOOLS[name]):
        open_engine(runtime, model(name))


@pytest.mark.parametrize("runtime", DELEGATING)
def test_an_op_that_calls_itself_delegate_does_not_even_load(runtime: str) -> None:
    with pytest.raises(ModelUnreadable):
        open_engine(runtime, model("named_delegate"))


NEVER = sorted(set(FOOLS) - {"gather_middle", "idle_branch"})


@pytest.mark.parametrize("name", NEVER)
def test_without_xnnpack_the_graph_must_still_be_int8_of_batch_1(name: str) -> None:
    with pytest.raises(ProofFailed):
        open_engine(REFERENCE, model(name))


def test_the_reference_kernels_are_proven_as_what_they_are() -> None:
    proof = open_engine(REFERENCE, model("dense6")).proof
    assert not proof.delegated
    assert proof.partitions == 0
    assert proof.leftover_ops == ("LOGISTIC",) + ("FULLY_CONNECTED",) * 3
    assert " reference " in proof.key
    assert proof.faults()


@pytest.mark.parametrize("runtime", DELEGATING)
def test_the_built_in_kernels_of_a_named_runtime_are_those(runtime: str) -> None:
    proof = open_engine(runtime, model("dense6"), built_in=True).proof
    assert proof.key == f"{runtime} {proof.version} reference {platform.machine()}"
    assert not proof.delegated


def interpreter_of(runtime: str, **options: Any) -> Any:
    module = engines._module(runtime)
    made = module.Interpreter(model_content=model("dense6"), num_threads=1, **options)
    made.allocate_tensors()
    return made


@pytest.mark.parametrize("runtime", DELEGATING)
def test_an_undelegated_int8_model_fails(runtime: str) -> None:
    kinds = engines._module(runtime).OpResolverType
    for kind in (kinds.BUILTIN_REF, kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
        bare = interpreter_of(runtime, experimental_op_resolver_type=kind)
        with pytest.raises(ProofFailed, match="XNNPACK computes no part"):
            prove(bare, runtime, "1")


@pytest.mark.skipif(TFLITE not in DELEGATING, reason="tflite-runtime ends with Python 3.11")
def test_the_default_of_tflite_runtime_fails() -> None:
    """It prints that it created a delegate, and delegates nothing."""
    with pytest.raises(ProofFailed, match="XNNPACK computes no part"):
        prove(interpreter_of(TFLITE), TFLITE, "1")


@pytest.mark.skipif(TFLITE not in DELEGATING, reason="tflite-runtime ends with Python 3.11")
def test_a_delegate_without_the_int8_flags_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_flags(package: Any, version: str) -> xnnpack.XnnpackDelegate:
        return xnnpack.XnnpackDelegate(package, version, flags=0)

    monkeypatch.setattr(engines, "XnnpackDelegate", without_flags)
    with pytest.raises(ProofFailed, match="XNNPACK computes no part"):
        open_engine(TFLITE, model("dense6"))


def fake(nodes: list[tuple[str, list[int], list[int]]], types: dict[int, str]) -> Any:
    """Return an interpreter that describes a graph from tensor 0 to tensor 9."""

    def named(index: int) -> dict[str, Any]:
        return {"index": index, "dtype": SimpleNamespace(__name__=types.get(index, "int8"))}

    def edge(index: int, width: int) -> list[dict[str, Any]]:
        return [named(index) | {"shape": [1, width], "shape_signature": [1, width]}]

    ops = [{"op_name": n, "inputs": i, "outputs": o} for n, i, o in nodes]
    return SimpleNamespace(
        get_input_details=lambda: edge(0, 6),
        get_output_details=lambda: edge(9, 1),
        get_tensor_details=lambda: [named(index) for index in range(12)],
        _get_ops_details=lambda: ops,
    )


FC, DELEGATE = "FULLY_CONNECTED", "DELEGATE"


def test_a_graph_by_hand_passes() -> None:
    proof = prove(fake([(FC, [0, 5, -1], [9]), (DELEGATE, [0, 5], [9])], {}), "r", "1")
    assert proof.partitions == 1


@pytest.mark.parametrize(
    ("nodes", "types", "words"),
    [
        ([], {}, "does not depend on its input"),
        ([(FC, [5], [9]), (DELEGATE, [5], [9])], {}, "does not depend on its input"),
        ([(DELEGATE, [0], [9])], {}, "not int8"),
        ([(DELEGATE, [0], [3]), (FC, [3], [9]), (DELEGATE, [3], [9])], {}, "not int8"),
        ([(FC, [0, 5], [9]), (DELEGATE, [0, 5], [9])], {5: "float32"}, "not int8"),
        ([(FC, [0], [3]), (FC, [3], [9]), (DELEGATE, [0], [9])], {3: "int32"}, "not int8"),
        ([(FC, [0], [3]), (FC, [3], [9]), (DELEGATE, [0], [9])], {3: "float32"}, "not int8"),
        ([("MEAN", [0], [3]), (FC, [3], [9]), (DELEGATE, [3], [9])], {3: "float32"}, "not int8"),
        ([(FC, [0], [3]), (FC, [3], [9]), (DELEGATE, [3], [9])], {}, "must not be: FULLY"),
        ([("WHILE", [0], [3]), (FC, [3], [9]), (DELEGATE, [3], [9])], {}, "must not be: WHILE"),
        ([(FC, [0], [9]), (DELEGATE, [0], [9]), (DELEGATE, [0], [9])], {}, "same tensor"),
        ([("MEAN", [0], [9]), (FC, [0], [3]), (DELEGATE, [0], [3])], {}, "no part of the way"),
    ],
)
def test_graphs_by_hand_that_fail(nodes: Any, types: dict[int, str], words: str) -> None:
    with pytest.raises(ProofFailed, match=words):
        prove(fake(nodes, types), "r", "1")


def test_a_ring_of_ops_ends_the_walk() -> None:
    ring = [(FC, [4], [3]), (FC, [3], [4]), (FC, [3, 0], [9]), (DELEGATE, [3, 0], [9])]
    with pytest.raises(ProofFailed, match="must not be"):
        prove(fake(ring, {}), "r", "1")


def test_every_fault_is_named_together() -> None:
    proof = Proof("r", "1", "m", False, 0, ("GATHER", "WHILE", "GATHER"), False)
    assert len(proof.faults()) == 3
    assert proof.faults()[2].endswith("GATHER, WHILE")
    assert replace(proof, partitions=1, leftover_ops=("MEAN",), int8=True).faults() == ()
