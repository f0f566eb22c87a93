#!/usr/bin/env bash
# Install the packages of system-packages.txt that are missing, or print the apt-get line and fail.
set -euo pipefail
cd "$(dirname "$0")"
. ./lib.sh

wanted() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' system-packages.txt; }

is_installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Which package holds Python's headers depends on the Python: one built from source brings its own.
python_headers() {
    ../.venv/bin/python - <<'END'
import sys, sysconfig
from pathlib import Path

if not Path(sysconfig.get_path("include"), "Python.h").exists():
    print("python%d.%d-dev" % sys.version_info[:2])
END
}

if ! command -v dpkg-query >/dev/null; then
    die "This is no Debian or Ubuntu. Install what these are called here: $(wanted | xargs) python3-dev"
fi
missing=()
for package in $(wanted) $(python_headers); do
    is_installed "$package" || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    install_packages "${missing[@]}"
fi
