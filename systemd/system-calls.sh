#!/bin/sh
# Checks that `prune`, run by root, makes no system call that tokctl-prune@.service forbids. For
# machines that cannot run systemd/test.sh. Needs strace and systemd-analyze.
#
#     sh systemd/system-calls.sh target/release/tokctl
set -eu
tokctl=$(realpath "${1:?the path of tokctl}")
unit=$(realpath "$(dirname "$0")")/tokctl-prune@.service
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

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

expand @default | sort -u > "$work/allowed"
sed -n 's/^SystemCallFilter=//p' "$unit" | while read -r words; do
    for word in ${words#"~"}; do expand "$word"; done | sort -u > "$work/set"
    case $words in
    "~"*) comm -23 "$work/allowed" "$work/set" > "$work/next" ;;
    *) sort -u "$work/allowed" "$work/set" > "$work/next" ;;
    esac
    mv "$work/next" "$work/allowed"
done

export TOKCTL_DATABASE="$work/tokctl.db"
"$tokctl" user add alice --quiet > "$work/out"
echo '{"name":"old","secret":"a-secret-from-2019-that-ended","expires_at":"2020-01-01T00:00:00Z"}' > "$work/old"
"$tokctl" import jsonl "$work/old" --quiet > "$work/out"
strace -f -qq -o "$work/trace" "$tokctl" prune > "$work/out"
[ -z "$("$tokctl" list --all --format jsonl --quiet)" ] || { echo "prune deleted nothing"; exit 1; }
# Each line is a process, a call and its arguments. The first call starts tokctl.
sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$work/trace" | sort -u > "$work/used"
comm -23 "$work/used" "$work/allowed" > "$work/forbidden"
if [ -s "$work/forbidden" ]; then
    echo "tokctl-prune@.service forbids:" && cat "$work/forbidden"
    exit 1
fi
echo "tokctl-prune@.service allows all $(grep -c . "$work/used") system calls that prune makes"
