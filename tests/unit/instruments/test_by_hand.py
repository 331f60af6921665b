"""What a tester would send: frames worked out from the sheets apart from our code.

They go through the same function as `appliance decode`, beside what they must give.  Each row
names values that count; `-` before a quantity: it is told as missing; `?`: doubtful.
"""

from __future__ import annotations

import io

import pytest

from appliance.instruments.decode_file import decode_stream
from tests.unit.instruments import by_hand as hand

ARTF, OOT, SNSA, SNSD, RED, GREEN = 0x20, 0x10, 0x08, 0x40, 4, 2
KG = "ST,+00071.35 kg"
LAST = b"L|1|N"
PULSE, SPO2, WEIGHT = "pulse_rate_bpm", "spo2_pct", "weight_kg"
CONTOUR = (
    b"H|\\^&||7Pw3LN|Bayer7390^01.24\\01.04\\09.02.20^7390-2336773|A=1^U=0^V=10600|1714||||||1"
    b"|7390|1|202603010820"
)
STRIP = b"R|3|^^^Glucose|112|mg/dL^P||%s||202603010815"

ROWS = [
    # Nonin, formats 2 and 7
    ("nonin_oem3:2", hand.nonin(), "spo2_pct 97 pulse_rate_bpm 72"),
    ("nonin_oem3:7", hand.nonin(137, 94, seven=True), "spo2_pct 94 pulse_rate_bpm 137"),
    ("nonin_oem3:2", hand.nonin(300), "spo2_pct 97 pulse_rate_bpm 300"),
    ("nonin_oem3:2", hand.nonin(128), "spo2_pct 97 pulse_rate_bpm 128"),
    ("nonin_oem3:2", hand.nonin(301), "spo2_pct 97 -pulse_rate_bpm"),
    ("nonin_oem3:2", hand.nonin(511), "spo2_pct 97 -pulse_rate_bpm"),
    ("nonin_oem3:2", hand.nonin(spo2=127), "-spo2_pct pulse_rate_bpm 72"),
    ("nonin_oem3:2", hand.nonin(spo2=101), "-spo2_pct pulse_rate_bpm 72"),
    ("nonin_oem3:2", hand.nonin(0, 0), "-spo2_pct -pulse_rate_bpm"),
    (
        "nonin_oem3:2",
        hand.nonin(floating={1: 0x7C, 2: 0xC8, 3: 0xE1}),
        "spo2_pct 97 pulse_rate_bpm 72",
    ),
    ("nonin_oem3:2", hand.nonin(511, 127, floating={9: 97, 20: 0, 21: 72}), "-both"),
    ("nonin_oem3:2", hand.nonin(status={25: SNSD}), "-both"),
    ("nonin_oem3:2", hand.nonin(status={1: SNSA}), "-both"),
    ("nonin_oem3:2", hand.nonin(status={13: SNSA | OOT}), "-both"),
    ("nonin_oem3:2", hand.nonin(status={13: ARTF}), "?spo2_pct 97 ?pulse_rate_bpm 72"),
    ("nonin_oem3:2", hand.nonin(status={2: OOT}), "?spo2_pct 97 ?pulse_rate_bpm 72"),
    ("nonin_oem3:2", hand.nonin(status={2: RED}), "?spo2_pct 97 ?pulse_rate_bpm 72"),
    ("nonin_oem3:2", hand.nonin(status={2: RED | GREEN}), "spo2_pct 97 pulse_rate_bpm 72"),
    ("nonin_oem3:2", hand.nonin(status={7: 1}) + hand.nonin(80), "spo2_pct 97 pulse_rate_bpm 80"),
    ("nonin_oem3:2", hand.nonin()[:-5] + hand.nonin(80), "spo2_pct 97 pulse_rate_bpm 80"),
    ("nonin_oem3:2", hand.nonin()[37:] + hand.nonin(80), "spo2_pct 97 pulse_rate_bpm 80"),
    ("nonin_oem3:2", hand.nonin(seven=True) * 3, ""),
    ("nonin_oem3:7", hand.nonin() * 3, ""),
    # Nonin, formats 1, 8 and 13
    ("nonin_oem3:1", hand.nonin_1(137, 94), "-both"),
    ("nonin_oem3:1", hand.nonin_1(137, 94) * 3, "-both -both spo2_pct 94 pulse_rate_bpm 137"),
    (
        "nonin_oem3:1",
        hand.nonin_1(137, 94, 0x20) * 3,
        "-both -both ?spo2_pct 94 ?pulse_rate_bpm 137",
    ),
    ("nonin_oem3:1", hand.nonin_1(72, 94, 4) * 3, "-both -both ?spo2_pct 94 ?pulse_rate_bpm 72"),
    ("nonin_oem3:1", hand.nonin_1(72, 94, 0x40) * 3, "-both -both -both"),
    ("nonin_oem3:1", hand.nonin_1(511, 127) * 3, "-both -both -both"),
    (
        "nonin_oem3:8",
        (hand.nonin_1(137, 94) + b"\x01") * 3,
        "-both -both spo2_pct 94 pulse_rate_bpm 137",
    ),
    ("nonin_oem3:8", (hand.nonin_1(137, 94) + b"\x08") * 3, "-both -both -both"),
    ("nonin_oem3:13", hand.spot(0x0200, 142, 91), "spo2_pct 91 pulse_rate_bpm 142"),
    ("nonin_oem3:13", hand.spot(0x0100, 142, 91), "-both"),
    ("nonin_oem3:13", hand.spot(0x0200, 511, 127), "-both"),
    ("nonin_oem3:13", hand.spot(0x0200, 142, 91, off=1), ""),
    # Contec
    ("contec_cms50:old", hand.contec(142, 88) * 3, "-both spo2_pct 88 pulse_rate_bpm 142"),
    ("contec_cms50:old", hand.contec(142, 88) * 2, "-both"),
    ("contec_cms50:old", hand.contec(0, 0) * 3, "-both"),
    ("contec_cms50:old", hand.contec(72, 97, first=0x57) * 3, "-both"),
    ("contec_cms50:old", hand.contec(72, 97, third=0x29) * 3, "-both"),
    ("contec_cms50:old", hand.contec(72, 97, third=0x19) * 3, "-both"),
    ("contec_cms50:old", bytes(byte ^ 0x80 for byte in hand.contec(72, 97)) * 5, ""),
    ("contec_cms50:old", bytes.fromhex("F1 8E 58 F0 C8 61"), ""),
    ("contec_cms50:v7", hand.contec_7(142, 88) * 3, "-all spo2_pct 88 pulse_rate_bpm 142 pi 1.24"),
    (
        "contec_cms50:v7",
        hand.contec_7(142, 88, third=0x19) * 3,
        "-all spo2_pct 88 pulse_rate_bpm 142 -pi",
    ),
    ("contec_cms50:v7", hand.contec_7(255, 127, 0xFFFF, first=0x84, wave=64, third=16) * 3, "-all"),
    ("contec_cms50:v7", hand.contec_7(0, 0, 0) * 3, "-all"),
    ("contec_cms50:v7", hand.contec_7(72, 97, wave=0x80 | 100) * 3, "-all"),
    ("contec_cms50:v7", hand.contec_7(72, 97, third=0x29) * 3, ""),
    (
        "contec_cms50:v7",
        bytes.fromhex("7D 81 A1 80 80 80 80 80 80") + hand.contec_7(72, 97) * 3,
        "-all spo2_pct 97 pulse_rate_bpm 72 pi 1.24",
    ),
    # SunTech
    ("suntech_nibp", hand.suntech(5, 0x3E, 0), "cuff_pressure_mmhg 62"),
    ("suntech_nibp", hand.suntech(5, 0xFD, 0xFF), "cuff_pressure_mmhg -3"),
    ("suntech_nibp", hand.suntech(5, 0x5E, 1), "-cuff_pressure_mmhg"),
    (
        "suntech_nibp",
        hand.suntech(5, 90, 0)[:-1] + b"\x00" + hand.suntech(5, 91, 0),
        "cuff_pressure_mmhg 91",
    ),
    (
        "suntech_nibp",
        hand.pressures(128, 79, 96, 67),
        "systolic_mmhg 128 diastolic_mmhg 79 map_mmhg 96 pulse_rate_bpm 67",
    ),
    (
        "suntech_nibp",
        hand.pressures(258, 140, 180, 67),
        "systolic_mmhg 258 diastolic_mmhg 140 map_mmhg 180 pulse_rate_bpm 67",
    ),
    ("suntech_nibp", hand.pressures(128, 79, 96, 67, status=0), "-nibp"),
    ("suntech_nibp", hand.pressures(128, 79, 96, 67, error=87), "-nibp"),
    ("suntech_nibp", hand.pressures(128, 79, 128, 67), "-nibp"),
    ("suntech_nibp", hand.pressures(0, 0, 0, 0), "-nibp"),
    (
        "suntech_nibp",
        hand.pressures(128, 79, 96, 0),
        "systolic_mmhg 128 diastolic_mmhg 79 map_mmhg 96 -pulse_rate_bpm",
    ),
    # Scale
    ("and_scale", hand.scale(KG, KG), "?weight_kg 71.35 ?weight_kg 71.35"),
    ("and_scale", hand.scale(KG, KG, KG), "?kg ?kg kg"),
    ("and_scale", hand.scale("US,GS,+0071.4kg"), "?weight_kg 71.4"),
    ("and_scale", hand.scale("OL,+9999999E+19", "OL,         kg"), "-weight_kg -weight_kg"),
    ("and_scale", hand.scale("ST,-00001.35 kg"), "-weight_kg"),
    ("and_scale", hand.scale("ST,+00000.00 kg"), "-weight_kg"),
    ("and_scale", hand.scale(*["ST,+ 71,35kg"] * 3), "?kg ?kg kg"),
    ("and_scale", hand.scale(*["ST,+00157.30 lb"] * 3), "?lb ?lb lb"),
    ("and_scale", hand.scale(*["ST,+71350.0  g"] * 3), "?kg ?kg ?kg"),
    ("and_scale", hand.scale("ST,+00011.2 st", "ST,+02517.0 oz", "QT,+00000012 PC"), ""),
    ("and_scale", hand.scale("ST,TR,+0001.35kg", "ST,PT,+0001.35kg", "ST,HI,+0071.35kg"), ""),
    ("and_scale", hand.scale("ST,+00350.00 kg"), "-weight_kg"),
    ("and_scale", hand.even_parity(hand.scale(KG, KG, KG)), ""),
    (
        "and_scale",
        hand.scale("71.35 kg", ",+00071.35 kg", "ST,+00.71.35 kg", "st,+00071.35 kg"),
        "",
    ),
    ("and_scale", b"ST,+00\x13\x11071.35 kg\r\n", ""),
    (
        "and_scale",
        hand.scale(*[KG] * 3, *["ST,+00065.00 kg"] * 3),
        "?kg ?kg kg ?weight_kg 65 ?weight_kg 65 ?weight_kg 65",
    ),
    ("and_scale:8n1", hand.scale("S D 71.35 kg", "S I", "S +", "S -", "ES"), "?kg -kg -kg -kg"),
    # Infrared thermometer
    ("gy_mcu90614", hand.infrared(3672, 2415), "surface_temp_degc 36.72"),
    ("gy_mcu90614", hand.infrared(3705, -150), "?surface_temp_degc 37.05"),
    ("gy_mcu90614", hand.infrared(4501, 2400), "?surface_temp_degc 45.01"),
    ("gy_mcu90614", hand.infrared(-1, 2400), "-surface_temp_degc"),
    ("gy_mcu90614", hand.infrared(-27315, -27315), "-surface_temp_degc"),
    ("gy_mcu90614", hand.infrared(3672, 2415, off=1), ""),
    ("gy_mcu90614", (hand.infrared(3672, 2415) + b"\x07") * 2, "skin skin"),
    ("gy_mcu90614", b"\x5a" + hand.infrared(3672, 2415), "surface_temp_degc 36.72"),
    ("gy_mcu90614", b"\x5a\x5a\x45\x0a" + bytes(10) + b"\x03", ""),
    # HealthyPi
    ("healthypi_openview", hand.healthypi(), "board"),
    ("healthypi_openview", hand.healthypi(25, 0, 0, 9794), "-board"),
    ("healthypi_openview", hand.healthypi(count=49), "-board"),
    ("healthypi_openview", hand.healthypi(count=1), ""),
    # Text line
    ("line_nmea", hand.reading("TMP", "36.7", "Cel"), "temp_degc 36.7"),
    ("line_nmea", hand.reading("TMP", "36.7", "Cel", "VB"), "temp_degc 36.7"),
    ("line_nmea", hand.reading("TMP", "36.7", "Cel", "U"), "?temp_degc 36.7"),
    ("line_nmea", hand.reading("TMP", "36.7", "Cel", "VF"), "-temp_degc"),
    ("line_nmea", hand.reading("TMP", "36.7", "Cel", "B"), "-temp_degc"),
    ("line_nmea", hand.reading("TMP", "98.1", "[degF]"), ""),
    ("line_nmea", hand.reading("TMP", "3.67E1", "Cel"), ""),
    ("line_nmea", hand.reading("TMP", "", "Cel"), "-temp_degc"),
    ("line_nmea", hand.reading("SPO2", "", "%", "F"), "-spo2_pct"),
    ("line_nmea", hand.reading("SPO2", "101", "%"), "-spo2_pct"),
    ("line_nmea", hand.sentence("PBVS,1,042,TMP,36.7,Cel,V", off=1), ""),
    ("line_nmea", hand.sentence("PBVS,2,042,TMP,36.7,Cel,V"), ""),
    ("line_nmea", b"$PBVS,1,0" + hand.reading("WGT", "71.35", "kg"), "weight_kg 71.35"),
    ("line_nmea", hand.even_parity(hand.reading("TMP", "36.7", "Cel")), ""),
    # OneTouch
    ("onetouch_ultraeasy", hand.glucose(112), "glucose_mmol_l 6.2167"),
    ("onetouch_ultraeasy", hand.glucose(20), "glucose_mmol_l 1.1101"),
    ("onetouch_ultraeasy", hand.glucose(600), "glucose_mmol_l 33.3037"),
    ("onetouch_ultraeasy", hand.glucose(19), "-glucose_mmol_l"),
    ("onetouch_ultraeasy", hand.glucose(601), "-glucose_mmol_l"),
    ("onetouch_ultraeasy", hand.glucose(0xFFFF), "-glucose_mmol_l"),
    ("onetouch_ultraeasy", hand.glucose(112, off=1), ""),
    ("onetouch_ultraeasy", hand.ultraeasy(6, b"") + hand.glucose(112), "glucose_mmol_l 6.2167"),
    ("onetouch_ultraeasy", hand.ultraeasy(2, b"\x05\x0f\x25\x00"), ""),
    # Laboratory devices
    ("astm_lis01", hand.astm(b"P|1", hand.result(), LAST), "glucose_mmol_l 5.4"),
    ("astm_lis01", hand.astm(hand.result("112", "mg/dL"), LAST), "glucose_mmol_l 6.2167"),
    ("astm_lis01", hand.astm(hand.result("<0.5"), LAST), "-glucose_mmol_l"),
    ("astm_lis01", hand.astm(hand.result("5,4"), LAST), "-glucose_mmol_l"),
    ("astm_lis01", hand.astm(hand.result(unit=""), LAST), "-glucose_mmol_l"),
    ("astm_lis01", hand.astm(hand.result(flag=">"), LAST), "-glucose_mmol_l"),
    ("astm_lis01", hand.astm(hand.result(state="X"), LAST), "-glucose_mmol_l"),
    ("astm_lis01", hand.astm(hand.result(state="P"), LAST), "?glucose_mmol_l 5.4"),
    ("astm_lis01", hand.astm(hand.result(flag="C"), LAST), ""),
    ("astm_lis01", hand.astm(hand.result()), "?glucose_mmol_l 5.4"),
    ("astm_lis01", hand.astm(hand.result(), LAST)[:-1], ""),
    ("astm_lis01", hand.astm(hand.result(), LAST) * 2, "glucose_mmol_l 5.4"),
    (
        "astm_lis01",
        hand.astm(hand.result(), LAST, header=b"H|@^\\|"),
        "glucose_mmol_l 5.4",
    ),
    # A control sample is marked in its order (LIS02-A2, action code Q).
    ("astm_lis01", hand.astm(b"P|1", b"O|1|QC1||^^^Glucose|R||||||Q", hand.result(), LAST), ""),
    (
        "astm_lis01",
        hand.astm(b"O|1|QC1|||||||||Q", hand.result(), b"P|2", b"O|1|S2", hand.result("6.1"), LAST),
        "glucose_mmol_l 6.1",
    ),
    # Two patients whose samples have no number, with the same value in the same minute.
    (
        "astm_lis01",
        hand.astm(b"P|1", b"O|1", hand.result(), b"P|2", b"O|1", hand.result(), LAST),
        "glucose_mmol_l 5.4 glucose_mmol_l 5.4",
    ),
    # A Contour meter: its header comes before the session, which goes on from there or anew.
    (
        "astm_lis01",
        b"\x04"
        + hand.astm_frame(1, CONTOUR + b"\r", b"\x17")
        + b"\x05"
        + hand.astm_frame(2, STRIP % b"" + b"\r", b"\x17")
        + hand.astm_frame(3, b"L|1||N\r")
        + b"\x04",
        "glucose_mmol_l 6.2167",
    ),
    (
        "astm_lis01",
        b"\x04"
        + hand.astm_frame(1, CONTOUR + b"\r", b"\x17")
        + hand.astm(
            STRIP % b"", STRIP % b"C", STRIP % b">", b"L|1||N", header=CONTOUR, end=b"\x17"
        ),
        "glucose_mmol_l 6.2167 -glucose_mmol_l",
    ),
    (
        "astm_lis01",
        hand.astm_frame(2, hand.result() + b"\r") + b"\x05" + hand.astm_frame(3, LAST) + b"\x04",
        "",
    ),
]

