"""What a build ends with when it cannot go on."""


class BuildError(Exception):
    """The image or the package was not made; the text says why and what to do."""
