#!/bin/sh
# Checks that `prune` and `serve`, run by root, make no system call that their units forbid. For
# machines that cannot run systemd/test.sh. Needs strace, systemd-analyze, systemd-socket-activate and
# curl.
#
#     sh systemd/system-calls.sh target/release/tokctl
set -eu
tokctl=$(realpath "${1:?the path of tokctl}")
source=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -KILL "$server" 2> /dev/null; rm -rf "$work"' EXIT

# The names of the calls of a set, and of the sets in it.
expand() {
    case $1 in
    @*)
        systemd-analyze syscall-filter "$1" | sed -n 's/^ *\([-@a-z0-9_]*\)$/\1/p' | sed 1d |
            while read -r name; do expand "$name"; done
        ;;
    *) echo "$1" ;;
    esac
}

# Compares the calls in $work/trace with those that a unit allows.
check() { # UNIT
    expand @default | sort -u > "$work/allowed"
    sed -n 's/^SystemCallFilter=//p' "$source/$1" | while read -r words; do
        for word in ${words#"~"}; do expand "$word"; done | sort -u > "$work/set"
        case $words in
        "~"*) comm -23 "$work/allowed" "$work/set" > "$work/next" ;;
        *) sort -u "$work/allowed" "$work/set" > "$work/next" ;;
        esac
        mv "$work/next" "$work/allowed"
    done
    # Each line is a process, a call and its arguments. The first call starts tokctl.
    sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$work/trace" | sort -u > "$work/used"
    comm -23 "$work/used" "$work/allowed" > "$work/forbidden"
    if [ -s "$work/forbidden" ]; then
        echo "$1 forbids:" && cat "$work/forbidden"
        exit 1
    fi
    echo "$1 allows all $(grep -c . "$work/used") system calls that tokctl makes"
}

export TOKCTL_DATABASE="$work/tokctl.db"
"$tokctl" user add alice --quiet > "$work/out"
echo '{"name":"old","secret":"a-secret-from-2019-that-ended","expires_at":"2020-01-01T00:00:00Z"}' > "$work/old"
"$tokctl" import jsonl "$work/old" --quiet > "$work/out"
strace -f -qq -o "$work/trace" "$tokctl" prune > "$work/out"
[ -z "$("$tokctl" list --all --format jsonl --quiet)" ] || { echo "prune deleted nothing"; exit 1; }
check tokctl-prune@.service

# The socket comes from systemd-socket-activate, whose process becomes tokctl: strace -D is another one. As
# under the unit, the limit of open files is set already.
secret=$("$tokctl" create --scope posts.manage --quiet)
prlimit --pid $$ --nofile=20000:20000
systemd-socket-activate --listen "$work/socket" -E TOKCTL_DATABASE \
    strace -D -f -q -o "$work/trace" "$tokctl" serve 2> "$work/log" &
server=$!
wait_until() { # COMMAND…
    for _ in $(seq 600); do
        ! "$@" 2> /dev/null || return 0
        sleep 0.1
    done
    echo "waited in vain: $*" && cat "$work/log"
    exit 1
}
wait_until test -S "$work/socket"
ask() { # EXPECTED-STATUS PATH [OPTION…]
    expected=$1 url=http://localhost$2
    shift 2
    status=$(curl -s -o "$work/out" -w '%{http_code}' --unix-socket "$work/socket" "$@" "$url")
    [ "$status" = "$expected" ] || { echo "$url: $status"; cat "$work/log"; exit 1; }
}
ask 204 /auth -H "Authorization: Bearer $secret"
ask 401 /auth -H "Authorization: Bearer $secret-"
ask 200 /readyz
ask 200 /metrics
ask 200 /revoke -d "token=$secret"
kill -HUP "$server"
wait_until grep -q reloaded "$work/log"
kill -TERM "$server"
ended=$server
wait "$server"
server=
wait_until grep -q "^$ended *+++ exited with 0 +++" "$work/trace"
check tokctl-serve@.service
