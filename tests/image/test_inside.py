"""Inside the image: what must not be there is not, and what must work does (under qemu-user)."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.card.board_files import Board, board_changes
from appliance.card.form import DISPLAYS
from deploy.image.device_trees import VARIANTS
from deploy.image.layout import BOOT
from deploy.image.listing import listed

IMAGE = Path(__file__).parents[2] / "deploy/image"
ENABLED = {
    # Debian's own that the card needs
    "cryptsetup.target", "integritysetup.target", "veritysetup.target",  # empty targets
    "systemd-user-sessions.service",
    # ours
    "bedside.service", "bedside-provision.service", "bedside-status.service",
    "bedside-maintenance.service", "bedside-status.timer", "bedside-steward.socket",
    "bedside-data.service", "bedside-rtc.timer",
}  # fmt: skip
APART = (
    "unshare", "--mount", "--pid", "--fork", "sh", "-c",
    'mount -t proc proc "$0/proc" && mount -t sysfs -o ro sysfs "$0/sys" && exec chroot "$0" "$@"',
)  # fmt: skip
"""A namespace in which the card's root has /proc and /sys: XNNPACK looks at processors there."""
MODULES = (
    "numpy", "tflite_runtime.interpreter", "PIL._imaging", "serial", "gpiozero", "lgpio",
    "evdev", "systemd.journal", "systemd.daemon", "appliance.cli", "appliance.card.provision",
    "spidev", "smbus2", "appliance.panel.bus_panel",
)  # fmt: skip
UNITS = ("bedside.service", "bedside-data.service", "bedside-rtc.service", "bedside-status.timer")
PRIVATE = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY|\$(?:y|6|5|2b|1)\$[./A-Za-z0-9]{4,}\$")


def files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def named(root: Path, *patterns: str) -> list[str]:
    wanted = re.compile("|".join(patterns))
    return sorted(
        str(p.relative_to(root)) for p in root.rglob("*") if wanted.fullmatch(p.name) is not None
    )


def test_no_key_and_no_password_hash_anywhere(root: Path, boot: Path) -> None:
    found = []
    for path in [*files(root), *files(boot)]:
        if path.suffix in (".so", ".ko", ".pyc") or path.stat().st_size > 4_000_000:
            continue
        found += [str(path)] if PRIVATE.search(path.read_bytes()) else []
    # Programs and documentation that know what a key looks like.
    known = ("usr/bin/ssh", "usr/sbin/sshd", "usr/lib/openssh/", "aarch64-linux-gnu/")
    assert [path for path in found if not any(each in path for each in known)] == []


def test_no_host_key_identity_or_seed(root: Path) -> None:
    assert named(root, r"ssh_host_.*", r"authorized_keys.*", r"id_(rsa|ed25519|ecdsa).*") == []
    assert named(root, r"random-seed", r"device-id", r"\.pwd\.lock", r"credential\.secret") == []
    assert (root / "etc/machine-id").read_bytes() == b""


def test_every_account_is_locked(root: Path) -> None:
    for line in (root / "etc/shadow").read_text().splitlines():
        assert line.split(":")[1] in ("*", "!", "!*", "!!"), line


def test_no_compiler_no_pip_no_fetcher_no_radio(root: Path) -> None:
    tools = r"(gcc|cc|g\+\+|c\+\+|clang|ld|as|make)(-\d+)?"
    assert (
        named(root / "usr/bin", tools, r"pip3?(\.\d+)?", r"curl", r"wget", r"apt(-get)?", r"git")
        == []
    )
    assert named(root, r"pip", r"setuptools", r"ensurepip") == []
    assert named(root, r"brcmfmac.*\.ko", r"hci_uart\.ko", r"btusb\.ko", r"snd-bcm2835\.ko") == []


def test_nothing_that_simulates_tests_or_trains(root: Path) -> None:
    program = root / "opt/bedside"
    assert named(program, r"hw_mocks", r"tests?", r"training", r"conftest\.py") == []


def test_no_mirror_is_named(root: Path) -> None:
    assert not (root / "etc/apt/sources.list").exists()
    assert list(root.glob("etc/apt/sources.list.d/*")) == []
    assert not (root / "etc/resolv.conf").exists()


def test_only_what_the_appliance_needs_starts(root: Path) -> None:
    system = root / "etc/systemd/system"
    links = [p for d in ("wants", "requires") for p in system.glob(f"*.{d}/*")]
    assert {p.name for p in links} - ENABLED == set()
    ours = {name for name in ENABLED if name.startswith("bedside")}
    assert ours <= {p.name for p in links}
    for unit in listed(IMAGE / "masked-units"):
        assert os.readlink(system / unit) == "/dev/null", unit


def test_no_socket_waits_for_the_network(root: Path) -> None:
    """Of all sockets that start, none is on anything but a path."""
    for folder in ("etc/systemd/system", "usr/lib/systemd/system"):
        for link in root.glob(f"{folder}/sockets.target.wants/*"):
            unit = root / "usr/lib/systemd/system" / link.name
            for where in re.findall(r"^Listen\w+=(\S+)", unit.read_text(), re.MULTILINE):
                assert where.startswith(("/", "kobject-uevent", "audit")), (unit, where)


def test_root_is_sound_and_has_no_journal(root_image: Path) -> None:
    assert subprocess.run(["e2fsck", "-f", "-n", root_image], capture_output=True).returncode == 0
    header = subprocess.run(["dumpe2fs", "-h", root_image], capture_output=True, text=True).stdout
    assert "has_journal" not in header


