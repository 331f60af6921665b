"""The judge: looks at one frame after another and says what is wrong with it.

Every text with a digit in it has to be accounted for: by the truth where it stems from a
patient, else by the few numbers that are the appliance's own words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from PIL import Image

from appliance.instruments.protocols import PROTOCOLS
from hw_mocks.endurance.answers import Oracle, answer_faults, used_of
from hw_mocks.endurance.claims import Court, rows_faults
from hw_mocks.endurance.pixels import is_black, unreadable, written_over
from hw_mocks.endurance.rules import IDLE_CLEAR_S, RULES, TURN_S, Allowance
from hw_mocks.endurance.seen import WITH_PATIENT, Row, Seen, Word, rows_of
from hw_mocks.endurance.truth import Stay, Truth

CLEARING = r"Nobody there\? Cleared in \d+ s\. Press \[?[^\]\s\d]+\]? to stay\."
OWN_NUMBERS: Mapping[str, str] = {
    "key": r"[0-9]",
    "flags": r"\d+ RED FLAGS",
    "limits": r"Possible: [\d.]+ to [\d.]+",
    "message": rf"Not possible\. Possible: [\d.]+ to [\d.]+|{CLEARING}",
    "notice": rf"{CLEARING}|\D*\(code \d+\)\D*|Not started: under 1 year \D*",
    "hint": r"(\D*|\D*: )\D*\(code \d+\)",
}
"""Numbers that are not a patient's, by the field in which they may stand; all of the text."""
NUMBERED = frozenset(
    {
        "patient",
        "value",
        "detail",
        "earlier",
        "typed",
        "chance",
        "moved",
        "unchecked",
        "used",
        "valid until",
    }
)
"""Fields of a patient whose numbers are compared with the truth; in no other may one stand."""
PAGES = frozenset({"starting", "self-test", "ready", "choose-task", "about", "assessing", "help"})
FAULT_PAGES = frozenset({"technical-fault", "out-of-service"})


