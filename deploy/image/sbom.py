"""The bill of materials: Debian's packages, the wheels, the models, ourselves.

Form: CycloneDX 1.5, JSON.  Same input, same text: the serial number follows from the content.
"""

from __future__ import annotations

import json
import tomllib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from email.parser import HeaderParser
from pathlib import Path

from deploy.image.wheels import digest_of, name_and_version

_SPACE = uuid.UUID("bed51de0-0000-4000-8000-00000000005b")
_RELEASE = "debian-12"
Component = dict[str, object]


def debian_components(status: str) -> Iterator[Component]:
    """Yield the installed packages from the text of dpkg's status file."""
    parser = HeaderParser()
    for paragraph in status.split("\n\n"):
        fields = parser.parsestr(paragraph)
        name, version = fields["Package"], fields["Version"]
        if not name or fields["Status"] != "install ok installed" or name == "bedside":
            continue
        source, _, source_version = (fields["Source"] or name).partition(" ")
        yield {
            "type": "operating-system" if name == "linux-image-arm64" else "library",
            "name": name,
            "version": version,
            "purl": f"pkg:deb/debian/{name}@{_quoted(version)}?arch={fields['Architecture']}"
            f"&distro={_RELEASE}",
            "properties": [
                _property("debian:source", source),
                _property("debian:source-version", source_version.strip("()") or version),
            ],
        }


def wheel_components(wheels: Path) -> Iterator[Component]:
    """Yield the wheels of a folder, with the digest of each file."""
    for wheel in sorted(wheels.glob("*.whl")):
        name, version = name_and_version(wheel.name)
        yield {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{_quoted(version)}",
            "hashes": [_hash(wheel)],
        }


def model_components(models: Path) -> Iterator[Component]:
    """Yield the bundles below a folder: each model or rule with the digests of its files."""
    for bundle in sorted(models.glob("*/bundle.toml")):
        form = tomllib.loads(bundle.read_text("utf-8"))
        files = sorted(path for path in bundle.parent.iterdir() if path.is_file())
        # A rule has no model: what it computes stands in bundle.toml.
        is_rule = form["kind"] == "rule"
        served = "bundle.toml" if is_rule else "model.tflite"
        yield {
            "type": "data" if is_rule else "machine-learning-model",
            "name": bundle.parent.name,
            "version": str(form["version"]),
            "hashes": [_hash(path) for path in files if path.name == served],
            "components": [
                {"type": "file", "name": path.name, "hashes": [_hash(path)]} for path in files
            ],
        }


def bill(version: str, components: Iterable[Component], timestamp: str) -> str:
    """Return the whole bill.  timestamp: in UTC, as 2026-01-31T12:00:00Z."""
    listed = [{**each, "bom-ref": _reference(each)} for each in components]
    form = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "timestamp": timestamp,
            "component": {
                "type": "firmware",
                "bom-ref": "bedside",
                "name": "bedside",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": listed,
        "dependencies": [{"ref": "bedside", "dependsOn": [each["bom-ref"] for each in listed]}],
    }
    form["serialNumber"] = uuid.uuid5(_SPACE, json.dumps(form, sort_keys=True)).urn
    return json.dumps(form, indent=1, ensure_ascii=False) + "\n"


def _reference(component: Mapping[str, object]) -> str:
    return str(component.get("purl", f"model:{component['name']}@{component['version']}"))


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _hash(path: Path) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest_of(path)}


def _quoted(version: str) -> str:
    return version.replace("+", "%2B").replace(":", "%3A")
