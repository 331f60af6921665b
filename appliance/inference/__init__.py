"""Runtimes, their proof, bundles, and the worker that runs the model."""
