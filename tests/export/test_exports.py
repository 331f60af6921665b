"""What is written for other runtimes: the same arithmetic, and nothing left that is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.training.runtimes import export
from models.training.runtimes.contestants import (
    INT8,
    ONNX,
    ONNX_BOUND,
    ONNX_FLOAT,
    onnx_session,
    open_contestant,
)
from models.training.runtimes.coreml_form import (
    PackageRefused,
    computed,
    read_spec,
    write_package,
)
from models.training.runtimes.graph import (
    Bend,
    Graph,
    Layer,
    Scale,
    exact_answers,
    float_answers,
)
from models.training.runtimes.onnx_form import float_onnx, int8_onnx
from models.training.runtimes.source import Source, read_source
from tests.unit.inference.toy import write_bundle, write_three

ROWS = 3000


def cube(graph: Graph) -> np.ndarray:
    dice = np.random.default_rng(4)
    return dice.integers(-128, 128, (ROWS, graph.width)).astype(np.int8)


def bending(bend: Bend) -> Graph:
    """A graph in which the first layer's bend cuts off inside int8, at both ends if it has two."""
    dice = np.random.default_rng(7)

    def layer(wide: int, out: int, source: Scale, sink: Scale, bend: Bend) -> Layer:
        weights = dice.integers(-127, 128, (out, wide)).astype(np.int8)
        bias = dice.integers(-2000, 2000, out).astype(np.int32)
        return Layer(source, weights, np.float32(0.02), bias, sink, bend)

    middle = Scale(np.float32(0.07), -30)
    ends = Scale(np.float32(1 / 255), -128), Scale(np.float32(0.2), 11)
    first = layer(4, 8, ends[0], middle, bend)
    return Graph((first, layer(8, 1, middle, ends[1], Bend.NONE)), Scale(np.float32(1 / 256), -128))


def halves() -> Graph:
    """A graph whose first layer meets a half at every other sum: halves go to the even number."""
    graph = bending(Bend.NONE)
    first = replace(
        graph.layers[0],
        source=Scale(np.float32(0.25), -128),
        weights=np.sign(graph.layers[0].weights),
        weight_step=np.float32(1.0),
        bias=graph.layers[0].bias // 50,
        sink=Scale(np.float32(0.5), -30),
    )
    second = replace(graph.layers[1], source=first.sink, weight_step=np.float32(1 / 4096))
    return replace(graph, layers=(first, replace(second, sink=Scale(np.float32(0.03), 11))))


@pytest.fixture(
    params=["halves", "shipped", "toy of six", "toy of three", "relu", "relu6", "one layer"]
)
def graph(request: pytest.FixtureRequest, tmp_path: Path, shipped: Source) -> Graph:
    one = bending(Bend.NONE)
    first = one.layers[0]
    alone = replace(first, weights=first.weights[:1], bias=first.bias[:1])
    made: dict[str, Any] = {
        "shipped": lambda: shipped.graph,
        "toy of six": lambda: read_source(write_bundle(tmp_path / "six")).graph,
        "toy of three": lambda: read_source(write_three(tmp_path / "three")).graph,
        "halves": halves,
        "relu": lambda: bending(Bend.RELU),
        "relu6": lambda: bending(Bend.RELU6),
        "one layer": lambda: Graph((alone,), one.output),
    }
    found: Graph = made[request.param]()
    return found


def test_bends_that_cut_off_inside_int8_are_among_the_cases() -> None:
    assert bending(Bend.RELU).layers[0].ends == (-30, 127)
    assert bending(Bend.RELU6).layers[0].ends == (-30, 56)


@pytest.mark.parametrize("name", [ONNX, ONNX_BOUND])
def test_onnx_runtime_answers_exactly_as_the_graph(name: str, graph: Graph) -> None:
    assert name in INT8
    call, raw = open_contestant(name, int8_onnx(graph)).call, cube(graph)
    answers = [call(row) for row in raw.tolist()]
    assert answers == exact_answers(graph, raw).tolist()
    assert len(set(answers)) > 20


