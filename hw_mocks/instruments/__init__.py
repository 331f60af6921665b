"""Simulated instruments: each speaks the real protocol on a simulated port."""
