"""Somebody who works at the appliance all day: mostly well, sometimes hastily or not at all.

Acts on the controller's mode and marked row as a person acts on the screen; is no judge of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from hw_mocks.endurance.patients import Patient, next_patient
from hw_mocks.endurance.world import World
from hw_mocks.instruments.line_nmea import Stream

PATIENT_MODES = frozenset({"collect", "entry", "review", "assessing", "result"})
EVERY_KEY = "0123456789ABCD*#"
ROWS = 6
MOST_STEPS = 40
"""Key by key nobody gets lost for longer than this; then the patient is cancelled."""
DRIFT_EVERY_S = 1.5


class Staff:
    """Serves one patient after another."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self._world, self._chance = world, chance
        self._patient: Patient | None = None
        self._drifts_s = 0.0

    def serve(self) -> None:
        """Serve one patient from the ready screen to the end.  Raises DaemonDied."""
        world, chance = self._world, self._chance
        self._patient = next_patient(chance, self._patient)
        self._attach(self._patient)
        # Most take their time; some are at the keys before the last cuff is empty.
        self._rest(*((4.0, 12.0) if chance.random() < 0.7 else (0.0, 0.5)))
        self._press("A")
        self._press("1")
        if world.mode != "collect":
            return
        world.happened["encounters"] += 1
        self._collect(self._patient)
        self._finish(self._patient)
        world.board.streams.clear()
        self._rest(0.5, 6.0)

    def drift(self) -> None:
        """Let the pulse wander, so that an older number is another number."""
        now = self._world.now_s
        if self._patient is not None and now >= self._drifts_s:
            self._drifts_s = now + DRIFT_EVERY_S
            away = self._chance.randint(-4, 4)
            self._world.oximeter.pulse_rate_bpm = self._patient.pulse_rate_bpm + away

    def _attach(self, patient: Patient) -> None:
        world = self._world
        world.oximeter.spo2_pct = patient.spo2_pct
        world.oximeter.pulse_rate_bpm = patient.pulse_rate_bpm
        cuff = world.cuff
        cuff.systolic_mmhg, cuff.diastolic_mmhg = patient.systolic_mmhg, patient.diastolic_mmhg
        third = (patient.systolic_mmhg - patient.diastolic_mmhg) // 3
        cuff.mean_mmhg = patient.diastolic_mmhg + third
        cuff.pulse_rate_bpm = patient.pulse_rate_bpm - 5

    def _collect(self, patient: Patient) -> None:
        """Get the values in any order, with what people do in between."""
        chance = self._chance
        doings: list[Callable[[Patient], None]] = [
            self._type_age,
            self._press_cuff,
            self._type_glucose,
            self._take_temperature,
            *chance.sample(
                [
                    self._press_cuff,
                    self._type_pressures,
                    self._read_pressures,
                    self._type_pulse,
                    self._mistype,
                    self._mash,
                    self._look_around,
                    self._wait_long,
                    self._leave_while_measuring,
                ],
                chance.randint(0, 3),
            ),
        ]
        if chance.random() < 0.3:
            chance.shuffle(doings)
        for do in doings:
            if self._world.mode not in PATIENT_MODES:
                return
            do(patient)
            self._rest(0.5, 8.0)

    def _finish(self, patient: Patient) -> None:
        """Go for the answer, read it, and let the patient go in one of several ways."""
        world, chance = self._world, self._chance
        for _ in range(MOST_STEPS):
            match world.mode:
                case "collect":
                    if chance.random() < 0.15:
                        self._press("#")
                        self._rest(0.5, 4.0)
                        self._press("#")
                    else:
                        self._press("A")
                case "entry":
                    self._type_missing(patient)
                case "review":
                    self._rest(1.0, 10.0)
                    self._press("B" if chance.random() < 0.1 else "A")
                case "assessing":
                    self._rest(0.5, 1.0)
                case "result":
                    if not self._read_answer():
                        return
                case _:
                    return
        self._press("B")
        self._press("B")

    def _read_answer(self) -> bool:
        """Read the answer; return whether to go on with the same patient."""
        way = self._chance.random()
        if way < 0.75:
            self._rest(3.0, 40.0)
            self._press("A")
            return False
        if way < 0.85:
            self._rest(2.0, 10.0)
            self._press("B")
            return True
        if way < 0.95:
            self._rest(185.0, 200.0)  # gone without a word: nothing may stay
            return False
        for _ in range(self._chance.randint(2, 6)):  # stays so long that the answer runs out
            self._rest(150.0, 170.0)
            if self._world.mode != "result":
                break
            self._press("#")
        return True

    def _type_age(self, patient: Patient) -> None:
        self._type("age_years", patient)

    def _type_glucose(self, patient: Patient) -> None:
        self._type("glucose_mmol_l", patient)

    def _type_pulse(self, patient: Patient) -> None:
        self._type("pulse_rate_bpm", patient)

    def _type_pressures(self, patient: Patient) -> None:
        """Type both, or only one of them."""
        self._type("systolic_mmhg", patient)
        if self._chance.random() < 0.7:
            self._type("diastolic_mmhg", patient)

    def _type(self, quantity: str, patient: Patient) -> None:
        if self._world.mode != "collect" or not self._mark(quantity):
            return
        self._press_all(patient.typed(quantity))
        self._accept()

    def _type_missing(self, patient: Patient) -> None:
        """Answer the entry that the appliance opened by itself."""
        quantity = self._world.app.events[-1]["selected"]
        self._press_all(patient.typed(str(quantity)))
        self._accept()

    def _accept(self) -> None:
        """Accept, and say once more that it is meant; give up what is refused even so."""
        for printed in ("A", "A", "B"):
            if self._world.mode == "entry":
                self._press(printed)

    def _mark(self, quantity: str) -> bool:
        for _ in range(ROWS):
            if self._world.app.events[-1]["selected"] == quantity:
                return True
            self._press("D")
        return bool(self._world.app.events[-1]["selected"] == quantity)

    def _press_cuff(self, _patient: Patient) -> None:
        if self._world.mode == "collect":
            self._press("*")
            self._rest(1.0, 50.0)

    def _leave_while_measuring(self, _patient: Patient) -> None:
        """Cancel while the cuff is full: its reading must be nobody's."""
        if self._world.mode == "collect":
            self._press("*")
            self._rest(2.0, 25.0)
            self._press("B")
            self._press("B")

    def _take_temperature(self, patient: Patient) -> None:
        board = self._world.board
        board.streams["temp_degc"] = Stream(patient.temp_degc, 1.0, 0.1)
        if self._chance.random() < 0.3:
            board.streams["pulse_rate_bpm"] = Stream(patient.pulse_rate_bpm, 1.0, 3.0)
        self._rest(2.0, 15.0)
        board.streams.clear()

    def _read_pressures(self, patient: Patient) -> None:
        """Take a reading with another meter, whose pressures are near those of the cuff."""
        off = self._chance.randint(-4, 4)
        pressures = {
            "systolic_mmhg": float(patient.systolic_mmhg + off),
            "diastolic_mmhg": float(patient.diastolic_mmhg + off),
        }
        self._world.board.send(pressures, self._chance.choice(["V", "V", "V", "M", "VB"]))

    def _mistype(self, _patient: Patient) -> None:
        """Type what cannot be, correct some of it, and leave."""
        if self._world.mode == "collect":
            self._press_all("".join(self._chance.choices("0123456789*CD", k=8)))
            self._press("B" if self._chance.random() < 0.7 else "A")
            self._accept()

    def _mash(self, _patient: Patient) -> None:
        """Press anything while there is a patient, as a child or an elbow does."""
        for _ in range(self._chance.randint(3, 15)):
            if self._world.mode in PATIENT_MODES:
                self._press(self._chance.choice(EVERY_KEY))

    def _look_around(self, _patient: Patient) -> None:
        if self._world.mode == "collect":
            for _ in range(self._chance.randint(1, 4)):
                self._press("D")

    def _wait_long(self, _patient: Patient) -> None:
        self._rest(20.0, 200.0)

    def _press_all(self, printed: str) -> None:
        for each in printed:
            self._press(each)

    def _press(self, printed: str) -> None:
        self._world.press(printed)
        self._rest(0.0, 0.5)

    def _rest(self, least_s: float, most_s: float) -> None:
        self._world.pause(self._chance.uniform(least_s, most_s))
