#!/bin/sh
# Stress test: eight shells create, verify, revoke and list tokens at the same time, in one new
# database. Counts and prints every unexpected exit code, every line on standard error, and every
# change that was acknowledged but is missing at the end. Exits with 1 if there is any.
#
#   benches/storm.sh [SECONDS]      default: 60
#
# The binary is $TOKCTL, or else target/release/tokctl.
set -u

seconds=${1:-60}
shells=8
tokctl=${TOKCTL:-$(dirname "$0")/../target/release/tokctl}
[ -x "$tokctl" ] || {
    echo "storm.sh: $tokctl not found; run cargo build --release, or set TOKCTL" >&2
    exit 2
}
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM
export TOKCTL_DATABASE="$folder/tokctl.db"
unset TOKCTL_USER

# expect CODE COMMAND [ARGUMENT]...
# Runs a command of tokctl and prints its output. Records another exit code than CODE, and anything
# on standard error.
expect() {
    code=$1
    shift
    "$tokctl" -q "$@" 2> "$err"
    got=$?
    echo "$1" >> "$mine.commands"
    if [ "$got" -ne "$code" ]; then
        echo "$1: exit $got instead of $code: $(head -n 1 "$err")" >> "$mine.wrong"
    elif [ -s "$err" ]; then
        echo "$1: $(head -n 1 "$err")" >> "$mine.wrong"
    fi
    return "$got"
}

# same WHAT FOUND EXPECTED: records a difference.
same() {
    [ "$2" = "$3" ] || echo "$1: '$2' instead of '$3'" >> "$mine.wrong"
}

reason() {
    sed -n 's/.*"reason":"\([a-z_]*\)".*/\1/p'
}

shell() {
    mine=$folder/$1 err=$folder/$1.stderr round=0
    : > "$mine.wrong"
    while [ "$(date +%s)" -lt "$deadline" ]; do
        round=$((round + 1))
        secret=$(expect 0 create --name "storm $1 $round" --scope posts.manage) || continue
        expect 0 verify "$secret" > /dev/null
        printf '%s\n' "$secret" | expect 3 verify --scope posts.delete - > /dev/null
        expect 0 list --limit 20 > /dev/null
        if [ $((round % 4)) -ne 0 ]; then
            expect 0 revoke "$secret" --reason storm > /dev/null && echo revoked >> "$mine.revoked"
            same verify "$(expect 1 verify --json "$secret" | reason)" revoked
        fi
        same verify "$(expect 1 verify --json "${secret%?}!" | reason)" malformed
        [ $((round % 16)) -ne 0 ] || expect 0 list --all --format jsonl > /dev/null
    done
}

deadline=$(($(date +%s) + seconds))
number=0
while [ "$number" -lt "$shells" ]; do
    number=$((number + 1))
    shell "$number" &
done
wait

lines() {
    cat /dev/null "$@" 2> /dev/null | wc -l | tr -d ' '
}

echo "$shells shells, $seconds s"
sort "$folder"/*.commands | uniq -c

# The number of tokens that `list` prints: its CSV has one line for each, and a heading.
listed() {
    echo $(($("$tokctl" -q list "$@" --format csv | wc -l) - 1))
}
mine=$folder/after
same "tokens created" "$(listed --all)" "$(grep -hc '^create$' "$folder"/*.commands | awk '{ n += $1 } END { print n }')"
same "tokens revoked" "$(listed --status revoked)" "$(lines "$folder"/*.revoked)"
if command -v sqlite3 > /dev/null; then
    same "integrity" "$(sqlite3 "$TOKCTL_DATABASE" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok
fi

wrong=$(lines "$folder"/*.wrong)
echo "unexpected: $wrong"
[ "$wrong" -eq 0 ] || {
    sort "$folder"/*.wrong | uniq -c | sort -rn | head -n 50
    exit 1
}
