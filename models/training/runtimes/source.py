"""The bundle that is exported or compared: verified, and of a kind that has a graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.clinical.task import Task
from appliance.inference.bundle import Bundle, read_bundle
from appliance.inference.refusals import BundleRefused, ModelRefused
from models.training.runtimes.graph import Graph, read_graph


class NothingToRun(Exception):
    """There is no graph under this name; the message is one sentence for the person."""


@dataclass(frozen=True, slots=True)
class Source:
    """A verified bundle and the graph in it."""

    bundle: Bundle
    graph: Graph

    @property
    def task(self) -> Task:
        """The clinical side."""
        return self.bundle.task


def read_source(folder: Path) -> Source:
    """Read the bundle of a folder.

    Raises NothingToRun for a folder that is no bundle or holds a rule, ModelRefused for a
    bundle whose files are not those it was sealed with, GraphRefused.
    """
    try:
        bundle = read_bundle(folder)
    except BundleRefused as error:
        raise NothingToRun(f"{folder} is no bundle that can be read: {error.sentence}") from error
    if bundle.task.score is not None:
        raise NothingToRun(
            f"{bundle.task.id} is a rule: it has no graph to export, and no runtime to compare."
        )
    if bundle.model_fault:
        raise ModelRefused("bundle", bundle.model_fault)
    return Source(bundle, read_graph(bundle.model))
