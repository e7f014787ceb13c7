#!/usr/bin/env bash
# Make .venv where there is none, and install this project into it with the extras named.
# Usage: scripts/setup.sh aws,azure[,dev]
set -euo pipefail
cd "$(dirname "$0")/.."

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if ! new_enough .venv/bin/python; then
    candidates=(python3 python3.14 python3.13 python3.12 python3.11 python)
    if [[ -n ${PYTHON:-} ]]; then
        candidates=("$PYTHON")
    fi
    for python in "${candidates[@]}"; do
        if new_enough "$python"; then
            break
        fi
        python=
    done
    if [[ -z $python ]]; then
        echo "error: no Python 3.11 or newer among: ${candidates[*]}; \`make PYTHON=/path/to/python3\` names one" >&2
        exit 1
    fi
    # With pip in it: `pulumi up` asks pip what is installed.
    "$python" -m venv --clear .venv
fi

echo "Installing exchange-ports [$1] into .venv" >&2
scripts/install.sh .venv/bin/python --editable ".[$1]"
