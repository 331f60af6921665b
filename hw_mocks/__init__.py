"""Simulated hardware: instruments, keypad, lamps, clock; and scenarios played on them."""
