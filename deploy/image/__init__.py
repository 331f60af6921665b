"""Makes the card's image and the Debian package: see docs/developer/image.md.

Runs on the machine that builds; nothing in here goes on the card.
"""
