"""Whom the bundle answers: plausible and emergency vectors through the appliance's own rules."""

from __future__ import annotations

import tomllib
from typing import Any

from appliance.clinical.assessment import Infer, Outcome, assess
from appliance.clinical.task import Task
from appliance.clinical.task_form import task_from_form
from models.training.figures import Figures
from models.training.vector_files import EMERGENCY, PLAUSIBLE, Woman, read_vectors

HIGH = "high"


def task_of(bundle_text: str, reference: dict[str, Any]) -> Task:
    """Return the Task that the appliance will make of the bundle."""
    return task_from_form(tomllib.loads(bundle_text), reference)


def answered_figures(task: Task, infer: Infer) -> Figures:
    """Return what the card publishes about both files of vectors."""
    return {
        "plausible": shares(task, infer, read_vectors(PLAUSIBLE)),
        "emergency": shares(task, infer, read_vectors(EMERGENCY)),
    }


def shares(task: Task, infer: Infer, rows: list[Woman]) -> Figures:
    """Return the shares of the rows that are answered, high, flagged, and either of both."""
    answered = high = flagged = noticed = 0
    for row in rows:
        made = assess(task, dict(row), infer, explain=False)
        is_high = made.category == HIGH
        answered += made.outcome is Outcome.ANSWERED
        high += is_high
        flagged += bool(made.floor.flags)
        noticed += is_high or bool(made.floor.flags)
    count = len(rows)
    return {
        "rows": count,
        "answered": answered / count,
        "called_high": high / count,
        "red_flag": flagged / count,
        "high_or_red_flag": noticed / count,
    }
