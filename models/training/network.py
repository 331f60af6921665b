"""The network, and the training of many of them at once.

6 inputs in 0..1, two hidden layers, one sigmoid.  The first layer is a bounded ramp
(0 to 1), the second a rectifier.  Where an input is to raise the answer or leave it, all
weights on its way are kept at zero or above; the bounded first layer is what lets such a
net bend both ways.  Cross-validation and the shipped model are trained by the same function.

Training jitters the inputs by about the errors of the instruments that measure them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.data import Floats, Ints

Singles = NDArray[np.float32]

AT_ONCE = 50
"""Nets in one batch; part of what the result depends on, like the seed."""
RAMP = 6.0
"""The graph's op for a bounded ramp ends at 6: weights before it are stretched by this."""
_CPU_FEATURES = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "asimd")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a training besides rows and seed.

    rising: per input, whether the answer may only rise with it.  bounded: whether the first
    layer is a bounded ramp.  jitter: standard deviation per input, in the quantity's unit.
    """

    rising: tuple[bool, ...]
    bounded: bool
    hidden: tuple[int, int]
    jitter: tuple[float, ...]
    weight_penalty: float
    steps: int
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Nets:
    """Trained weights of some nets: kernels [m, in, out] and biases [m, 1, out], in turn."""

    weights: tuple[Floats, ...]
    bounded: bool

    def probabilities(self, unit: Floats) -> Floats:
        """Return [m, n] probabilities of [n, 6] inputs in 0..1, computed as floats."""
        first, first_bias, second, second_bias, last, last_bias = self.weights
        hidden = np.maximum(unit @ first + first_bias, 0.0)
        if self.bounded:
            hidden = np.minimum(hidden, 1.0)
        hidden = np.maximum(hidden @ second + second_bias, 0.0)
        logits = (hidden @ last + last_bias)[..., 0]
        answers: Floats = 1.0 / (1.0 + np.exp(-logits))
        return answers

    def one(self, index: int) -> Nets:
        """Return a single net of these."""
        return Nets(tuple(each[index : index + 1] for each in self.weights), self.bounded)


def load_tensorflow() -> Any:
    """Import TensorFlow set up to give the same bits each time (one thread, fixed ops)."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # it greets on stderr otherwise
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # a GPU would give other bits
    import tensorflow

    tensorflow.get_logger().setLevel("ERROR")
    if not tensorflow.executing_eagerly():
        raise RuntimeError("TensorFlow must be in eager mode")
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.experimental.enable_op_determinism()
    return tensorflow


def cpu_features() -> list[str]:
    """Return which of the features that change floating-point sums this processor has."""
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore").split())
    except OSError:
        return ["unknown"]
    return [each for each in _CPU_FEATURES if each in words]


def train_nets(
    tf: Any, unit: Floats, high: Ints, weights: Floats, recipe: Recipe, spread: Floats, seed: int
) -> Nets:
    """Train one net for each line of `weights` (the rows it may see, by 1 and 0).

    unit: inputs in 0..1.  spread: the jitter in these units.
    """
    parts = []
    for start in range(0, len(weights), AT_ONCE):
        some = weights[start : start + AT_ONCE]
        parts.append(_train_some(tf, unit, high, some, recipe, spread, (seed, start)))
    joined = tuple(np.concatenate(each).astype(np.float64) for each in zip(*parts, strict=True))
    return Nets(joined, recipe.bounded)


def _train_some(
    tf: Any,
    unit: Floats,
    high: Ints,
    rows: Floats,
    recipe: Recipe,
    spread: Floats,
    seed: tuple[int, int],
) -> list[Singles]:
    variables = [tf.Variable(each) for each in _initial(recipe, len(rows), seed)]
    inputs = tf.constant(unit[None].astype(np.float32))
    shape = (len(rows), *unit.shape)
    labels = tf.constant(np.tile(high.astype(np.float32), (len(rows), 1)))
    share = tf.constant((rows / rows.sum(axis=1, keepdims=True)).astype(np.float32))
    deviation = tf.constant(spread.astype(np.float32))
    optimizer = tf.keras.optimizers.Adam(recipe.learning_rate)
    optimizer.build(variables)
    project = _projection(tf, variables, recipe)

    def step(number: Any) -> None:
        jitter = tf.random.stateless_normal(shape, seed=tf.stack([seed[0] + seed[1], number]))
        with tf.GradientTape() as tape:
            logits = _logits(tf, inputs + jitter * deviation, variables, recipe.bounded)
            losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
            penalty = tf.add_n([tf.reduce_sum(each * each) for each in variables[::2]])
            loss = tf.reduce_sum(share * losses) + recipe.weight_penalty * penalty
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        project()

    compiled = tf.function(step)
    for number in range(recipe.steps):
        compiled(tf.constant(number))
    return [each.numpy() for each in variables]


def _initial(recipe: Recipe, nets: int, seed: tuple[int, int]) -> list[Singles]:
    """Draw first weights; on ways that may only rise they start positive and smaller."""
    rng = np.random.default_rng(seed)
    inputs, (first, second) = len(recipe.rising), recipe.hidden
    drawn = [
        rng.normal(0.0, np.sqrt(2 / inputs), (nets, inputs, first)),
        rng.uniform(-1.0, 0.5, (nets, 1, first)),
        rng.normal(0.0, np.sqrt(2 / first), (nets, first, second)),
        np.zeros((nets, 1, second)),
        rng.normal(0.0, np.sqrt(1 / second), (nets, second, 1)),
        np.full((nets, 1, 1), -1.0),
    ]
    if any(recipe.rising):
        rising = np.array(recipe.rising)[None, :, None]
        drawn[0] = np.where(rising, np.abs(drawn[0]), drawn[0])
        drawn[2], drawn[4] = 0.6 * np.abs(drawn[2]), 0.6 * np.abs(drawn[4])
    return [each.astype(np.float32) for each in drawn]


def _logits(tf: Any, inputs: Any, variables: list[Any], bounded: bool) -> Any:
    first, first_bias, second, second_bias, last, last_bias = variables
    hidden = tf.nn.relu(tf.matmul(inputs, first) + first_bias)
    if bounded:
        hidden = tf.minimum(hidden, 1.0)
    hidden = tf.nn.relu(tf.matmul(hidden, second) + second_bias)
    return (tf.matmul(hidden, last) + last_bias)[..., 0]


def _projection(tf: Any, variables: list[Any], recipe: Recipe) -> Any:
    """Return what brings the weights on rising ways back to zero or above."""
    rising = tf.constant(np.array(recipe.rising)[None, :, None])

    def project() -> None:
        if any(recipe.rising):
            first, _, second, _, last, _ = variables
            first.assign(tf.where(rising, tf.nn.relu(first), first))
            second.assign(tf.nn.relu(second))
            last.assign(tf.nn.relu(last))

    return project
