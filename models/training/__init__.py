"""How bundles are made.  Never on the device; run from the project's root.

`python -m models.training --help` says what there is.  docs/developer/training.md
says how it hangs together.
"""
