#!/usr/bin/env bash
# The Java card in applet/, by Maven.
#
#   scripts/java.sh build    compile and package it, once for the present content of applet/, unless a
#                            source that is written from the contract is not what the contract says
#   scripts/java.sh test     run its own tests and print how many each module has
#   scripts/java.sh hint     say it when applet/ has changed since it was built
#   scripts/java.sh accept   write the hashes of the libraries that were fetched to applet/artifacts.sha256
#
# Maven fetches with the settings that are there; what ends up on the card's class path must have the
# hash that applet/artifacts.sha256 gives.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

stamp=applet/link/target/.built
libraries=applet/link/target/lib
hashes=applet/artifacts.sha256

content() { find applet -type f -not -path '*/target/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum; }

is_fresh() { [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$(content)" ]; }

# Run Maven; say nothing unless it fails, and then what it warned of and why. Leaves its words in $log.
maven() {
    mvn -B -ntp -Dstyle.color=never -f applet/pom.xml "$@" >"$log" 2>&1 || {
        grep -E '^\[(WARNING|ERROR)\]|^  ' "$log" >&2 || cat "$log" >&2
        return 1
    }
}

third_party() { (cd "$libraries" && find . -name '*.jar' -not -name 'unicard-*' -printf '%f\n' | LC_ALL=C sort); }

check_libraries() {
    local unknown
    unknown=$(third_party | grep -v -x -F -f <(sed 's/^[^ ]*  //' "$hashes") || true)
    [ -z "$unknown" ] || die "These libraries have no hash in $hashes:" $unknown
    (cd "$libraries" && sha256sum --check --strict --quiet) <"$hashes" >&2 ||
        die "Libraries of the Java card are not those of $hashes. Do not use them: ask who mirrors Maven Central for you."
}

# Two Mavens in one folder break each other's work: one waits for the other. Every checkout has this file.
alone() {
    command -v flock >/dev/null || return 0
    exec 9<applet/pom.xml
    flock --nonblock 9 || { say "Waiting for another build of the Java card." && flock 9; }
}

# Some sources are written from the contract. Where Python cannot be asked yet, tests do it later.
check_sources() {
    [ -e .venv/bin/unicard ] || return 0
    .venv/bin/python -m cli spec java --check >/dev/null || die "So the Java card is not built."
}

build() {
    check_sources
    is_fresh && return
    alone
    is_fresh && return
    say "Building the Java card."
    local before
    before=$(content)
    rm -rf "$stamp" "$libraries"
    maven package -DskipTests || die "The Java card could not be built."
    check_libraries
    echo "$before" >"$stamp"
}

tests() {
    if ! command -v mvn >/dev/null && [ -z "${CI:-}" ]; then
        say "There is no Maven: the Java card's own tests are skipped."
        return
    fi
    alone
    maven test || die "Tests of the Java card have failed."
    closing_lines <"$log"
    if [ -n "${CI:-}" ] && closing_lines <"$log" | grep -v -q 'Skipped: 0$'; then
        die "CI is set, so nothing may be skipped."
    fi
}

# Of each module's tests the last line: how many there were.
closing_lines() {
    sed -n -E \
        -e 's/^\[INFO\] --- .*surefire.* @ ([^ ]+) ---$/\1/p' \
        -e 's/^\[(INFO|WARNING)\] (Tests run: [0-9]+, .*Skipped: [0-9]+)$/\2/p' |
        awk '/^Tests run/ { print module ": " $0; next } { module = $0 }'
}

use_jdk || true # Maven says what it lacks
log=$(mktemp)
trap 'rm -f "$log"' EXIT
case ${1:-} in
build) build ;;
test) tests ;;
hint) is_fresh || ! [ -e "$stamp" ] || say "applet/ has changed since it was built; \`make java\` builds it." ;;
accept) third_party | (cd "$libraries" && xargs sha256sum) >"$hashes" ;;
*) die "usage: scripts/java.sh build|test|hint|accept" ;;
esac
