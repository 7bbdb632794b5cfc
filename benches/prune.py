#!/usr/bin/env python3
"""Measures whether `prune` delays other commands: how long `verify` and `create` take alone, while
one prune deletes many expired tokens, and while two do.

    benches/prune.py [--rows 1000000]

The binary is $TOKCTL, or else target/release/tokctl. Exits with 1 if a command fails or tokens are
missing at the end.
"""

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

TOKCTL = os.environ.get("TOKCTL") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "target", "release", "tokctl"
)
GOOD = 1000
wrong = []


def tokctl(database, *arguments):
    """Runs tokctl. Returns the seconds that it took and its standard output."""
    begin = time.perf_counter()
    done = subprocess.run(
        [TOKCTL, "-q", "--database", database, *arguments], capture_output=True, text=True
    )
    if done.returncode != 0 or done.stderr:
        wrong.append(f"{arguments[0]}: exit {done.returncode}: {done.stderr.strip()}")
    return time.perf_counter() - begin, done.stdout


def repeated(stop, work, pause, latencies):
    while not stop.is_set():
        latencies.append(work())
        time.sleep(pause)


def meanwhile(database, secrets, during):
    """Runs `during`. Returns the latencies of verifications and creations at the same time."""
    stop, verifications, creations = threading.Event(), [], []
    workers = [
        threading.Thread(target=repeated, args=(stop, work, pause, latencies))
        for work, pause, latencies in [
            (lambda: tokctl(database, "verify", random.choice(secrets))[0], 0.01, verifications),
            (lambda: tokctl(database, "create", "--scope", "a")[0], 0.05, creations),
        ]
    ]
    for worker in workers:
        worker.start()
    during()
    stop.set()
    for worker in workers:
        worker.join()
    return verifications, creations


def show(what, latencies):
    latencies = sorted(latency * 1000 for latency in latencies)
    at = [latencies[len(latencies) * percent // 100] for percent in (50, 90, 99)]
    print(f"{what:34}" + "".join(f"{ms:9.1f}" for ms in [*at, latencies[-1]]) + f"{len(latencies):8}",
          flush=True)


def prunes(database, count):
    """Runs `count` prunes at once and prints the seconds and the output of each."""
    answers = []
    workers = [
        threading.Thread(target=lambda: answers.append(tokctl(database, "prune", "--grace", "0s")))
        for _ in range(count)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for took, output in answers:
        print(f"  prune, {count} at once: {took:.1f} s, {output.strip() or 'nothing pruned'}", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--alone", type=float, default=5, help="seconds to measure without a prune")
    parser.add_argument("--prunes", type=int, default=2, help="largest number of prunes at once")
    parser.add_argument("--database", help="copy this database of tokctl, and let its tokens expire, instead of creating one")
    parser.add_argument("--folder", help="a folder on the disk to measure")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        aged = os.path.join(folder, "aged.db")
        if options.database:
            shutil.copy(options.database, aged)
        else:
            tokctl(aged, "create", "--count", str(options.rows), "--scope", "a", "--out",
                   os.path.join(folder, "secrets"))
        with sqlite3.connect(aged) as connection:
            connection.execute("UPDATE tokens SET expires_at = 1000")
        connection.close()
        secrets = tokctl(aged, "create", "--count", str(GOOD), "--scope", "a")[1].split()
        database = os.path.join(folder, "tokctl.db")

        print("latencies, ms                          50 %     90 %     99 %    worst   count")
        for count in range(options.prunes + 1):
            shutil.copy(aged, database)
            os.sync()
            during = (lambda: prunes(database, count)) if count else lambda: time.sleep(options.alone)
            verifications, creations = meanwhile(database, secrets, during)
            show(f"verify, prunes at once: {count}", verifications)
            show(f"create, prunes at once: {count}", creations)
            left = int(tokctl(database, "list", "--all", "--format", "csv")[1].count("\n")) - 1
            if count and left != GOOD + len(creations):
                wrong.append(f"{left} tokens left, not {GOOD + len(creations)}")

    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
