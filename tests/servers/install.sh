#!/usr/bin/env bash
# Installs the servers that the tests start, with apt, as far as they are missing: tests/servers/install.sh [PACKAGE...]
# It starts none of them: the tests run their own, on free ports of 127.0.0.1, in temporary folders.
set -euo pipefail

packages=("$@")
[ $# -gt 0 ] || packages=(mariadb-server prometheus prometheus-alertmanager postgresql nginx-light varnish squid openssl
    curl maven default-jre-headless redis-server rabbitmq-server sqlite3 faketime systemd
    chromium npm fonts-noto-cjk)

# What proves that a package is there, however it was installed.
there() {
    case $1 in
        mariadb-server) command -v mariadbd || ls /usr/sbin/mariadbd ;;
        prometheus) command -v prometheus && command -v promtool ;;
        prometheus-alertmanager) command -v prometheus-alertmanager || command -v alertmanager ;;
        postgresql) command -v initdb || ls /usr/lib/postgresql/*/bin/initdb ;;
        nginx-light) command -v nginx || ls /usr/sbin/nginx ;;
        varnish) command -v varnishd || ls /usr/sbin/varnishd ;;
        squid) command -v squid || ls /usr/sbin/squid ;;
        maven) command -v mvn ;;
        default-jre-headless) command -v java ;;
        systemd) command -v systemd-analyze ;;
        chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        fonts-noto-cjk) ls /usr/share/fonts/opentype/noto/NotoSansCJK*.ttc ;;
        rabbitmq-server) command -v rabbitmq-server || ls /usr/lib/rabbitmq/bin/rabbitmq-server ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

missing=()
for package in "${packages[@]}"; do
    there "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

command="apt-get update && apt-get install --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
    echo "missing: ${missing[*]}; install them (on Debian and Ubuntu: $command)" >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "missing: ${missing[*]}; run: sudo sh -c '$command'" >&2
    exit 1
fi

# Debian starts a server as soon as it is installed, unless this file says no.
policy=/usr/sbin/policy-rc.d
kept=$(mktemp -d)
restore() {
    rm -f "$policy"
    [ ! -e "$kept/policy" ] || mv "$kept/policy" "$policy"
    rm -rf "$kept"
}
[ ! -e "$policy" ] || mv "$policy" "$kept/policy"
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"

for package in "${missing[@]}"; do
    there "$package" || { echo "$package was installed, but its server is still not to be found" >&2; exit 1; }
done
