#!/bin/sh
# A flood of bad secrets: the rate of verify --batch with recording off and on, how many attempts
# the log keeps of it, and how large the database becomes.
#
#   benches/flood.sh [SECRETS]      200000 without it
#
# The binary is $TOKCTL, else target/release/tokctl.
set -eu

count=${1:-200000}
tokctl=${TOKCTL:-$(dirname "$0")/../target/release/tokctl}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TOKCTL_DATABASE="$folder/tokctl.db"
"$tokctl" -q create > /dev/null
# Secrets of the right shape are those of another database.
"$tokctl" -q --database "$folder/other.db" create --count "$((count / 2))" > "$folder/own"
seq "$((count - count / 2))" | sed 's/^/garbage/' > "$folder/garbage"
paste -d '\n' "$folder/own" "$folder/garbage" > "$folder/flood"

for recorded in none failures none failures none failures; do
    "$tokctl" -q settings set record-attempts "$recorded" > /dev/null
    begin=$(date +%s%N)
    "$tokctl" verify --batch - < "$folder/flood" > /dev/null || true
    end=$(date +%s%N)
    kept=$("$tokctl" -q log --kind verify --format jsonl | wc -l | tr -d ' ')
    echo "$recorded: $((count * 1000000000 / (end - begin))) a second, $kept attempts kept," \
        "$(($(wc -c < "$TOKCTL_DATABASE") / 1024)) KiB"
done
