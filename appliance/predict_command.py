"""`appliance predict`: one assessment for each row of a CSV file, by the daemon's own path."""

from __future__ import annotations

import argparse
import sys

from appliance.exits import Exit
from appliance.inference.admission import admit
from appliance.inference.bundle import read_bundle
from appliance.inference.predicting import InputRefused, predict_rows, write_rows
from appliance.inference.refusals import BundleRefused, ModelRefused
from appliance.output import fail, unread, write_whole


def predict(arguments: argparse.Namespace) -> int:
    """Assess the rows of `arguments.input` with `arguments.bundle`; return the exit code."""
    try:
        bundle = read_bundle(arguments.bundle)
    except BundleRefused as error:
        return fail(Exit.MODEL_REFUSED, str(error))
    infer, code = None, Exit.DONE
    try:
        admitted = admit(
            bundle, runtime=arguments.runtime, require_xnnpack=arguments.runtime != "reference"
        )
        infer = admitted.engine.invoke
    except ModelRefused as error:
        code = Exit.MODEL_REFUSED
        kind = bundle.task.kind
        left = "rule and red flags" if kind == "model" else "red flags"
        fail(code, f"The {kind} is refused: {error.words}. Rows carry {left} only.")
    try:
        with arguments.input.open(encoding="utf-8-sig", newline="") as lines:
            rows = predict_rows(bundle.task, infer, lines)
            if arguments.output is None:
                write_rows(rows, sys.stdout)
            else:
                write_whole(arguments.output, lambda out: write_rows(rows, out))
    except InputRefused as error:
        return fail(Exit.INPUT_REFUSED, f"{arguments.input}: {error}")
    except OSError as error:
        return unread(error)
    return code