def test_boot_partition_is_sound(card: Path, work: Path) -> None:
    part = work / "boot.fat"
    with card.open("rb") as source, part.open("wb") as target:
        source.seek(BOOT.start_bytes)
        target.write(source.read(BOOT.size_bytes))
    assert subprocess.run(["fsck.vfat", "-n", part], capture_output=True).returncode == 0


def fdtget(tree: Path, node: str, name: str) -> str:
    return subprocess.run(
        ["fdtget", tree, node, name], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    "board",
    ["bcm2837-rpi-3-b", "bcm2837-rpi-3-b-plus", "bcm2837-rpi-zero-2-w", "bcm2711-rpi-4-b"],
)
def test_every_board_has_its_trees(boot: Path, board: str) -> None:
    for variant in VARIANTS:
        folder = boot if variant.name == "plain" else boot / "dtb" / variant.name
        tree = folder / f"{board}.dtb"
        wired = fdtget(tree, "/soc/serial@7e201000", "pinctrl-0")
        assert wired == fdtget(tree, "/soc/gpio@7e200000/uart0_gpio14", "phandle")
        first = fdtget(tree, "/aliases", "serial0")
        assert first == "/soc/serial@7e201000", "it would not be ttyAMA0"


def test_boot_partition_has_all_that_config_names(boot: Path) -> None:
    config = (boot / "config.txt").read_text()
    for name in re.findall(r"^include (\S+)", config, re.MULTILINE):
        assert (boot / name).exists(), name
    for name in re.findall(r"^(?:kernel=|initramfs |cmdline=)(\S+)", config, re.MULTILINE):
        assert (boot / name).stat().st_size > 0, name
    for name in ("bootcode.bin", "start.elf", "fixup.dat", "start4.elf", "fixup4.dat"):
        assert (boot / name).stat().st_size > 0
    for display in DISPLAYS:
        assert (boot / f"display/{display}.txt").exists()
    for variant in VARIANTS:
        if variant.name == "plain":
            continue
        named_trees = re.findall(
            r"^device_tree=(\S+)$", (boot / f"dtb/{variant.name}/choose.txt").read_text(), re.M
        )
        assert len(named_trees) == 6
        assert all((boot / tree).exists() for tree in named_trees)


def test_provisioning_finds_nothing_to_change_at_first(boot: Path) -> None:
    """Else every new card would ask to be switched off and on once more."""
    assert not board_changes(boot, Board(display="hdmi", header="plain"))


def test_drivers_that_stay_have_all_that_they_need(root: Path) -> None:
    (modules,) = (root / "usr/lib/modules").iterdir()
    for line in (modules / "modules.dep").read_text().splitlines():
        module, _, needs = line.partition(":")
        for each in (module, *needs.split()):
            assert (modules / each).exists(), each
    names = {p.name.partition(".")[0].replace("-", "_") for p in modules.rglob("*.ko")}
    names |= {
        Path(line).name.partition(".")[0].replace("-", "_")
        for line in (modules / "modules.builtin").read_text().splitlines()
    }
    loaded = listed(root / "usr/lib/modules-load.d/bedside.conf")
    assert set(loaded) <= names
    assert {"ext4", "vfat", "vc4", "bcm2835_wdt", "mmc_block", "usbhid", "usb_storage"} <= names


class Card:
    """Runs programs of the card here, under qemu-user, in its own root."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*APART, self._root, *command],
            env={"PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def on_card(root: Path) -> Card:
    if os.getuid() != 0:
        pytest.fail("looking into the image needs root")
    # What the kernel gives every root; the card's own is empty.
    subprocess.run(["mknod", "-m", "666", root / "dev/null", "c", "1", "3"], check=False)
    subprocess.run(["mknod", "-m", "444", root / "dev/urandom", "c", "1", "9"], check=False)
    return Card(root)


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_isolated(on_card: Card, module: str) -> None:
    done = on_card.run("/opt/bedside/bin/python", "-I", "-c", f"import {module}")
    assert done.returncode == 0, done.stderr


def test_simulation_cannot_be_imported(on_card: Card) -> None:
    done = on_card.run("/opt/bedside/bin/python", "-I", "-c", "import hw_mocks")
    assert "ModuleNotFoundError" in done.stderr


def test_model_is_admitted_on_the_cards_own_runtime(on_card: Card) -> None:
    done = on_card.run(
        "/opt/bedside/bin/appliance", "bundle", "verify", "/opt/bedside/models/maternal-risk"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_settings_that_the_card_brings_are_without_fault(on_card: Card, boot: Path) -> None:
    done = on_card.run("/opt/bedside/bin/appliance", "check-config", "/etc/bedside/appliance.toml")
    assert done.returncode == 0, done.stdout + done.stderr
    example = "/usr/share/bedside/bedside.toml"
    assert (boot / "bedside.toml").read_bytes() == (on_card._root / example[1:]).read_bytes()
    done = on_card.run("/opt/bedside/bin/appliance", "check-config", example)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_compiled_and_is_not_checked_again(root: Path) -> None:
    packages = root / "opt/bedside/lib/python3.11/site-packages"
    sources = list(packages.rglob("*.py"))
    assert len(sources) > 300
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-311.pyc"
        # Bit 0: by hash; bit 1: checked.  Source: PEP 552.
        assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 0b01, source


def test_units_are_understood_by_systemd(root: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", f"--root={root}", "--recursive-errors=no", *UNITS],
        capture_output=True,
        text=True,
    )
    ours = [line for line in done.stderr.splitlines() if "bedside" in line]
    assert ours == []
