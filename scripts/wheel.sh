#!/usr/bin/env bash
# Build the wheel, look into it, install it into an empty environment with no extra, and use it there.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! .venv/bin/python -m build --wheel --no-isolation --outdir "$work/dist" . >"$work/log" 2>&1; then
    cat "$work/log" >&2
    exit 1
fi
wheel=$(echo "$work"/dist/*.whl)

.venv/bin/python - "$wheel" <<'PYTHON'
import pathlib
import re
import sys
import zipfile

names = zipfile.ZipFile(sys.argv[1]).namelist()
strangers = [name for name in names if not re.match(r"exchange_ports(-[^/]+\.dist-info)?/", name)]
if strangers:
    sys.exit(f"error: the wheel holds what is not ours to ship: {strangers}")
if "exchange_ports/py.typed" not in names:
    sys.exit("error: the wheel has no exchange_ports/py.typed")
snapshots = [name for name in names if re.match(r"exchange_ports/endpoints/data/.*\.json", name)]
here = sorted(pathlib.Path("exchange_ports/endpoints/data").glob("*.json"))
if not snapshots or sorted(snapshots) != [path.as_posix() for path in here]:
    sys.exit(f"error: the wheel has other endpoint snapshots than the repository: {snapshots}")
PYTHON

.venv/bin/python -m venv "$work/empty"
scripts/install.sh "$work/empty/bin/python" "$wheel"
cd "$work"
empty/bin/python -I -W error - <<'PYTHON'
import importlib.util
import sys

import exchange_ports
import exchange_ports.cli

if "site-packages" not in (exchange_ports.__file__ or ""):
    sys.exit(f"error: not the wheel was imported, but {exchange_ports.__file__}")
for package in ("pulumi", "pulumi_aws", "pulumi_azure_native"):
    if importlib.util.find_spec(package) is not None:
        sys.exit(f"error: an installation with no extra brought {package}")
PYTHON
empty/bin/exchange-ports endpoints show >"$work/shown"
grep -q '40.92.0.0/15' "$work/shown"
version=$(empty/bin/exchange-ports --version)
echo "$(basename "$wheel"): installed with no extra, imported; $version; no pulumi"
