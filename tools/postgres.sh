#!/bin/sh
# PostgreSQL's programs for `make test`, on Debian or Ubuntu. Without them the tests that need a server are skipped.
# usage: tools/postgres.sh
set -eu

if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" = 0 ]; then as_root=""
elif sudo -n true 2>/dev/null; then as_root="sudo"
else as_root="none"; fi
if [ "$as_root" = none ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "PostgreSQL is missing and cannot be installed from here: the tests that need it are skipped." >&2
    exit 0
fi
echo "Installing PostgreSQL ..."
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq postgresql-common >/dev/null
# The tests make a cluster of their own: no server of the machine's is set up, or started now and at every boot.
$as_root sh -c 'mkdir -p /etc/postgresql-common/createcluster.d &&
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/chainrule.conf'
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq postgresql >/dev/null
