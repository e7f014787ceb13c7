#!/usr/bin/env bash
# Install packages at the versions of constraints.txt: by uv where it is there or can be had, else by pip.
# Usage: scripts/install.sh PYTHON ARGUMENT...
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
shift

uv=$(command -v uv || true)
if [[ -z $uv && ! -x .venv/bin/uv ]]; then
    .venv/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt uv ||
        echo "note: uv cannot be had here, pip takes its place (slower)" >&2
fi
if [[ -z $uv && -x .venv/bin/uv ]]; then
    uv=.venv/bin/uv
fi

if [[ -n $uv ]]; then
    if "$uv" pip install --quiet --python "$python" \
        --constraint constraints.txt --build-constraint constraints.txt "$@"; then
        exit 0
    fi
    echo "note: uv did not manage, trying pip" >&2
fi
"$python" -m pip --disable-pip-version-check install --quiet --constraint constraints.txt "$@"
