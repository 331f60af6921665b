"""From float weights to the int8 graph that is shipped, and that graph's own answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.data import Floats
from models.training.network import RAMP, Nets
from models.training.scaling import INPUT_SCALE, OUTPUT_SCALE, ZERO_POINT, quantise

LARGEST_BYTES = 8192


class ExportFailed(RuntimeError):
    """The converter gave a graph that the appliance could not use."""


def convert(tf: Any, net: Nets, unit: Floats) -> bytes:
    """Return the fully int8 graph, batch 1, of one net; raise ExportFailed.

    unit: rows in 0..1 from which the converter learns the ranges inside the graph.
    """
    model = _keras_model(tf, net)
    corners = np.array([np.zeros(unit.shape[1]), np.ones(unit.shape[1])])
    rows = np.concatenate([corners, unit]).astype(np.float32)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None]] for row in rows)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    content: bytes = converter.convert()
    _check(tf, content)
    tf.keras.backend.clear_session()
    return content


def answers(tf: Any, content: bytes, unit: Floats) -> NDArray[np.int64]:
    """Return the raw int8 answers of the built-in kernels to rows in 0..1."""
    return answers_to_raw(tf, content, quantise(unit))


def answers_to_raw(tf: Any, content: bytes, raw: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the raw int8 answers of the built-in kernels to int8 rows."""
    interpreter = _interpreter(tf, content)
    source = interpreter.get_input_details()[0]["index"]
    sink = interpreter.get_output_details()[0]["index"]
    found = []
    for row in raw:
        interpreter.set_tensor(source, row[None])
        interpreter.invoke()
        found.append(int(interpreter.get_tensor(sink)[0, 0]))
    return np.array(found, dtype=np.int64)


def probabilities(raw: NDArray[np.int64]) -> Floats:
    """Return the probabilities that raw answers stand for."""
    return (raw - ZERO_POINT) * OUTPUT_SCALE


def _keras_model(tf: Any, net: Nets) -> Any:
    first, first_bias, second, second_bias, last, last_bias = (each[0] for each in net.weights)
    stretch = RAMP if net.bounded else 1.0
    layers = tf.keras.layers
    hidden = layers.Dense(first.shape[1], activation=tf.nn.relu6 if net.bounded else "relu")
    middle = layers.Dense(second.shape[1], activation="relu")
    output = layers.Dense(1, activation="sigmoid")
    inputs = tf.keras.Input(shape=(first.shape[0],), batch_size=1)
    model = tf.keras.Model(inputs, output(middle(hidden(inputs))))
    hidden.set_weights([first * stretch, first_bias[0] * stretch])
    middle.set_weights([second / stretch, second_bias[0]])
    output.set_weights([last, last_bias[0]])
    return model


def _interpreter(tf: Any, content: bytes) -> Any:
    interpreter = tf.lite.Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=(
            tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
    interpreter.allocate_tensors()
    return interpreter


def _check(tf: Any, content: bytes) -> None:
    if len(content) > LARGEST_BYTES:
        raise ExportFailed(f"the graph has {len(content)} bytes, more than {LARGEST_BYTES}")
    interpreter = _interpreter(tf, content)
    ends = (
        ("input", interpreter.get_input_details()[0], INPUT_SCALE),
        ("output", interpreter.get_output_details()[0], OUTPUT_SCALE),
    )
    for name, tensor, wanted in ends:
        scale, zero_point = tensor["quantization"]
        right = abs(scale - wanted) < 1e-8 and zero_point == ZERO_POINT
        if tensor["dtype"] is not np.int8 or not right:
            raise ExportFailed(
                f"the {name} tensor is {tensor['dtype'].__name__}, scale {scale}, "
                f"zero point {zero_point}; wanted int8, {wanted}, {ZERO_POINT}"
            )