SHORT = {
    "-both": "-spo2_pct -pulse_rate_bpm",
    "-all": "-spo2_pct -pulse_rate_bpm -perfusion_index_pct",
    "-nibp": "-systolic_mmhg -diastolic_mmhg -map_mmhg -pulse_rate_bpm",
    "pi": "perfusion_index_pct",
    "-pi": "-perfusion_index_pct",
    "kg": "weight_kg 71.35",
    "?kg": "?weight_kg 71.35",
    "-kg": "-weight_kg",
    "skin": "surface_temp_degc 36.72",
    "board": "temp_degc 36.64 spo2_pct 96 heart_rate_bpm 78 respiratory_rate_bpm 17",
    "-board": "-temp_degc -spo2_pct -heart_rate_bpm -respiratory_rate_bpm",
    "?lb": "?weight_kg 71.3501",
    "lb": "weight_kg 71.3501",
}
SIGNS = {"valid": "", "doubtful": "?", "missing": "-"}


@pytest.mark.parametrize(
    ("protocol", "data", "wanted"), ROWS, ids=[f"{n}-{row[0]}" for n, row in enumerate(ROWS)]
)
def test_it_gives_what_its_sheet_says(protocol: str, data: bytes, wanted: str) -> None:
    said = []
    for record in decode_stream(protocol, io.BytesIO(data)):
        if record.get("quantity") is None:
            continue
        said.append(f"{SIGNS[str(record['status'])]}{record['quantity']}")
        if record["value"] is not None:
            assert isinstance(record["value"], float)
            said.append(f"{round(record['value'], 4):g}")
    expected = " ".join(SHORT.get(word, word) for word in wanted.split())
    assert " ".join(said) == expected
