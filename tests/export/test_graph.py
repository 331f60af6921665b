"""The graph read from the file computes what XNNPACK computes, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.inference.engines import open_engine
from models.training.runtimes.contestants import SERVING
from models.training.runtimes.graph import (
    Bend,
    GraphRefused,
    exact_answers,
    float_answers,
    read_graph,
)
from models.training.runtimes.source import Source
from tests.unit.inference.toy import model

CUBE = 5000


def cube(width: int) -> np.ndarray:
    return np.random.default_rng(3).integers(-128, 128, (CUBE, width)).astype(np.int8)


@pytest.mark.parametrize("runtime", SERVING)
@pytest.mark.parametrize("name", ["shipped", "dense6", "dense3"])
def test_the_exact_answers_are_those_of_the_runtime(
    runtime: str, name: str, shipped: Source
) -> None:
    content = shipped.bundle.model if name == "shipped" else model(name)
    graph = read_graph(content)
    raw = cube(graph.width)
    engine = open_engine(runtime, content)
    answered = [engine.invoke(row) for row in raw.tolist()]
    engine.close()
    assert answered == exact_answers(graph, raw).tolist()
    assert len(set(answered)) > 40


def test_the_exact_answers_are_every_xnnpack_key_of_the_golden_vectors(shipped: Source) -> None:
    golden = shipped.bundle.golden
    assert golden is not None
    mine = tuple(exact_answers(shipped.graph, np.array(golden.inputs, dtype=np.int8)).tolist())
    keys = [key for key in golden.outputs if " xnnpack " in key]
    assert keys
    assert {key: tuple(golden.outputs[key]) for key in keys} == dict.fromkeys(keys, mine)


def test_without_rounding_the_answers_stay_near(shipped: Source) -> None:
    raw = cube(shipped.graph.width)
    exact = (exact_answers(shipped.graph, raw) + 128) / 256
    real = float_answers(shipped.graph, (raw.astype(np.float64) + 128) / 255)
    assert 0 < np.abs(exact - real).max() < 10 / 256


def test_the_shipped_graph_is_read_as_it_was_trained(shipped: Source) -> None:
    layers = shipped.graph.layers
    assert [layer.bend for layer in layers] == [Bend.RELU6, Bend.RELU, Bend.NONE]
    assert [layer.weights.shape for layer in layers] == [(32, 6), (16, 32), (1, 16)]
    assert shipped.graph.output.zero_point == -128


@pytest.mark.parametrize(
    "name",
    ["float", "hybrid", "int16x8", "soft_middle", "two_inputs", "wide_output", "uint8_edges"],
)
def test_another_family_of_graphs_is_refused_in_words(name: str) -> None:
    with pytest.raises(GraphRefused, match=r"^[a-z].{20,}"):
        read_graph(model(name))
