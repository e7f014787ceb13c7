#!/usr/bin/env bash
# Lint the workflows and actions: zizmor (what can be attacked) and actionlint (what is wrong).
# zizmor comes with the development environment. actionlint is on no Python index as a file that needs no
# download of its own: it is taken from PATH, or built by Go where there is one; elsewhere that is said.
set -euo pipefail
cd "$(dirname "$0")/.."
actionlint_version=1.7.12

.venv/bin/zizmor --quiet --offline --persona pedantic --strict-collection .github

actionlint=$(command -v actionlint || true)
if [[ -z $actionlint && ! -x .venv/bin/actionlint ]] && command -v go >/dev/null; then
    echo "Building actionlint $actionlint_version into .venv" >&2
    GOBIN=$PWD/.venv/bin timeout 180 go install "github.com/rhysd/actionlint/cmd/actionlint@v$actionlint_version" ||
        echo "note: Go could not build actionlint" >&2
fi
if [[ -z $actionlint && -x .venv/bin/actionlint ]]; then
    actionlint=.venv/bin/actionlint
fi
if [[ -z $actionlint ]]; then
    echo "NOTE: actionlint DID NOT RUN: it is not on PATH, and there is no Go to build it with." >&2
    echo "NOTE: https://github.com/rhysd/actionlint/blob/main/docs/install.md" >&2
    exit 0
fi
"$actionlint" -shellcheck .venv/bin/shellcheck -pyflakes '' .github/workflows/*.yml
echo "actionlint $("$actionlint" --version | head -n 1): the workflows are well"
