#!/bin/sh
# Runs an image's own commands in its root: as its user, the root read-only, no network but its own loopback.
# Called by tools/image_check.py inside fresh mount, network and process namespaces, with ROOT, RUNS_AS, FOLDER, WORDS (the
# environment), ENTRYPOINT, CMD, HEALTH and PYTHON, each already quoted for the shell.
set -eu

say() { echo "image-check: $*"; }
fail() { say "$*" >&2; exit 1; }
inside() { eval "chroot --userspec=$RUNS_AS $ROOT env -i --chdir=$FOLDER $WORDS $1"; }

$PYTHON -c 'import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x41))'
mount --bind "$ROOT" "$ROOT"
mount -o remount,ro,bind "$ROOT"
mount -t tmpfs -o "uid=${RUNS_AS%:*},gid=${RUNS_AS#*:},mode=750" tmpfs "$ROOT/var/lib/order-health"
mount -t proc proc "$ROOT/proc"

[ "$(inside 'id -u')" = 10001 ] || fail "it does not run as uid 10001"
for place in / /etc /opt/order-health /tmp; do
    ! inside "touch $place/x" 2>/dev/null || fail "$place can be written"
done
for tool in cc gcc pip; do
    ! inside "sh -c 'command -v $tool'" >/dev/null || fail "$tool is left in the image"
done
say "uid 10001, read-only root, no compiler, no pip"

inside "$ENTRYPOINT --version"
inside "python -c 'import sqlite3; sqlite3.connect(\"shop.db\").executescript(open(\"/tmp/plain.sql\").read())'"
inside "$ENTRYPOINT check --config.file /etc/order-health/config.yaml"
! inside "$HEALTH" 2>/dev/null || fail "the HEALTHCHECK is content before anything runs"
inside "$ENTRYPOINT $CMD" &
trap 'kill $!; wait $! || true' EXIT
for _ in $(seq 100); do
    if inside "$HEALTH" 2>/dev/null; then break; fi
    sleep 0.2
done
inside "$HEALTH" || fail "the HEALTHCHECK is not content with a running sidecar"
page="import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:9847/metrics\").read().decode())"
for _ in $(seq 100); do
    if inside "python -c '$page'" | grep '^order_health_probe_success.* 1'; then break; fi
    sleep 0.2
done
inside "python -c '$page'" | grep -q '^order_health_probe_success.* 1' || fail "no probe succeeds on a SQLite shop"
say "ENTRYPOINT, CMD and HEALTHCHECK work as written"
