#!/usr/bin/env bash
# Generate the SDK of each Pulumi language from the schema, and compile it. YAML programs need none.
# Usage: scripts/sdks.sh [--all]
#   Without --all: what the Pulumi CLI of this machine can generate, and no network: only Python is compiled.
#   With --all: every language, compiled with its packages; a missing tool is an error. The workflow runs it.
set -euo pipefail
cd "$(dirname "$0")/.."
all=${1:-}
python=$PWD/.venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PULUMI_HOME=$work/home PULUMI_SKIP_UPDATE_CHECK=true PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
.venv/bin/python -c 'from exchange_ports.plugin.schema import plugin_schema; print(plugin_schema())' >"$work/schema.json"

compile() {
    case $1 in
    python)
        # As installed: the SDK asks for its own version.
        mkdir exchange_ports_exchange_ports-0.1.0.dist-info
        printf 'Metadata-Version: 2.1\nName: exchange_ports_exchange_ports\nVersion: 0.1.0\n' >exchange_ports_exchange_ports-0.1.0.dist-info/METADATA
        PYTHONPATH=. "$python" -c 'import exchange_ports_exchange_ports as sdk; sdk.ExchangeFirewall'
        ;;
    go)
        cd "$(dirname "$(find . -name exchangeFirewall.go | head -n 1)")"
        if [[ ! -f go.mod ]]; then go mod init sdk; fi
        go mod tidy && go vet ./...
        ;;
    nodejs) npm install --ignore-scripts && npx tsc --noEmit ;;
    dotnet) dotnet build --nologo ;;
    java) gradle --no-daemon compileJava ;;
    esac
}

missing=0
for language in python nodejs go dotnet java; do
    if ! pulumi package gen-sdk "$work/schema.json" --language "$language" --out "$work/sdk" >"$work/log" 2>&1; then
        if ! grep -q 'no language plugin' "$work/log"; then
            cat "$work/log" >&2
            exit 1
        fi
        echo "$language: DID NOT RUN: this Pulumi CLI has no plugin for it" >&2
        missing=$((missing + 1))
        continue
    fi
    if [[ $language != python && $all != --all ]]; then
        echo "$language: generated; compiling it DID NOT RUN: it needs packages (scripts/sdks.sh --all)" >&2
        continue
    fi
    if ! (cd "$work/sdk/$language" && compile "$language") >"$work/log" 2>&1; then
        cat "$work/log" >&2
        echo "error: the SDK for $language does not compile" >&2
        exit 1
    fi
    echo "$language: generated and compiled"
done
if [[ $all == --all && $missing -gt 0 ]]; then
    exit 1
fi
