"""The clinical core: what is measured, what may be concluded from it, and for how long.

Pure functions over frozen dataclasses.  Imports the standard library only and nothing
else of the appliance; performs no input or output and reads no clock.
"""
