"""Make the small models of the inference tests: honest ones, and ones made to fool a proof.

    python tests/golden/models/make_fixtures.py

needs the extra `train` (TensorFlow 2.15.1) and writes beside itself.  The weights are
random with a fixed seed: these models mean nothing, they only have a shape.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

FOLDER = Path(__file__).parent
SEED = 20261118
INT8 = tf.lite.OpsSet.TFLITE_BUILTINS_INT8
INT16X8 = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8


def dense(
    units: int, activation: str | None = "relu", spread: float = 1.0
) -> tf.keras.layers.Layer:
    """Return a dense layer whose random weights are spread enough to move the output."""
    initial = tf.keras.initializers.RandomNormal(stddev=spread)
    return tf.keras.layers.Dense(units, activation=activation, kernel_initializer=initial)


def net(widths: tuple[int, ...], *, batch: int | None = 1) -> tf.keras.Model:
    """Return a dense net with ReLU inside and one sigmoid at the end."""
    first = x = tf.keras.Input((widths[0],), batch_size=batch)
    for width in widths[1:-1]:
        x = dense(width, spread=0.5)(x)
    return tf.keras.Model(first, dense(widths[-1], "sigmoid")(x))


def gathered() -> tf.keras.Model:
    """Return a net with a GATHER in its middle: XNNPACK leaves that one alone."""
    first = tf.keras.Input((6,), batch_size=1)
    x = dense(8)(first)
    x = tf.gather(x, [7, 6, 5, 4, 3, 2, 1, 0], axis=1)
    return tf.keras.Model(first, dense(1, "sigmoid")(x))


def soft_middle() -> tf.keras.Model:
    """Return a net with a SOFTMAX in its middle, which is an allowed leftover."""
    first = tf.keras.Input((6,), batch_size=1)
    x = dense(4, "softmax")(dense(8)(first))
    return tf.keras.Model(first, dense(1, "sigmoid")(x))


def two_inputs() -> tf.keras.Model:
    """Return a net that takes its numbers in two tensors."""
    a, b = tf.keras.Input((3,), batch_size=1), tf.keras.Input((3,), batch_size=1)
    return tf.keras.Model([a, b], dense(1, "sigmoid")(dense(8)(tf.concat([a, b], 1))))


def two_outputs() -> tf.keras.Model:
    """Return a net that answers twice."""
    first = tf.keras.Input((6,), batch_size=1)
    x = dense(8)(first)
    return tf.keras.Model(first, [dense(1, "sigmoid")(x), dense(1, "sigmoid")(x)])


def branched() -> tf.keras.Model:
    """Return a net whose first output only picks an input; the second is a dense net."""
    first = tf.keras.Input((6,), batch_size=1)
    picked = tf.gather(first, [0], axis=1)
    return tf.keras.Model(first, [picked, dense(1, "sigmoid")(dense(8)(first))])


def examples(model: tf.keras.Model) -> Callable[[], Iterator[list[np.ndarray]]]:
    """Return what the converter calibrates on: numbers from 0 to 1."""
    random = np.random.default_rng(SEED)

    def give() -> Iterator[list[np.ndarray]]:
        for _ in range(200):
            yield [
                random.uniform(size=(each.shape[0] or 1, each.shape[1])).astype(np.float32)
                for each in model.inputs
            ]

    return give


def convert(
    model: tf.keras.Model, ops: tf.lite.OpsSet | None = INT8, edge: tf.DType | None = tf.int8
) -> bytes:
    """Convert; `ops` None is a float model, `edge` None leaves float edges."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if ops is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = examples(model)
        converter.target_spec.supported_ops = [ops]
        if edge is not None:
            converter.inference_input_type = converter.inference_output_type = edge
    return bytes(converter.convert())


