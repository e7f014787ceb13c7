#!/usr/bin/env python3
"""Build what is released: wheel, source distribution, plugin archives and schema.

The same commit gives the same bytes on every machine: all times are SOURCE_DATE_EPOCH, or else the time of the
commit. Nothing is published. The folder must be new or empty. scripts/packages.sh tries what was built.
"""

import argparse
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PLUGIN: Final = "exchange-ports"
#: Pulumi takes the archive of the system that it runs on. Ours is Python, so all are the same.
SYSTEMS: Final = tuple(
    f"{system}-{processor}"
    for system in ("darwin", "linux", "windows")
    for processor in ("amd64", "arm64")
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--repository",
        metavar="OWNER/NAME",
        help="the repository on GitHub whose releases have the plugin archives; the schema names it",
    )
    asked = parser.parse_args(arguments)
    folder: Path = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        print(f"error: {folder} is not empty", file=sys.stderr)
        return 2
    epoch = time_of_the_commit()
    wheel = packages(folder, epoch)
    archive = plugin_archive(wheel, epoch)
    version = wheel.name.split("-")[1]
    for system in SYSTEMS:
        (folder / f"pulumi-resource-{PLUGIN}-v{version}-{system}.tar.gz").write_bytes(archive)
    (folder / "schema.json").write_text(schema(asked.repository), encoding="utf-8")
    return 0


def time_of_the_commit() -> int:
    """In seconds since 1970."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        asked = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        given = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    return int(given)


def packages(folder: Path, epoch: int) -> Path:
    """Build the source distribution, and the wheel, which is returned."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    # The umask is the builder's own, and part of no release.
    for path in folder.iterdir():
        path.chmod(0o644)
    return wheel


def plugin_archive(wheel: Path, epoch: int) -> bytes:
    """The folder plugin/ with the wheel in it, and all versions of what it needs.

    Pulumi unpacks it, makes a virtual environment and installs requirements.txt there.
    """
    requirements = f"-c constraints.txt\n./{wheel.name}[aws,azure]\n"
    content: Mapping[str, bytes] = {
        "PulumiPlugin.yaml": (ROOT / "plugin" / "PulumiPlugin.yaml").read_bytes(),
        "__main__.py": (ROOT / "plugin" / "__main__.py").read_bytes(),
        "constraints.txt": (ROOT / "constraints.txt").read_bytes(),
        "requirements.txt": requirements.encode(),
        wheel.name: wheel.read_bytes(),
    }
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(data), epoch, 0o644
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=epoch)


def schema(repository: str | None) -> str:
    """The plugin's schema, as the registry and `pulumi package gen-sdk` read it."""
    sys.path.insert(0, str(ROOT))
    from exchange_ports.plugin.schema import plugin_schema

    made = json.loads(plugin_schema())
    if repository:
        # Where SDKs that are generated from it find the plugin.
        made["pluginDownloadURL"] = f"github://api.github.com/{repository}"
    return json.dumps(made, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
