#!/usr/bin/env bash
# Fail unless a tag can be released: it is the version, the changelog has its section, and no fragment is left.
# Usage: scripts/check_tag.sh vN.N.N
set -euo pipefail
cd "$(dirname "$0")/.."
tag=$1
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' exchange_ports/__init__.py)
faults=0
fault() {
    echo "error: $1" >&2
    faults=$((faults + 1))
}
if [[ $tag != "v$version" ]]; then
    fault "the tag is $tag, and the version of exchange_ports/__init__.py is $version"
fi
if ! grep -q "^## \[${version//./\\.}\] - 2" CHANGELOG.md; then
    fault "CHANGELOG.md has no section for $version with a date"
fi
left=$(find changelog.d -name '*.md' ! -name README.md)
if [[ -n $left ]]; then
    fault "changelog.d still has fragments; run \`towncrier build --version $version\`"
fi
if [[ ! -f tests/released/$version.txt ]]; then
    fault "tests/released/$version.txt does not list what this version promises"
fi
((faults == 0))
