#!/usr/bin/env bash
# What someone gets who clones this repository: all previews, then all tests, in a fresh clone of
# HEAD with no virtual environment and no Pulumi CLI.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

changed=$(git status --porcelain | wc -l)
if ((changed > 0)); then
    echo "NOTE: $changed changed or new files are not committed, so they are not in the clean copy" >&2
fi
git clone --quiet "$PWD" "$work/copy"

# The same PATH without an activated environment; a folder that holds the Pulumi CLI is replaced by
# one with links to everything else in it.
clean_path=
IFS=: read -ra folders <<<"$PATH"
for folder in "${folders[@]}"; do
    if [[ -n ${VIRTUAL_ENV:-} && $folder == "$VIRTUAL_ENV/bin" ]]; then
        continue
    fi
    if [[ -x $folder/pulumi ]]; then
        links=$(mktemp -d "$work/bin.XXXXXX")
        ln -s "$folder"/* "$links"
        rm -f "$links"/pulumi*
        folder=$links
    fi
    clean_path+=${clean_path:+:}$folder
done

in_the_copy() {
    (cd "$work/copy" && env -u VIRTUAL_ENV -u PYTHONPATH -u MAKEFLAGS -u MAKELEVEL -u MFLAGS PATH="$clean_path" "$@")
}
if in_the_copy bash -c 'command -v pulumi'; then
    echo "error: the Pulumi CLI is still on PATH" >&2
    exit 1
fi
in_the_copy scripts/previews.sh
in_the_copy make --no-print-directory test
