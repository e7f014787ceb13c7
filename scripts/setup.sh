#!/usr/bin/env bash
# Make .venv where there is none, and install this project into it with the extras named.
# Usage: scripts/setup.sh aws,azure[,dev]
set -euo pipefail
cd "$(dirname "$0")/.."

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if ! new_enough .venv/bin/python; then
    for python in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if new_enough "$python"; then
            break
        fi
        python=
    done
    if [[ -z $python ]]; then
        echo "error: Python 3.11 or newer is needed; \`make PYTHON=/path/to/python3\` names one" >&2
        exit 1
    fi
    # With pip in it: `pulumi up` asks pip what is installed.
    "$python" -m venv --clear .venv
fi

echo "Installing exchange-ports [$1] into .venv" >&2
scripts/install.sh .venv/bin/python --editable ".[$1]"
