#!/usr/bin/env python3
"""Compares SQLite's journal modes for a database like that of tokctl.

    benches/journal.py                    a small run
    benches/journal.py --rows 1000000     the run that src/store/sqlite/open.rs quotes

For each mode, with its `synchronous` level, it measures:

  reader       open, one look-up by hash, close, while nothing else happens
  writer       open, BEGIN IMMEDIATE, one UPDATE of last_used_at, COMMIT, close
  under prune  the same readers while another process deletes all rows in many transactions
  read-only    whether an account can read the database if it can write neither the file nor its
               folder; only root can find out, because this needs another account
  other files  the files next to the database when no process has it open

Compare only the ratios within one run: times depend on the disk and the machine. Readers and
writers of all modes take turns, so that other load affects all of them alike.
"""

import argparse
import hashlib
import multiprocessing
import os
import random
import shutil
import sqlite3
import statistics
import tempfile
import time

MODES = [
    ("DELETE", "EXTRA"),
    ("TRUNCATE", "FULL"),
    ("PERSIST", "FULL"),
    ("WAL", "FULL"),
    ("WAL", "NORMAL"),
]

# The tables of src/store/sqlite/schema.rs without the CHECKs, which cost the same in every mode.
SCHEMA = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE,
    email TEXT, email_key TEXT UNIQUE, full_name TEXT, admin INTEGER NOT NULL DEFAULT 0,
    banned_at INTEGER, banned_reason TEXT, created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL, hint TEXT NOT NULL,
    name TEXT NOT NULL, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL, source TEXT NOT NULL DEFAULT 'tokctl', created_at INTEGER NOT NULL,
    expires_at INTEGER, last_used_at INTEGER, revoked_at INTEGER, revoked_reason TEXT
) STRICT;
CREATE UNIQUE INDEX tokens_by_hash ON tokens (hash);
CREATE INDEX tokens_by_user ON tokens (user_id);
CREATE INDEX tokens_by_name ON tokens (name);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

LOOK_UP = """SELECT t.id, t.name, t.scopes, t.expires_at, t.revoked_at, u.name, u.banned_at
FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = ?"""
TOUCH = "UPDATE tokens SET last_used_at = ? WHERE id = ?"
STEP_END = "SELECT max(id) FROM (SELECT id FROM tokens WHERE id > ? ORDER BY id LIMIT ?)"
PRUNE = """DELETE FROM tokens WHERE id > ? AND id <= ?
AND (revoked_at < ? OR expires_at < ? OR last_used_at < ?)"""

BUSY_TIMEOUT = 5.0
ANOTHER_ACCOUNT = 65534


def hash_of(token):
    return hashlib.sha256(str(token).encode()).digest()


def connect(path):
    # Like tokctl: SQLite itself opens a file read-only if this account cannot write it.
    return sqlite3.connect(
        f"file:{path}?mode=rw", uri=True, timeout=BUSY_TIMEOUT, isolation_level=None
    )


def writable(path, mode, synchronous):
    connection = connect(path)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


def build(path, rows):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;" + SCHEMA)
    connection.execute("BEGIN")
    connection.execute("INSERT INTO users (name, name_key, created_at) VALUES ('root', 'root', 0)")
    connection.executemany(
        "INSERT INTO tokens (hash, hint, name, user_id, scopes, created_at, expires_at)"
        " VALUES (?, 'tok_Ab3d', 'Secret Token', 1, '*', 1000, 2000)",
        ((hash_of(token),) for token in range(1, rows + 1)),
    )
    connection.execute("COMMIT")
    connection.close()


def read_once(path, token):
    begin = time.perf_counter()
    connection = connect(path)
    connection.execute(LOOK_UP, (hash_of(token),)).fetchall()
    connection.close()
    return time.perf_counter() - begin


def write_once(path, mode, synchronous, token):
    begin = time.perf_counter()
    connection = writable(path, mode, synchronous)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(TOUCH, (int(begin * 1000), token))
    connection.execute("COMMIT")
    connection.close()
    return time.perf_counter() - begin


def prune(path, mode, synchronous, step, pause):
    """Deletes in steps as `tokctl prune` does. Returns the seconds that it took."""
    begin = time.perf_counter()
    connection = writable(path, mode, synchronous)
    connection.execute("PRAGMA cache_size = -262144")
    after = 0
    while (last := connection.execute(STEP_END, (after, step)).fetchone()[0]) is not None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(PRUNE, (after, last, 3000, 3000, None))
        connection.execute("COMMIT")
        after = last
        time.sleep(pause)
    connection.close()
    return time.perf_counter() - begin


def read_until(stop, path, rows, seed, results):
    """Does look-ups, with a short pause after each, until `stop` is set."""
    choice = random.Random(seed)
    latencies, failures = [], 0
    while not stop.is_set():
        begin = time.perf_counter()
        try:
            read_once(path, choice.randint(1, rows))
        except sqlite3.OperationalError:
            failures += 1
        latencies.append(time.perf_counter() - begin)
        time.sleep(0.002)
    results.put((latencies, failures))


