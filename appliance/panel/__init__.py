"""What staff see and touch: screens, displays, keypads, lamps and buzzer."""
