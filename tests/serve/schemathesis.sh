#!/bin/sh
# Has Schemathesis test a server against the description of its API. Runs by itself:
#     sh tests/serve/schemathesis.sh target/debug/tokctl [OPTION…]
# OPTIONs are those of `schemathesis run`; for a long run, `--max-examples 500`. Uses the `schemathesis` in
# PATH, or installs one from PyPI into a folder of its own. Exits with 77 if it can do neither.
set -eu
tokctl=$(realpath "$1")
shift
[ "$#" -gt 0 ] || set -- --max-examples 20 --seed 1
folder=$(mktemp -d)
server=
# Only the trap calls it.
# shellcheck disable=SC2317
finish() {
    [ -z "$server" ] || kill "$server" 2> /dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

if ! schemathesis=$(command -v schemathesis); then
    python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" -q install 'schemathesis>=4' || exit 77
    schemathesis=$folder/venv/bin/schemathesis
fi

export TOKCTL_DATABASE="$folder/tokctl.db"
"$tokctl" -q user add root-of-tests --admin
"$tokctl" -q settings set default-user root-of-tests
# What is tested revokes and deletes tokens with low ids, and adds, bans and removes users.
"$tokctl" -q create --count 300 --scope posts.read > /dev/null
secret=$("$tokctl" -q create --name schemathesis --scope tokctl.admin,tokctl.introspect)
true > "$folder/log"
"$tokctl" serve --listen 127.0.0.1:0 --log-format json --access-log errors 2>> "$folder/log" &
server=$!
address=
while [ -z "$address" ]; do
    kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
    address=$(sed -n 's/.*"message":"listening","address":"\([^"]*\)".*/\1/p' "$folder/log")
    [ -n "$address" ] || sleep 0.05
done

cd "$folder"
# /auth answers all methods there are, and OpenAPI 3.1 knows only some.
cat > schemathesis.toml << 'END'
[[operations]]
include-path = "/auth"
checks.unsupported_method.enabled = false
END
status=0
"$schemathesis" --no-color run "http://$address/openapi.json" --checks all \
    --header "Authorization: Bearer $secret" "$@" || status=$?
# Whatever the requests did, the server is there, and no answer was one of a failure.
kill -0 "$server"
if grep '"level":"error"' "$folder/log"; then
    status=1
fi
exit "$status"
