#!/bin/sh
# Compares `tokctl verify` with one indexed SELECT of the sqlite3 shell on the same database and with
# `true`, which is what it costs to start a process, and measures how fast `verify --batch` and `list`
# process all tokens.
#
#   benches/verify.sh [TOKENS]      default: 1000000
#
# Needs hyperfine and sqlite3. The binary is $TOKCTL, or else target/release/tokctl. Times depend on
# the machine; compare only the ratios.
set -eu

tokens=${1:-1000000}
rounds=3
tokctl=${TOKCTL:-$(dirname "$0")/../target/release/tokctl}
[ -x "$tokctl" ] || {
    echo "verify.sh: $tokctl not found; run cargo build --release, or set TOKCTL" >&2
    exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM
database=$folder/tokctl.db
export TOKCTL_DATABASE="$database"

# Runs a shell command once and prints its seconds. hyperfine runs it in a shell, because old
# versions of hyperfine cannot redirect standard input.
seconds() {
    hyperfine -i --runs 1 --style none --export-csv "$folder/once.csv" "$1" > /dev/null 2>&1
    awk -F, 'NR == 2 { print $(NF - 6) }' "$folder/once.csv"
}

rate() {
    awk -v what="$1" -v unit="$2" -v count="$tokens" -v seconds="$3" 'BEGIN {
        printf "%-38s %8.2f s  %9.0f %s/s\n", what, seconds, count / seconds, unit }'
}

echo "creating $tokens tokens"
"$tokctl" create -q --count "$tokens" --name CI --scope posts.manage > "$folder/secrets"
secret=$(sed -n "$((tokens / 2 + 1))p" "$folder/secrets")
hash=$(printf %s "$secret" | if command -v sha256sum > /dev/null; then sha256sum; else shasum -a 256; fi)
hash=${hash%% *}

echo
echo "one token, ms                median   (fastest)"
round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    hyperfine -N --warmup 20 --runs 500 --style none --export-csv "$folder/both.csv" \
        "$tokctl verify $secret" \
        "sqlite3 $database \"SELECT id, name, scopes, expires_at, revoked_at FROM tokens WHERE hash = x'$hash'\"" \
        true \
        2> /dev/null
    # The columns are command,mean,stddev,median,user,system,min,max. They are counted from the end,
    # because a command may contain commas.
    awk -F, -v round="$round" '
        NR > 1 { median[NR] = $(NF - 4); fastest[NR] = $(NF - 1) }
        END {
            printf "round %d  tokctl verify    %8.3f   (%.3f)\n", round, median[2] * 1000, fastest[2] * 1000
            printf "         sqlite3 SELECT   %8.3f   (%.3f)\n", median[3] * 1000, fastest[3] * 1000
            printf "         true             %8.3f   (%.3f)\n", median[4] * 1000, fastest[4] * 1000
            printf "         ratio to sqlite3 %8.2f   (%.2f)\n", median[2] / median[3], fastest[2] / fastest[3]
            printf "         ratio to true    %8.2f   (%.2f)\n", median[2] / median[4], fastest[2] / fastest[4]
        }' "$folder/both.csv"
done

echo
rate "verify --batch, last uses are written" tokens "$(seconds "'$tokctl' verify --batch - < '$folder/secrets'")"
rate "verify --batch, last uses are recent" tokens "$(seconds "'$tokctl' verify --batch - < '$folder/secrets'")"
rate "list --format jsonl" rows "$(seconds "'$tokctl' list --format jsonl")"
if /usr/bin/time -v true 2> /dev/null; then
    /usr/bin/time -v "$tokctl" list --format jsonl 2>&1 > /dev/null |
        sed -n 's/.*Maximum resident set size (kbytes): /list, peak memory in kB:               /p'
    /usr/bin/time -v "$tokctl" verify --batch - 2>&1 < "$folder/secrets" > /dev/null |
        sed -n 's/.*Maximum resident set size (kbytes): /verify --batch, peak memory in kB:     /p'
fi
