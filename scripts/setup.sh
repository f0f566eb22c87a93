#!/usr/bin/env bash
# Set up the virtual environment .venv; a second call finds everything done.
#
#   scripts/setup.sh core    what `unicard` needs: wheels only, no compiler, no reader stack
#   scripts/setup.sh test    core, and what tests, checks and benchmarks need
#   scripts/setup.sh pcsc    test, the system packages, pyscard built from source and clients upon it
#   scripts/setup.sh java    a JDK, Maven and the built Java card; no virtual environment
#   scripts/setup.sh lock    core, and the resolver behind `make lock`
#
# Everything for Python comes from requirements/*.txt with its hash checked.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

python=.venv/bin/python
pip() { "$python" -m pip --disable-pip-version-check --quiet "$@"; }

make_venv() {
    if "$python" -c '' 2>/dev/null; then return; fi
    local base version
    base=$(find_python)
    if ! "$base" -c 'import ensurepip' 2>/dev/null; then
        version=$("$base" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        install_packages "python$version-venv" ||
            die "Python $version cannot make virtual environments without that package."
    fi
    say "Making the virtual environment .venv with $("$base" --version)."
    "$base" -m venv --clear .venv
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    die "Python 3.11 or newer is needed. On Debian 12: apt-get install python3.11 python3.11-venv"
}

# Run a step once for the present content of some files: once NAME FILE... -- COMMAND...
once() {
    local name=$1 stamp=".venv/.done-$1" files=() digest
    shift
    while [ "$1" != -- ]; do
        files+=("$1")
        shift
    done
    shift
    digest=$(sha256sum "${files[@]}")
    if [ "$(cat "$stamp" 2>/dev/null)" = "$digest" ]; then return; fi
    say "Setting up: $name."
    "$@"
    echo "$digest" >"$stamp"
}

install_wheels() { pip install --require-hashes --only-binary :all: -r "requirements/$1.txt"; }

# The hashed setuptools of the lock builds it: an isolated build would fetch one without a hash.
install_project() { pip install --no-deps --no-build-isolation --editable .; }

# No wheel is asked for here: pyscard has none.
install_pcsc() { pip install --require-hashes --no-build-isolation -r requirements/pcsc.txt; }

setup_core() {
    make_venv
    once "core libraries" requirements/core.txt -- install_wheels core
    once "unicard" pyproject.toml -- install_project
}

setup_test() {
    setup_core
    once "test tools" requirements/test.txt -- install_wheels test
}

setup_pcsc() {
    setup_test
    if scripts/system-packages.sh; then
        once "pyscard and what stands on it" requirements/pcsc.txt -- install_pcsc
    elif [ -n "${CI:-}" ]; then
        die "CI is set, so nothing may be skipped."
    else
        say "Tests that need these packages will be skipped."
    fi
}

setup_java() {
    local missing
    missing=$(missing_for_java)
    # shellcheck disable=SC2086 # one word a package
    if [ -n "$missing" ] && ! install_packages $missing; then
        say "A JDK of version 17 to 19 (JAVA_HOME names it) and a Maven from elsewhere do as well."
        [ -n "${2:-}" ] && [ -z "${CI:-}" ] || die "Without them there is no Java card."
        say "Tests that need the Java card will be skipped."
        return
    fi
    scripts/java.sh build
}

setup_lock() {
    setup_core
    once "resolver" requirements/lock.txt -- install_wheels lock
}

case ${1:-} in
core | test | pcsc | lock) "setup_$1" ;;
java) setup_java "$@" ;; # java optional: where it cannot be had, tests are skipped
*) die "usage: scripts/setup.sh core|test|pcsc|java|lock" ;;
esac
