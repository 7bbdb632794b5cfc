#!/bin/sh
# Measures the time and the memory of importing many tokens.
#
#   benches/import.sh [TOKENS]      default: 500000
#
# Creates a database of Sanctum and one of AdonisJS, each with one user for every 10 tokens. Imports
# each of them four times: with --dry-run, into a new database, again when all tokens are known, and
# with a report on every row. Prints seconds, rows per second and the peak of resident memory.
#
# Needs python3. The binary is $TOKCTL, or else target/release/tokctl.
set -eu

count=${1:-500000}
tokctl=${TOKCTL:-$(dirname "$0")/../target/release/tokctl}
[ -x "$tokctl" ] || {
    echo "import.sh: $tokctl not found; run cargo build --release, or set TOKCTL" >&2
    exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - "$folder" "$count" <<'END'
import hashlib, os, sqlite3, sys
folder, count = sys.argv[1], int(sys.argv[2])
users = max(1, count // 10)
digest = lambda i: hashlib.sha256(b"secret %d" % i).hexdigest()

db = sqlite3.connect(os.path.join(folder, "sanctum.db"))
db.executescript("""
CREATE TABLE users (id INTEGER PRIMARY KEY, name, email, created_at);
CREATE TABLE personal_access_tokens (id INTEGER PRIMARY KEY, tokenable_type, tokenable_id INTEGER,
    name, token, abilities, last_used_at, expires_at, created_at);
CREATE UNIQUE INDEX by_token ON personal_access_tokens (token);""")
at = "2026-01-01 12:00:00"
db.executemany("INSERT INTO users VALUES (?, ?, ?, ?)",
    ((i, f"User {i}", f"u{i}@example.org", at) for i in range(1, users + 1)))
db.executemany("INSERT INTO personal_access_tokens VALUES (?, 'App\\Models\\User', ?, ?, ?, ?, ?, NULL, ?)",
    ((i, i % users + 1, f"token {i}", digest(i), '["posts.read","posts.write"]', at, at)
     for i in range(1, count + 1)))
db.commit()

db = sqlite3.connect(os.path.join(folder, "adonisjs.db"))
db.executescript("""
CREATE TABLE users (id INTEGER PRIMARY KEY, full_name, email, created_at);
CREATE TABLE auth_access_tokens (id INTEGER PRIMARY KEY, tokenable_id INTEGER REFERENCES users (id),
    type, name, hash, abilities, created_at, last_used_at, expires_at);""")
db.executemany("INSERT INTO users VALUES (?, ?, ?, ?)",
    ((i, f"User {i}", f"u{i}@example.net", at) for i in range(1, users + 1)))
db.executemany("INSERT INTO auth_access_tokens VALUES (?, ?, 'auth_token', ?, ?, ?, ?, NULL, NULL)",
    ((i, i % users + 1, f"token {i}", digest(-i), '["posts.read"]', 1767268800000)
     for i in range(1, count + 1)))
db.commit()
END

# Runs a command. Prints its seconds, rows per second and peak of resident memory.
measure() {
    label=$1
    shift
    python3 - "$label" "$count" "$@" <<'END'
import resource, subprocess, sys, time
label, count, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
begun = time.monotonic()
subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
took = time.monotonic() - begun
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{label:28} {took:7.2f} s {count / took:10.0f} rows/s {peak:7.0f} MiB")
END
}

for system in sanctum adonisjs; do
    set -- "$tokctl" --database "$folder/tokctl.db" import "$system" "$folder/$system.db"
    measure "$system, dry run" "$@" --dry-run
    measure "$system, first run" "$@"
    measure "$system, second run" "$@"
    measure "$system, every row" "$@" --verbose --json
done
