#!/bin/sh
# How long the import of N tokens takes, and how much memory: benches/import.sh [N]
#
# Makes a Sanctum and an AdonisJS source of N tokens of N/10 users each, imports both into a new
# database, and prints rows a second and the peak of resident memory; then once more, when all of
# them are known, and with a report row by row. Wants python3 and a release build.
set -eu
cd "$(dirname "$0")/.."
count=${1:-500000}
[ -x target/release/tokctl ] || cargo build --release
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

# Runs a command; prints its seconds, rows a second and peak memory.
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
    tokctl="target/release/tokctl --database $folder/tokctl.db import $system $folder/$system.db"
    measure "$system, trial run" $tokctl --dry-run
    measure "$system, first run" $tokctl
    measure "$system, second run" $tokctl
    measure "$system, row by row" $tokctl --verbose --json
done
