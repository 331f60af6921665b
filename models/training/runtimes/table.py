"""The published page: written from the stored figures, never typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.inference.engines import TFLITE
from models.training.runtimes import contestants as who
from models.training.runtimes.aims import ASSESSMENT

HEAD = """# One bundle, every runtime

Written by `python -m models.training compare TASK` from `models/training/results/`; do not edit.
Each table is one run, in which everything was timed in turn, a round each, in shuffled order; "x"
is the median of the ratios within the rounds to tflite-runtime under XNNPACK, so that a busy
machine hardly moves it. In brackets: how many times tflite-runtime's. Load times were taken on a
busy machine. **x86-64 only; nothing here was measured on a Raspberry Pi.**

- tflite-runtime and ai-edge-litert run under XNNPACK, proven by the appliance's own engine, unless
  the row says "reference kernels".
- *float*: the graph of the int8 file computed in double precision, inputs not rounded. What
  rounding the weights cost is on the bundle's card. Differences are in steps of the answer;
  *float's step*: how often a patient's answer is the float one rounded.
- *patients*: made up, drawn from the bins of the bundle's reference.json. *cube*: any int8 numbers.
- A call begins with a list of numbers and ends with a number. scikit-learn's is its bare
  `predict_proba` on an array made before. *Bound*: on buffers that ONNX Runtime was given once.
- scikit-learn is a logistic regression of the made-up patients, there for its times: its answers
  are another model's.
- *import*: of the runtime's own module. *load*: from the file's bytes to the first answer.
  *memory*: what a process of its own grew by, numpy being there before. Medians.
- Core ML predicts on macOS only, so it was **not run here**. The written package was read back,
  and its operators computed with numpy: that is what its answers are.
- The reference kernels round otherwise than XNNPACK; they serve only where a technician asks for
  them, and have golden vectors of their own. A category that differs between the two runtimes
  under XNNPACK refuses the release.
"""

WEIGHED = ("import_ms", "load_ms", "added_mb")


def page(stored: Sequence[Mapping[str, Any]]) -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(section(each) for each in stored)])


def section(figures: Mapping[str, Any]) -> str:
    """Return what one run found, as Markdown."""
    machine, packages = figures["machine"], figures["packages"]
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    asked = ", ".join(f"{count} {name}" for name, count in figures["vectors"].items())
    return "\n".join(
        [
            f"## {figures['task']} {figures['version']} (release {figures['release']})",
            "",
            f"Model {figures['model_sha256'][:16]}. {machine['system']} {machine['architecture']}, "
            f"{machine['cpus']} cores, load {machine['load']}, Python {machine['python']}.",
            f"{versions}. Vectors: {asked}.",
            "",
            *_runtimes(figures),
            "",
            "Each pair, over all vectors: equal answers, worst step, changed categories.",
            "",
            *_pairs(figures["pairs"]),
            "",
            *_aims(figures["aims"]),
            "",
        ]
    )


def _runtimes(figures: Mapping[str, Any]) -> list[str]:
    columns = (
        "runtime", "float's step", "worst step", "flips: patients", "cube",
        "p50 µs", "p99 µs", "x", "import ms", "load ms", "memory MB", "file bytes",
    )  # fmt: skip
    rows = [_runtime(name, figures) for name in (*who.MEASURED, who.COREML)]
    whole = [ASSESSMENT, "", "", "", "", *_times(ASSESSMENT, figures), "", "", "", ""]
    return _table(columns, [*rows, whole])


def _runtime(name: str, figures: Mapping[str, Any]) -> list[str]:
    found = figures["beside_float"][name]
    patients, cube = found["patients"], found["cube"]
    weight = figures["weights"].get(name)
    return [
        name,
        f"{patients['equal']:.1%}",
        f"{max(patients['worst_step'], cube['worst_step']):.1f}",
        f"{patients['flips_share']:.2%}",
        f"{cube['flips_share']:.2%}",
        *_times(name, figures),
        *([_beside(weight[key], figures["weights"][TFLITE][key]) for key in WEIGHED]
          if weight else ["", "", ""]),
        _beside(figures["bytes"][name], figures["bytes"][TFLITE]),
    ]  # fmt: skip


def _beside(value: float, against: float) -> str:
    """Return a figure, and how many times that of tflite-runtime it is."""
    return f"{value:.0f} ({value / against:.1f})"


def _times(name: str, figures: Mapping[str, Any]) -> list[str]:
    each = figures["times_us"].get(name)
    if each is None:
        return ["not run here", "", ""]
    return [f"{each['p50']:.1f}", f"{each['p99']:.0f}", f"{each['ratio']:.1f}"]


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    names = list(dict.fromkeys([p["one"] for p in pairs] + [p["other"] for p in pairs]))
    cells = {
        (p["one"], p["other"]): f"{p['equal']:.2%}, {p['worst_step']:g}, {p['flips']}"
        for p in pairs
    }
    rows = [[one, *(cells.get((one, other), "") for other in names[1:])] for one in names[:-1]]
    return _table(("", *names[1:]), rows)


def _aims(aims: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        [each["what"], each["aim"], f"{each['found']:g}", "yes" if each["met"] else "**no**"]
        for each in aims
    ]
    return _table(("aim", "wanted", "found", "met"), rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
