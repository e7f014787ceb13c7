#!/usr/bin/env bash
# Preview every stack there is, offline; fail with the first that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob
stacks=(stacks/Pulumi.*.yaml)
if ((${#stacks[@]} == 0)); then
    echo "error: there is no stack to preview in stacks/" >&2
    exit 1
fi
for stack in "${stacks[@]}"; do
    stack=${stack#stacks/Pulumi.}
    echo "== make preview STACK=${stack%.yaml}"
    make --no-print-directory preview "STACK=${stack%.yaml}"
done
