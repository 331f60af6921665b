"""Who may ask the bench: only what this machine's user opened here.  Pure.

A page of another site, open in the same browser, can reach the loopback address too, and a
name that its owner points there (DNS rebinding).  Their requests bear a foreign Host or
Origin, and are refused.
"""

from __future__ import annotations

LOOPBACK = "127.0.0.1"
NAMES = (LOOPBACK, "localhost")


def refusal(port: int, host: str, origin: str | None, site: str | None) -> str:
    """Return why a request is refused; nothing when it is ours.

    host, origin, site: its headers Host, Origin and Sec-Fetch-Site; None when absent.
    """
    ours = [f"{name}:{port}" for name in NAMES]
    if host not in ours:
        return "a foreign Host"
    if origin is not None and origin not in [f"http://{each}" for each in ours]:
        return "a foreign Origin"
    if site is not None and site not in ("same-origin", "none"):
        return "a foreign site"
    return ""
