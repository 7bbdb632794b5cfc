#!/bin/sh
# How long `tokctl verify` takes beside the sqlite3 shell's one indexed SELECT on the same file,
# and how fast `verify --batch` and `list` go through the whole of it.
#
#   benches/verify.sh [TOKENS]      1,000,000 without it; wants hyperfine and sqlite3
#
# The binary is $TOKCTL, else target/release/tokctl. Only the ratios carry over to another machine.
set -eu

tokens=${1:-1000000}
rounds=3
tokctl=${TOKCTL:-$(dirname "$0")/../target/release/tokctl}
[ -x "$tokctl" ] || {
    echo "verify.sh: no $tokctl: cargo build --release, or set TOKCTL" >&2
    exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM
database=$folder/tokctl.db
export TOKCTL_DATABASE="$database"

# Seconds that a command line takes, run once. Older hyperfines have no --input, hence its shell.
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
        2> /dev/null
    # command,mean,stddev,median,user,system,min,max: from the end, for commands have commas too.
    awk -F, -v round="$round" '
        NR > 1 { median[NR] = $(NF - 4); fastest[NR] = $(NF - 1) }
        END {
            printf "round %d  tokctl verify    %8.3f   (%.3f)\n", round, median[2] * 1000, fastest[2] * 1000
            printf "         sqlite3 SELECT   %8.3f   (%.3f)\n", median[3] * 1000, fastest[3] * 1000
            printf "         ratio            %8.2f   (%.2f)\n", median[2] / median[3], fastest[2] / fastest[3]
        }' "$folder/both.csv"
done

echo
rate "verify --batch, all last uses stale" tokens "$(seconds "'$tokctl' verify --batch - < '$folder/secrets'")"
rate "verify --batch, all last uses fresh" tokens "$(seconds "'$tokctl' verify --batch - < '$folder/secrets'")"
rate "list --format jsonl" rows "$(seconds "'$tokctl' list --format jsonl")"
if /usr/bin/time -v true 2> /dev/null; then
    /usr/bin/time -v "$tokctl" list --format jsonl 2>&1 > /dev/null |
        sed -n 's/.*Maximum resident set size (kbytes): /list, most memory in kB:               /p'
    /usr/bin/time -v "$tokctl" verify --batch - 2>&1 < "$folder/secrets" > /dev/null |
        sed -n 's/.*Maximum resident set size (kbytes): /verify --batch, most memory in kB:     /p'
fi
