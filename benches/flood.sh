#!/bin/sh
# Measures `verify --batch` with many bad secrets, with recording off and on: the rate, the number
# of attempts in the log, and the size of the database.
#
#   benches/flood.sh [SECRETS]      default: 200000
#
# The binary is $TOKCTL, or else target/release/tokctl.
set -eu

count=${1:-200000}
tokctl=${TOKCTL:-$(dirname "$0")/../target/release/tokctl}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TOKCTL_DATABASE="$folder/tokctl.db"
"$tokctl" -q create > /dev/null
# Well-formed unknown secrets come from another database.
"$tokctl" -q --database "$folder/other.db" create --count "$((count / 2))" > "$folder/unknown"
seq "$((count - count / 2))" | sed 's/^/malformed/' > "$folder/malformed"
paste -d '\n' "$folder/unknown" "$folder/malformed" > "$folder/flood"

for recorded in none failures none failures none failures; do
    "$tokctl" -q settings set record-attempts "$recorded" > /dev/null
    begin=$(date +%s%N)
    "$tokctl" verify --batch - < "$folder/flood" > /dev/null || true
    end=$(date +%s%N)
    kept=$("$tokctl" -q log --kind verify --format jsonl | wc -l | tr -d ' ')
    echo "$recorded: $((count * 1000000000 / (end - begin))) per second, $kept attempts kept," \
        "$(($(wc -c < "$TOKCTL_DATABASE") / 1024)) KiB"
done