class Judge:
    """Judges the frames of one run, which must come in their order.

    fixed: texts of the bundle, in which numbers may stand.  counts: what was looked at.
    """

    def __init__(
        self, truth: Truth, allow: Allowance, oracle: Oracle, fixed: frozenset[str]
    ) -> None:
        self._truth, self._allow, self._oracle, self._fixed = truth, allow, oracle, fixed
        self._reviewed: dict[str, str] = {}
        self._last = ""
        self.counts: Counter[str] = Counter()

    def judge(self, seen: Seen) -> list[str]:
        """Return what is wrong with one frame, in words; nothing when all is right."""
        self.counts["frames"] += 1
        self.counts[f"frame {seen.name}"] += 1
        with Image.open(seen.picture) as file:
            picture = file.convert("RGB")
        if seen.name == "blank":
            return [] if is_black(picture) else ["a blank screen that is not black"]
        rows = rows_of(seen.words) if seen.name in ("collect", "review") else []
        faults = unreadable(picture, seen.words) + written_over(picture, rows)
        faults += self._strangers(seen)
        faults += self._patient_faults(seen, rows)
        if seen.name not in ("assessing", "help"):
            self._last = seen.name
        return faults

    def _patient_faults(self, seen: Seen, rows: list[Row]) -> list[str]:
        tags = {word.tag for word in seen.words if word.tag is not None}
        if seen.name not in WITH_PATIENT:
            known = seen.name in PAGES or seen.name in FAULT_PAGES
            faults = [] if known else [f"a frame of no known name: {seen.name}"]
            return faults + (["a patient's text on a page without a patient"] if tags else [])
        if not tags and seen.name == "entry" and not seen.text("typed"):
            return []  # nothing of anybody is in it yet
        if len(tags) != 1:
            return [f"texts of {len(tags)} patients"]
        (tag,) = tags
        stay, faults = self._stay_of(seen, tag)
        if stay is None:
            return faults
        court = Court(seen, self._truth, self._allow, stay)
        self.counts["numbers"] += sum(row.value is not None for row in rows)
        match seen.name:
            case "entry":
                return faults + self._entry_faults(court)
            case "result" | "refusal":
                reviewed = self._reviewed if self._last in ("review", seen.name) else {}
                self.counts["numbers"] += len(used_of(seen) or ())
                return faults + answer_faults(court, self._oracle, reviewed)
        for row in rows:
            self.counts[f"row {row.state.text if row.state else ''}"] += 1
        if seen.name == "review":
            self._reviewed = {r.label.text: r.value.text for r in rows if r.value is not None}
        return faults + rows_faults(court, rows)

    def _stay_of(self, seen: Seen, tag: int) -> tuple[Stay | None, list[str]]:
        """Return whose screen it is, and what is wrong with its standing there."""
        allow, truth = self._allow, self._truth
        since = seen.mono_s - allow.draw_s - allow.calm_s - seen.stalled_s
        present = [s for s in truth.stay_at(seen.life, since, seen.mono_s) if s.tag == tag]
        if not present:
            return None, [f"patient {tag} was not in front of the appliance"]
        stay, faults = present[-1], []
        if seen.name != "entry" and seen.text("patient") != f"Patient {tag}":
            faults.append(f"{seen.text('patient')!r} on the screen of patient {tag}")
        over = TURN_S + allow.draw_s + seen.stalled_s
        if seen.until_mono_s > stay.ended_mono_s + over:
            left = seen.until_mono_s - stay.ended_mono_s
            faults.append(f"patient {tag} stood for {left:.1f} s after the end")
        alone = seen.until_mono_s - truth.last_press_s(seen.until_mono_s)
        if alone > IDLE_CLEAR_S + over:
            faults.append(f"patient {tag} stood though no key was pressed for {alone:.0f} s")
        return stay, faults

    def _entry_faults(self, court: Court) -> list[str]:
        """Compare what stands in the entry with the keys that were pressed."""
        seen = court.seen
        label, text = seen.text("label"), seen.text("typed")
        rule = RULES.get(label)
        if rule is None:
            return [f"an entry of no known quantity: {label!r}"]
        self.counts["numbers"] += bool(text)
        since = seen.mono_s - court.allow.draw_s - seen.stalled_s
        for typing in self._truth.typed(since, seen.mono_s):
            if (typing.quantity, typing.text) == (rule.quantity, text):
                return []
        return [f"{label} {text!r} was not typed so"]

    def _strangers(self, seen: Seen) -> list[str]:
        """Return the numbers in texts that are nobody's."""
        return [
            f"a number that nobody accounts for: {word.text!r} ({word.field})"
            for word in seen.words
            if re.search(r"\d", _without_names(word.text))
            and not self._is_accounted_for(seen, word)
        ]

    def _is_accounted_for(self, seen: Seen, word: Word) -> bool:
        if word.text in self._fixed:
            return True
        if word.tag is not None:
            return seen.name in WITH_PATIENT and word.field in NUMBERED
        if seen.name not in WITH_PATIENT:
            return seen.name in FAULT_PAGES or self._is_own(seen, word)
        return bool(re.fullmatch(OWN_NUMBERS.get(word.field, r"\D*"), word.text))

    def _is_own(self, seen: Seen, word: Word) -> bool:
        """Whether a number on a page without a patient is the appliance's own."""
        if word.field == "wall time":
            return self._is_wall_time(seen, word.text)
        return seen.name in PAGES and word.field in ("lines", "key", "condition words", "title")

    def _is_wall_time(self, seen: Seen, text: str) -> bool:
        since = seen.mono_s - self._allow.late_s - seen.stalled_s
        for ahead in self._truth.wall_at(since, seen.mono_s):
            for off in (0.0, -self._allow.late_s - seen.stalled_s):
                moment = datetime.fromtimestamp(seen.mono_s + ahead + off, UTC)
                if moment.strftime("%Y-%m-%d %H:%M") == text:
                    return True
        return False


def _without_names(text: str) -> str:
    """Return the text without the names of instruments: a number in one is nobody's."""
    for protocol in PROTOCOLS.values():
        text = text.replace(protocol.words, "")
    return text
