#!/usr/bin/env bash
# What would be released, without releasing it: built twice, byte for byte the same; installed into an empty
# environment from the built files alone; used there for the tutorial and the examples.
# Usage: scripts/packages.sh [FOLDER [OWNER/NAME]]
#   FOLDER gets what was built and tried, with a bill of materials (CycloneDX) and checksums. It must be new.
#   OWNER/NAME is the repository on GitHub that the releases are in.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
keep=${1:-}
if [[ -n $keep && -e $keep ]]; then
    echo "error: $keep is there already" >&2
    exit 2
fi
repository=()
if [[ -n ${2:-} ]]; then
    repository=(--repository "$2")
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
fi
export SOURCE_DATE_EPOCH
# The SDKs are large: what Python compiled of them is kept for the next command.
unset PYTHONDONTWRITEBYTECODE

# Two builders who have nothing in common but the files: other folders, times, rights, languages and time zones.
build() {
    local name=$1
    mkdir "$work/$name" "$work/$name-dist"
    # Files that are not committed yet are built too, so that this holds before a commit.
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
        if [[ -e $file ]]; then printf '%s\0' "$file"; fi
    done | tar --create --null --files-from - | tar --extract --directory "$work/$name"
    (cd "$work/$name" && "$python" scripts/dist.py "${repository[@]}" "$work/$name-dist")
}
(umask 022 && TZ=UTC LC_ALL=C build one)
(umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 PYTHONHASHSEED=7 build another-one)
if ! diff --recursive "$work/one-dist" "$work/another-one-dist"; then
    echo "error: two builds of the same files differ" >&2
    exit 1
fi
dist=$work/one-dist
wheel=$(echo "$dist"/*.whl)
sdist=$(echo "$dist"/exchange_ports-*.tar.gz)

# The source distribution is enough to build the wheel.
mkdir "$work/from-sdist"
tar --extract --file "$sdist" --directory "$work/from-sdist" --strip-components 1
(cd "$work/from-sdist" && "$python" -m hatchling build -t wheel -d "$work/again" >/dev/null 2>&1)
cmp "$wheel" "$work/again/$(basename "$wheel")"

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

# The plugin archives hold the plugin, and the wheel that was built.
mkdir "$work/plugin"
tar --extract --file "$dist"/pulumi-resource-exchange-ports-v*-linux-amd64.tar.gz --directory "$work/plugin"
cmp "$wheel" "$work/plugin/$(basename "$wheel")"
test "$(find "$dist" -name 'pulumi-resource-exchange-ports-v*.tar.gz' | wc -l)" -eq 6

# ---- from the built files alone ----
if [[ -x .venv/bin/uv ]]; then
    .venv/bin/uv venv --quiet --python "$python" "$work/empty"
else
    "$python" -m venv "$work/empty"
fi
scripts/install.sh "$work/empty/bin/python" "$wheel"
in_work() { (cd "$work" && "$@"); }
in_work empty/bin/python -I -W error - <<'PYTHON'
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
in_work empty/bin/exchange-ports endpoints show >"$work/shown"
grep -q '40.92.0.0/15' "$work/shown"
version=$(in_work empty/bin/exchange-ports --version)

# The tutorial and the examples need the SDKs: as the plugin's requirements.txt installs them.
(cd "$work/plugin" && "$OLDPWD/scripts/install.sh" "$work/empty/bin/python" "$work/plugin/$(basename "$wheel")[aws,azure]")
.venv/bin/python -m scripts.tutorial "$work/empty/bin/exchange-ports"
cp -r examples "$work/examples"
in_work empty/bin/python -I - <<'PYTHON'
import contextlib
import os
import pathlib

import yaml

from exchange_ports.offline import record
from exchange_ports.plugin.schema import plugin_schema

# Values that a user sets by `pulumi config set`, made up.
programs = {
    "aws-landing-zone": {"transitGateway": "tgw-1", "image": "ami-1"},
    "azure-landing-zone": {},
    "two-clouds": {},
    "stack-reference/firewall": {"vpc": "vpc-1"},
}
for name, values in programs.items():
    folder = pathlib.Path("examples", name)
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())["name"]
    config = {f"{project}:{key}": value for key, value in values.items()}
    with contextlib.redirect_stdout(open(os.devnull, "w")):
        found = record(folder, project=project, stack="dev", config=config)
    print(f"{folder}: {len(found.registrations)} resources")
pathlib.Path("schema.json").write_text(plugin_schema() + "\n")
PYTHON
.venv/bin/python - "$work/schema.json" "$dist/schema.json" <<'PYTHON'
import json
import pathlib
import sys

installed, built = (json.loads(pathlib.Path(each).read_text()) for each in sys.argv[1:])
built.pop("pluginDownloadURL", None)
if installed != built:
    sys.exit("error: schema.json is not the schema of the installed plugin")
PYTHON

# What an installation with both SDKs consists of.
.venv/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --output-format JSON \
    --output-file "$dist/sbom.cdx.json" "$work/empty/bin/python" 2>"$work/log" || {
    cat "$work/log" >&2
    exit 1
}
grep -q '"pulumi_azure_native"' "$dist/sbom.cdx.json"
(cd "$dist" && sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
if [[ -n $keep ]]; then
    mkdir -p "$(dirname "$keep")"
    cp -r "$dist" "$keep"
fi
echo "$(basename "$wheel") and $(basename "$sdist"): built twice, identical; installed, used; $version"
