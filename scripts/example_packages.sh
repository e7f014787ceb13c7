#!/usr/bin/env bash
# Fetch the packages of examples/typescript and examples/go into the caches of npm and Go: `make test-engine` uses
# no network, and finds them there. For a machine with Node.js and Go; a language whose tool is missing is named.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v npm >/dev/null; then
    cp examples/typescript/package.json "$work"
    (cd "$work" && npm install --ignore-scripts --no-audit --no-fund)
    echo "examples/typescript: packages are in the cache of npm"
else
    echo "examples/typescript: NOT FETCHED: npm is not on PATH" >&2
fi
if command -v go >/dev/null; then
    cp -r tests/programs/go_aws "$work/go"
    (cd "$work/go" && go mod tidy && go build ./...)
    echo "examples/go: modules are in the cache of Go"
else
    echo "examples/go: NOT FETCHED: go is not on PATH" >&2
fi
