# shellcheck shell=bash
# Functions that the scripts share; sourced, not run.

say() { echo "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# Install Debian packages as root or by sudo, or print the line that does it and fail.
install_packages() {
    local run=()
    local line="apt-get install --yes --no-install-recommends $*"
    if [ "$(id -u)" -ne 0 ]; then
        if ! may_sudo; then
            say "These system packages are missing; as root, run:"
            say "    $line"
            return 1
        fi
        run=(sudo)
    fi
    say "Installing system packages: $*"
    if ! apt_install "$@" && ! { apt_get update && apt_install "$@"; }; then
        say "That did not work. By hand, as root:"
        say "    apt-get update && $line"
        return 1
    fi
}

may_sudo() { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }

apt_install() { apt_get install --yes --no-install-recommends "$@"; }

# Uses the caller's `run`: nothing for root, or sudo. Quiet unless it fails.
apt_get() {
    local output
    output=$("${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" 2>&1) || {
        say "$output"
        return 1
    }
}

# Which packages of scripts/java-packages.txt are missing: what is there from elsewhere is as good.
missing_for_java() {
    local packages
    packages=$(sed -e 's/#.*//' scripts/java-packages.txt)
    use_jdk || grep -o '.*jdk.*' <<<"$packages"
    command -v mvn >/dev/null || grep -x maven <<<"$packages"
}

# Let JAVA_HOME be a JDK that builds the Java card, if the one in use does not.
use_jdk() {
    local home
    if can_build "${JAVA_HOME:+$JAVA_HOME/bin/}javac"; then return; fi
    for home in "$jvms"/*; do
        if can_build "$home/bin/javac"; then
            export JAVA_HOME=$home
            return
        fi
    done
    return 1
}

jvms=/usr/lib/jvm

# The classes of applets are compiled for Java 7, which javac gave up with version 20.
can_build() {
    local version
    version=$("$1" -version 2>&1) || return 1
    version=${version#javac }
    version=${version%%[!0-9]*}
    [ "$version" -ge 17 ] 2>/dev/null && [ "$version" -le 19 ]
}
