"""Everything that can run the bundle here, behind one call: a row in, a number out.

Each begins with what the appliance would have in hand, a list of numbers, and ends with a
Python number.  scikit-learn alone is given its array ready-made and gives one back, which is
in its favour.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from appliance.inference.engines import LITERT, TFLITE, open_engine
from models.training.runtimes.onnx_form import INPUT, OUTPUT, SESSION_ENTRIES

TFLITE_BUILT_IN, LITERT_BUILT_IN = f"{TFLITE}, reference kernels", f"{LITERT}, reference kernels"
ONNX, ONNX_BOUND, ONNX_FLOAT = "ONNX Runtime", "ONNX Runtime, bound", "ONNX Runtime, float"
SKLEARN, COREML, FLOAT = "scikit-learn", "Core ML", "float"

SERVING = (TFLITE, LITERT)
"""Who serves on a device, under XNNPACK: among these no category may differ."""
BUILT_IN = {TFLITE_BUILT_IN: TFLITE, LITERT_BUILT_IN: LITERT}
INT8 = (*SERVING, *BUILT_IN, ONNX, ONNX_BOUND)
"""Who takes raw int8 numbers and gives one; the others take real numbers in 0..1."""
MEASURED = (*INT8, ONNX_FLOAT, SKLEARN)

MODULES = {
    TFLITE: "tflite_runtime.interpreter",
    LITERT: "ai_edge_litert.interpreter",
    TFLITE_BUILT_IN: "tflite_runtime.interpreter",
    LITERT_BUILT_IN: "ai_edge_litert.interpreter",
    ONNX: "onnxruntime",
    ONNX_BOUND: "onnxruntime",
    ONNX_FLOAT: "onnxruntime",
    SKLEARN: "sklearn.linear_model",
}
"""What each of them has to import first."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to run the bundle, open.

    call: of an INT8 one from raw ints to the raw answer; of another from real numbers in
    0..1 to the probability (scikit-learn: of rows to an array).  key: the proof of the
    appliance's own engines, else empty.
    """

    name: str
    call: Callable[[Any], Any]
    key: str = ""
    close: Callable[[], None] = lambda: None


def open_contestant(name: str, content: bytes) -> Contestant:
    """Open one by its name from the file it runs.

    Raises what `open_engine` raises: an engine whose XNNPACK is not proven does not open.
    """
    if name in (*SERVING, *BUILT_IN):
        engine = open_engine(BUILT_IN.get(name, name), content, built_in=name in BUILT_IN)
        return Contestant(name, engine.invoke, engine.proof.key, engine.close)
    if name == SKLEARN:
        classifier = pickle.loads(content)  # noqa: S301 - written by this very run
        return Contestant(name, lambda rows: classifier.predict_proba(rows)[:, -1])
    kind = np.float32 if name == ONNX_FLOAT else np.int8
    return Contestant(name, _onnx_call(content, kind, bound=name == ONNX_BOUND))


def onnx_session(content: bytes, optimised: str = "") -> Any:
    """Return a session on one thread.  optimised: where it shall write what it made of it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if optimised:
        options.optimized_model_filepath = optimised
    for key, value in SESSION_ENTRIES.items():
        options.add_session_config_entry(key, value)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _onnx_call(content: bytes, kind: Any, *, bound: bool) -> Callable[[Sequence[float]], float]:
    """Return set + run + get; bound: on buffers that the session was given once and for all."""
    session = onnx_session(content)
    source = np.zeros(session.get_inputs()[0].shape, dtype=kind)
    if not bound:
        run, asked, given = session.run, [OUTPUT], {INPUT: source}

        def call(row: Sequence[float]) -> float:
            source[0] = row
            return run(asked, given)[0][0, 0].item()  # type: ignore[no-any-return]

        return call
    import onnxruntime

    sink = np.zeros(session.get_outputs()[0].shape, dtype=kind)
    binding, wrap = session.io_binding(), onnxruntime.OrtValue.ortvalue_from_numpy
    binding.bind_ortvalue_input(INPUT, wrap(source))
    binding.bind_ortvalue_output(OUTPUT, wrap(sink))
    run_bound = session.run_with_iobinding

    def call_bound(row: Sequence[float]) -> float:
        source[0] = row
        run_bound(binding)
        return sink[0, 0].item()  # type: ignore[no-any-return]

    return call_bound
