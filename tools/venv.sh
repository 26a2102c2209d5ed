#!/usr/bin/env bash
# Makes the virtual environment DIR with the first Python >= 3.11 of this machine: tools/venv.sh DIR
set -euo pipefail
dir=${1:?usage: tools/venv.sh DIR}

suits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# The pip of an interpreter is there only when Debian's python3-venv is installed.
has_pip() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

python=
for name in python3 python3.11 python3.12 python3.13 python3.14; do
    if command -v "$name" >/dev/null && suits "$name"; then python=$name && break; fi
done
if [ -z "$python" ]; then
    echo "order-health needs Python 3.11 or newer, and none is on the PATH." >&2
    echo "Debian 12, Ubuntu 24.04 and newer: apt-get install python3 python3-venv" >&2
    exit 1
fi

if ! has_pip "$python"; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"
    else
        echo "$python cannot make a virtual environment; install it with: sudo apt-get install $package" >&2
        exit 1
    fi
fi

if ! "$dir/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$dir" # half made, or its interpreter is gone
    "$python" -m venv "$dir"
fi
