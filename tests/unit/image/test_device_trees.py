"""The device trees of the header's variants, made from a small tree shaped like Debian's.

The real ones are looked at in the tier `image`.  Needs dtc (package device-tree-compiler).
"""

from __future__ import annotations

import subprocess
from itertools import product
from pathlib import Path

import pytest

from appliance.card.header import CLOCKS as CLOCKS_OF_SETTINGS
from appliance.card.header import variant_of
from deploy.image.device_trees import CLOCKS, PARTS, PLAIN, VARIANTS, Variant, choosing, make_trees
from deploy.image.errors import BuildError

UART, MINI, WIFI = "/soc/serial@7e201000", "/soc/serial@7e215040", "/soc/mmc@7e300000"
I2C, SPI = "/soc/i2c@7e804000", "/soc/spi@7e204000"
PINS = "/soc/gpio@7e200000"

DEBIANS = """
/dts-v1/;
/ {
    #address-cells = <1>;
    #size-cells = <1>;
    chosen { stdout-path = "serial1:115200n8"; };
    soc {
        #address-cells = <1>;
        #size-cells = <1>;
        gpio@7e200000 {
            reg = <0x7e200000 1>;
            uart0_gpio14 { brcm,pins = <14 15>; };
            i2c1_gpio2 { brcm,pins = <2 3>; };
            spi0_gpio7 { brcm,pins = <7 8 9 10 11>; };
            uart0_gpio32 { brcm,pins = <32 33>; phandle = <8>; };
        };
        serial@7e201000 {
            reg = <0x7e201000 1>;
            status = "okay";
            pinctrl-names = "default";
            pinctrl-0 = <8>;
            uart-has-rtscts;
            bluetooth { compatible = "brcm,bcm43438-bt"; };
        };
        serial@7e215040 { reg = <0x7e215040 1>; status = "okay"; };
        mmc@7e300000 { reg = <0x7e300000 1>; status = "okay"; };
        i2c@7e804000 {
            reg = <0x7e804000 1>;
            #address-cells = <1>;
            #size-cells = <0>;
            status = "okay";
        };
        spi@7e204000 {
            reg = <0x7e204000 1>;
            #address-cells = <1>;
            #size-cells = <0>;
            status = "disabled";
        };
    };
};
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a boot partition's folder with all variants of one board."""
    debian, boot = tmp_path_factory.mktemp("debian"), tmp_path_factory.mktemp("boot")
    compile_tree(DEBIANS, debian / "bcm2837-rpi-3-b.dtb")
    make_trees(debian, boot)
    return boot


def compile_tree(source: str, target: Path) -> None:
    subprocess.run(["dtc", "-q", "-o", target, "-"], input=source.encode(), check=True)


def get(tree: Path, node: str, name: str) -> str | None:
    done = subprocess.run(["fdtget", tree, node, name], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def tree_of(boot: Path, variant: Variant) -> Path:
    folder = boot if variant == PLAIN else boot / "dtb" / variant.name
    return folder / "bcm2837-rpi-3-b.dtb"


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
def test_good_serial_port_is_on_the_header_in_every_variant(boot: Path, variant: Variant) -> None:
    tree = tree_of(boot, variant)
    assert get(tree, UART, "status") == "okay"
    assert get(tree, UART, "pinctrl-0") == get(tree, f"{PINS}/uart0_gpio14", "phandle")
    assert get(tree, f"{UART}/bluetooth", "compatible") is None
    assert get(tree, UART, "uart-has-rtscts") is None
    assert get(tree, MINI, "status") == "disabled"
    assert get(tree, WIFI, "status") == "disabled"
    assert get(tree, "/chosen", "stdout-path") is None


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.name)
def test_buses_are_on_only_where_they_are_asked_for(boot: Path, variant: Variant) -> None:
    tree = tree_of(boot, variant)
    assert get(tree, I2C, "status") == ("okay" if variant.i2c else "disabled")
    assert get(tree, SPI, "status") == ("okay" if variant.spi else "disabled")
    assert (get(tree, f"{SPI}/spidev@0", "reg") is not None) is variant.spi


@pytest.mark.parametrize(
    ("clock", "address", "chip"),
    [
        ("ds3231", "68", "maxim,ds3231"),
        ("pcf8523", "68", "nxp,pcf8523"),
        ("pcf85063", "51", "nxp,pcf85063a"),
    ],
)
def test_clock_has_its_address(boot: Path, clock: str, address: str, chip: str) -> None:
    """Sources: the chips' data sheets, I2C address; Linux, bindings of rtc."""
    tree = tree_of(boot, Variant(clock))
    assert get(tree, f"{I2C}/rtc@{address}", "compatible") == chip
    assert get(tree, f"{I2C}/rtc@{address}", "reg") == str(int(address, 16))


def test_every_variant_of_the_settings_is_made() -> None:
    asked = {
        variant_of({"clock": clock, "i2c": i2c, "spi": spi})
        for clock, i2c, spi in product(CLOCKS_OF_SETTINGS, (False, True), (False, True))
    }
    assert asked == {variant.name for variant in VARIANTS}
    assert set(CLOCKS) == set(CLOCKS_OF_SETTINGS) - {"none"}


def test_variant_names_are_their_own() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS) == 10


def test_choice_names_trees_by_board(boot: Path) -> None:
    text = (boot / "dtb/ds3231-spi/choose.txt").read_text()
    assert text == choosing(Variant("ds3231", spi=True))
    assert "[pi3]\ndevice_tree=dtb/ds3231-spi/bcm2837-rpi-3-b.dtb\n[pi3+]\n" in text
    assert not (boot / "choose.txt").exists()


def test_every_part_is_used() -> None:
    assert {p.name for p in PARTS.iterdir()} == {part for v in VARIANTS for part in v.parts}


def test_kernel_with_other_nodes_is_refused(tmp_path: Path) -> None:
    """A node that moved must stop the build, not leave a console on an instrument's port."""
    debian, boot = tmp_path / "debian", tmp_path / "boot"
    debian.mkdir()
    compile_tree(DEBIANS.replace("serial@7e201000", "serial@fe201000"), debian / "bcm1.dtb")
    with pytest.raises(BuildError, match="dtc failed"):
        make_trees(debian, boot)