def hybrid(model: tf.keras.Model) -> bytes:
    """Convert with int8 weights and float activations (dynamic range)."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(converter.convert())


def float_inside(model: tf.keras.Model) -> bytes:
    """Convert to int8 edges and int8 layers, but for one float layer in the middle."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = examples(model)
    converter.target_spec.supported_ops = [INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_calibrate_only = True
    calibrated = converter.convert()
    names = [
        each.name.decode()
        for each in flatbuffer_utils.convert_bytearray_to_object(calibrated).subgraphs[0].tensors
    ]
    middle = [name for name in names if name.endswith("BiasAdd") or "Relu" in name]
    from tensorflow.lite.python.convert import mlir_quantize

    return bytes(
        mlir_quantize(
            calibrated,
            fully_quantize=False,
            input_data_type=tf.int8,
            output_data_type=tf.int8,
            denylisted_nodes=middle[1:2],
        )
    )


def edited(model: bytes, change: Callable[[schema.ModelT], None]) -> bytes:
    """Return the model file with its tables changed."""
    tables = flatbuffer_utils.convert_bytearray_to_object(bytearray(model))
    change(tables)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(tables))


def code_of(tables: schema.ModelT, operator: schema.OperatorT) -> int:
    """Return the built-in code of an operator."""
    return int(tables.operatorCodes[operator.opcodeIndex].builtinCode)


def hide_branch(tables: schema.ModelT) -> None:
    """Leave only the GATHER as output: the delegated dense net becomes an idle side branch."""
    graph = tables.subgraphs[0]
    gather = schema.BuiltinOperator.GATHER
    picked = next(o.outputs[0] for o in graph.operators if code_of(tables, o) == gather)
    graph.outputs = [picked]
    tables.signatureDefs = []


def overwrite_output(tables: schema.ModelT) -> None:
    """Let the GATHER write over the tensor that the delegated dense net has just answered in."""
    graph = tables.subgraphs[0]
    gather = next(o for o in graph.operators if code_of(tables, o) == schema.BuiltinOperator.GATHER)
    answer = next(
        o for o in graph.operators if code_of(tables, o) == schema.BuiltinOperator.LOGISTIC
    )
    gather.outputs = list(answer.outputs)
    graph.operators = [o for o in graph.operators if o is not gather] + [gather]
    graph.outputs = list(answer.outputs)
    tables.signatureDefs = []


def call_itself_delegate(tables: schema.ModelT) -> None:
    """Give the op in the middle the name that a proof looks for."""
    for each in tables.operatorCodes:
        if each.builtinCode == schema.BuiltinOperator.GATHER:
            each.builtinCode = schema.BuiltinOperator.CUSTOM
            each.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
            each.customCode = b"DELEGATE"
    for operator in tables.subgraphs[0].operators:
        if code_of(tables, operator) == schema.BuiltinOperator.CUSTOM:
            operator.builtinOptionsType, operator.builtinOptions = 0, None


def main() -> None:
    """Write every fixture."""
    tf.keras.utils.set_random_seed(SEED)
    six = net((6, 32, 16, 1))
    wide = net((64, 64, 1))
    made = {
        "dense6": convert(six),
        "dense3": convert(net((3, 8, 1))),
        "soft_middle": convert(soft_middle()),
        "float": convert(six, None),
        "float_edges": convert(six, edge=None),
        "uint8_edges": convert(six, edge=tf.uint8),
        "int16x8": convert(six, INT16X8, tf.int16),
        "hybrid": hybrid(wide),
        "float_inside": float_inside(six),
        "open_batch": convert(net((6, 8, 1), batch=None)),
        "batch2": convert(net((6, 8, 1), batch=2)),
        "two_inputs": convert(two_inputs()),
        "two_outputs": convert(two_outputs()),
        "wide_output": convert(net((6, 8, 3))),
        "gather_middle": convert(gathered()),
        "idle_branch": edited(convert(branched()), hide_branch),
        "overwritten": edited(convert(branched()), overwrite_output),
        "named_delegate": edited(convert(gathered()), call_itself_delegate),
    }
    for name, model in made.items():
        (FOLDER / f"{name}.tflite").write_bytes(model)
        sys.stdout.write(f"{name}: {len(model)} bytes\n")


if __name__ == "__main__":
    main()