def test_the_float_file_answers_as_the_graph_without_rounding(graph: Graph) -> None:
    call = open_contestant(ONNX_FLOAT, float_onnx(graph)).call
    real = np.random.default_rng(5).random((ROWS, graph.width))
    answers = np.array([call(row) for row in real.tolist()])
    assert np.abs(answers - float_answers(graph, real)).max() < 1e-5


def test_onnx_runtime_really_runs_it_in_integers(shipped: Source, tmp_path: Path) -> None:
    import onnx

    fused = tmp_path / "fused.onnx"
    onnx_session(int8_onnx(shipped.graph), str(fused))
    kinds = [node.op_type for node in onnx.load(str(fused)).graph.node]
    assert kinds == ["QGemm", "QGemm", "QGemm", "QLinearSigmoid"]


def test_the_file_holds_standard_operators_only_and_is_the_same_each_time(shipped: Source) -> None:
    import onnx

    content = int8_onnx(shipped.graph)
    assert content == int8_onnx(shipped.graph)
    model = onnx.load_from_string(content)
    assert {node.domain for node in model.graph.node} == {""}
    assert [each.domain for each in model.opset_import] == [""]


def test_the_core_ml_package_computes_exactly_what_the_graph_does(
    graph: Graph, tmp_path: Path
) -> None:
    write_package(graph, tmp_path / "x.mlpackage")
    raw = cube(graph)
    assert computed(tmp_path / "x.mlpackage", raw).tolist() == exact_answers(graph, raw).tolist()


def test_the_spec_of_the_core_ml_package(shipped: Source, tmp_path: Path) -> None:
    path = tmp_path / "x.mlpackage"
    write_package(shipped.graph, path)
    spec = read_spec(path)
    assert spec.WhichOneof("Type") == "mlProgram"
    (source,), (sink,) = spec.description.input, spec.description.output
    array = source.type.multiArrayType
    assert (source.name, list(array.shape)) == ("x", [1, 6])
    assert array.dataType == sink.type.multiArrayType.dataType == array.INT32
    assert (sink.name, list(sink.type.multiArrayType.shape)) == ("y", [1, 1])
    function = spec.mlProgram.functions["main"]
    block = function.block_specializations[function.opset]
    kinds = [each.type for each in block.operations if each.type != "const"]
    dense = ["sub", "linear", "mul", "round", "add", "clip"]
    assert kinds == ["cast", *dense * 3, "add", "cast", "gather"]


def test_sums_that_single_precision_cannot_hold_are_refused(
    shipped: Source, tmp_path: Path
) -> None:
    first = shipped.graph.layers[0]
    large = replace(first, bias=np.full_like(first.bias, 2**24))
    with pytest.raises(PackageRefused, match="too large"):
        write_package(replace(shipped.graph, layers=(large,)), tmp_path / "x.mlpackage")


def test_an_export_that_answers_otherwise_is_taken_away_again(
    shipped: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shipped.graph.layers[0]
    shifted = replace(first, bias=first.bias + np.int32(300))
    other = replace(shipped.graph, layers=(shifted, *shipped.graph.layers[1:]))
    monkeypatch.setattr(export, "int8_onnx", lambda graph: int8_onnx(other))
    with pytest.raises(export.ExportDiffers, match=r"^the ONNX file would"):
        export.write_exports(shipped, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_both_files_are_written_for_any_task(tmp_path: Path) -> None:
    source = read_source(write_three(tmp_path / "three"))
    made = export.write_exports(source, tmp_path / "out")
    again = export.write_exports(source, tmp_path / "out")
    assert made == again
    assert [path.name for path in made.values()] == ["toy-three.onnx", "toy-three.mlpackage"]
    assert all(export.size_bytes(path) > 500 for path in made.values())
