"""Why something is not served.  Each says in words what was found; none carries a value."""

from __future__ import annotations


class RuntimeRefused(Exception):
    """The runtime asked for is not installed, or is not one that is known to be right."""


class ModelUnreadable(Exception):
    """The runtime does not take these bytes for a model."""


class ModelFailed(Exception):
    """A model that was being served gave no answer."""


class ModelRefused(Exception):
    """A model was not admitted.  code: which step refused it; words: what was found."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class BundleRefused(Exception):
    """A bundle cannot be used at all.  code: what failed; sentence: for staff."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
