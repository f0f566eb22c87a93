#!/usr/bin/env bash
# Resolve the dependencies in pyproject.toml to requirements/*.txt: hashes of every file, no addresses.
# Versions stay as they are while they satisfy pyproject.toml; `make lock UPGRADE=1` takes the newest.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() { # NAME SOURCE...
    local name=$1
    shift
    .venv/bin/uv pip compile "$@" --quiet --universal --python-version 3.11 \
        --generate-hashes --no-annotate --custom-compile-command "make lock" \
        ${UPGRADE:+--upgrade} --output-file "requirements/$name.txt"
}

compile core pyproject.toml --group build
compile test pyproject.toml --group build --group test --constraints requirements/core.txt
compile pcsc pyproject.toml --extra pcsc --group build --group interop --constraints requirements/test.txt
compile lock --group lock
