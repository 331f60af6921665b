"""Frames of the simulated instruments, written from the sheets; nothing of the appliance."""
