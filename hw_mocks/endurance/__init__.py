"""Hours of a clinic's day on the real daemon, and a judge who looks at every frame shown.

Simulated instruments and a keypad do what a hostile day does; whatever they say is written
down as the truth.  The judge compares each number on the screen, as words and as pixels, with
that truth alone: it shares no code with the appliance that decides what may be shown.
"""