def under_prune(path, mode, synchronous, options):
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    readers = [
        multiprocessing.Process(target=read_until, args=(stop, path, options.rows, seed, results))
        for seed in range(options.readers)
    ]
    for reader in readers:
        reader.start()
    took = prune(path, mode, synchronous, options.step, options.pause / 1000)
    stop.set()
    answers = [results.get() for _ in readers]
    for reader in readers:
        reader.join()
    latencies = sorted(latency for answer, _ in answers for latency in answer)
    return took, latencies, sum(failures for _, failures in answers)


def read_as_another_account(path):
    """`yes`, or the error of SQLite; `?` if this is not root."""
    if os.geteuid() != 0:
        return "?"
    here, there = multiprocessing.Pipe(duplex=False)

    def child():
        os.setgroups([])
        os.setgid(ANOTHER_ACCOUNT)
        os.setuid(ANOTHER_ACCOUNT)
        try:
            read_once(path, 1)
            there.send("yes")
        except sqlite3.Error as error:
            there.send(f"no: {error}")

    process = multiprocessing.Process(target=child)
    process.start()
    answer = here.recv()
    process.join()
    return answer


def other_files(path):
    name = os.path.basename(path)
    found = [file[len(name):] for file in os.listdir(os.path.dirname(path)) if file != name]
    return " ".join(sorted(found)) or "none"


def milliseconds(seconds):
    return f"{seconds * 1000:.{3 if seconds < 0.01 else 1}f}"


def table(heading, lines):
    widths = [max(len(line[column]) for line in [heading, *lines]) for column in range(len(heading))]
    for line in [heading, *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    print(flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--reads", type=int, default=3000, help="short-lived readers per mode")
    parser.add_argument("--writes", type=int, default=300, help="short-lived writers per mode")
    parser.add_argument("--readers", type=int, default=2, help="processes that read during a prune")
    parser.add_argument("--step", type=int, default=2000, help="rows per transaction of a prune")
    parser.add_argument("--pause", type=float, default=0, help="milliseconds between these transactions")
    parser.add_argument("--only", help="only these modes, such as DELETE,WAL")
    parser.add_argument("--folder", help="a folder on the disk to measure")
    options = parser.parse_args()
    wanted = (options.only or "").upper().split(",")
    modes = [mode for mode in MODES if not options.only or mode[0] in wanted]

    with tempfile.TemporaryDirectory(dir=options.folder) as root:
        os.chmod(root, 0o755)
        original = os.path.join(root, "original.db")
        build(original, options.rows)
        paths = {}
        for mode in modes:
            folder = os.path.join(root, "-".join(mode))
            os.mkdir(folder, 0o755)
            paths[mode] = os.path.join(folder, "tokctl.db")
            shutil.copy(original, paths[mode])
            os.chmod(paths[mode], 0o644)
            write_once(paths[mode], *mode, 1)  # sets the mode of the file
        os.unlink(original)
        os.sync()
        print(f"SQLite {sqlite3.sqlite_version}, {options.rows} rows, milliseconds\n")

        choice = random.Random(1)
        reads, writes = {mode: [] for mode in modes}, {mode: [] for mode in modes}
        for round in range(options.reads):
            token = choice.randint(1, options.rows)
            for mode in modes:
                taken = read_once(paths[mode], token)
                if round >= options.reads // 20:  # the first ones warm up the caches
                    reads[mode].append(taken)
        for _ in range(options.writes):
            token = choice.randint(1, options.rows)
            for mode in modes:
                writes[mode].append(write_once(paths[mode], *mode, token))
        first_read = statistics.median(reads[modes[0]])
        first_write = statistics.median(writes[modes[0]])
        lines = []
        for mode in modes:
            read, write = statistics.median(reads[mode]), statistics.median(writes[mode])
            lines.append([
                "+".join(mode),
                milliseconds(read), f"{read / first_read:.2f}",
                milliseconds(write), f"{write / first_write:.2f}",
                other_files(paths[mode]),
                read_as_another_account(paths[mode]),
            ])
        table(["mode", "reader", "ratio", "writer", "ratio", "other files", "read-only"], lines)

        lines = []
        for mode in modes:
            took, latencies, failures = under_prune(paths[mode], *mode, options)
            lines.append([
                "+".join(mode),
                milliseconds(statistics.median(latencies)),
                milliseconds(latencies[len(latencies) * 99 // 100]),
                milliseconds(latencies[-1]),
                str(len(latencies)), str(failures), f"{took:.1f} s",
            ])
            os.unlink(paths[mode])
        print(f"{options.readers} readers during a prune, {options.step} rows per transaction,"
              f" pause {options.pause:g}")
        table(["mode", "median", "99 %", "worst", "reads", "failed", "prune took"], lines)


if __name__ == "__main__":
    main()
