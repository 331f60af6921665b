"""Which drivers of the kernel stay on the card."""

from __future__ import annotations

import pytest

from deploy.image.errors import BuildError
from deploy.image.modules import asked_for, compatibles, kept, parse_needs

NEEDS = parse_needs(
    "kernel/drivers/usb/serial/ftdi_sio.ko: kernel/drivers/usb/serial/usbserial.ko"
    " kernel/drivers/usb/core/usbcore.ko\n"
    "kernel/drivers/usb/serial/usbserial.ko: kernel/drivers/usb/core/usbcore.ko\n"
    "kernel/drivers/usb/core/usbcore.ko:\n"
    "kernel/drivers/mmc/host/sdhci-iproc.ko: kernel/drivers/mmc/core/mmc_core.ko\n"
    "kernel/drivers/mmc/core/mmc_core.ko:\n"
    "kernel/drivers/net/wireless/brcmfmac.ko:\n"
)


def test_wish_brings_what_it_needs_and_nothing_else() -> None:
    assert kept(NEEDS, ["drivers/usb/serial/ftdi*"], set()) == {
        "kernel/drivers/usb/serial/ftdi_sio.ko",
        "kernel/drivers/usb/serial/usbserial.ko",
        "kernel/drivers/usb/core/usbcore.ko",
    }


def test_device_tree_brings_a_driver_by_its_name() -> None:
    assert kept(NEEDS, [], {"sdhci_iproc"}) == {
        "kernel/drivers/mmc/host/sdhci-iproc.ko",
        "kernel/drivers/mmc/core/mmc_core.ko",
    }


def test_wish_that_fits_nothing_stops_the_build() -> None:
    with pytest.raises(BuildError, match="drivers/usb/serial/ftdy"):
        kept(NEEDS, ["drivers/usb/serial/ftdy*"], set())


def test_alias_fits_a_whole_compatible_string() -> None:
    aliases = (
        "alias of:N*T*Cbrcm,bcm2835-spiC* spi_bcm2835\n"
        "alias of:N*T*Cbrcm,bcm2835-spi spi_bcm2835\n"
        "alias of:N*T*Cbrcm,bcm2835-i2s snd_soc_bcm2835_i2s\n"
        "alias usb:v0403p6001d*dc*dsc*dp*ic*isc*ip*in* ftdi_sio\n"
    )
    assert asked_for(aliases, {"brcm,bcm2835-spi", "brcm,bcm2835"}) == {"spi_bcm2835"}


def test_compatible_strings_of_a_tree() -> None:
    source = '\tcompatible = "brcm,bcm2711-i2c\\0brcm,bcm2835-i2c";\n\tmodel = "Pi";\n'
    assert list(compatibles(source)) == ["brcm,bcm2711-i2c", "brcm,bcm2835-i2c"]
