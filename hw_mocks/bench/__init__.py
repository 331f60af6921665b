"""The bench: the whole appliance for a person, in a browser on the loopback address."""
