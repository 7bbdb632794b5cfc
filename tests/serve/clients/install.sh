#!/bin/sh
# Installs libraries of others, with which tests ask the server, into a new folder: `sh install.sh DIR`.
# Tests find them by TOKCTL_TEST_CLIENTS=DIR.
set -eu
here=$(dirname "$0")
mkdir -p "$1"
python3 -m venv "$1/venv"
"$1/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cp "$here/package.json" "$here/package-lock.json" "$1"
npm ci --prefix "$1" --silent --no-audit --no-fund
