"""A bedside appliance that reads instruments and gives one plain, explained, honest answer."""

__version__ = "0.1.0"
