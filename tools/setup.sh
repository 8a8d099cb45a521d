#!/bin/sh
# Everything that `make demo` and `make test` need, on Debian or Ubuntu: bubblewrap and a virtual environment.
# usage: tools/setup.sh VENV
set -eu
venv=$1

if ! command -v bwrap >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then as_root=""
    elif command -v sudo >/dev/null 2>&1; then as_root="sudo"
    else as_root="none"; fi
    if [ "$as_root" = none ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "Chainrule runs student code only inside bubblewrap, which is missing and cannot be installed from" \
            "here: ask your administrator for the package 'bubblewrap', then run this again." >&2
        exit 3
    fi
    echo "Installing bubblewrap ..."
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq bubblewrap >/dev/null
fi

python=
for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Chainrule needs Python 3.11, 3.12 or 3.13; found $(python3 --version 2>&1). Install one of them" \
        "with its venv module, or set PYTHON." >&2
    exit 2
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "Installing the course and its dependencies into $venv ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[instructor,torch,cluster,postgres,dev]'
