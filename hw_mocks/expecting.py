"""Whether the appliance shows what a scenario expects: pure comparisons with words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any


def faults_of(
    expect: Mapping[str, Any],
    result: Mapping[str, Any] | None,
    screen: str,
    texts: Sequence[str],
    told: Mapping[str, Sequence[str]],
) -> list[str]:
    """Return what is not as expected, in words; nothing when all is.

    result: what stands on the screen now, or None.  told: what each instrument was ordered.
    """
    faults = []
    for key, wanted in expect.items():
        match key:
            case "screen":
                faults += _unequal("screen", wanted, screen)
            case "shows":
                all_text = "\n".join(texts)
                faults += [f"the screen lacks {text!r}" for text in wanted if text not in all_text]
            case "hides":
                all_text = "\n".join(texts)
                faults += [f"the screen shows {text!r}" for text in wanted if text in all_text]
            case "told":
                for name, orders in wanted.items():
                    # An abort is repeated until it is answered: how often is no matter here.
                    given = [order for order, _ in groupby(told.get(name, ()))]
                    faults += _unequal(f"{name} was told", orders, given)
            case _ if result is None:
                faults.append(f"{key} should be {wanted!r} but there is no result")
            case "flags":
                faults += _unequal("flags", sorted(wanted), sorted(result["flags"]))
            case "probability":
                low, high = wanted
                given = result["probability"]
                if given is None or not low <= given <= high:
                    faults.append(f"probability should be {low} to {high} but is {given}")
            case "used":
                for quantity, value in wanted.items():
                    given = result["used"].get(quantity, {}).get("value")
                    faults += _unequal(f"used {quantity}", value, given)
            case _:
                faults += _unequal(key, wanted, result[key])
    return faults


def _unequal(what: str, wanted: object, given: object) -> list[str]:
    return [] if wanted == given else [f"{what} should be {wanted!r} but is {given!r}"]
