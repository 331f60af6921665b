"""The card: from the technician's `bedside.toml` to what the daemon reads, and back in words."""
