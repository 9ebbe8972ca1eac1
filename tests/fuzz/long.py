#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs libFuzzer's targets by CPU time: long.py JOBS SECONDS BUILD TARGET... (long.sh builds them and calls it).

BUILD/ledger has a line for each run: target, commit, CPU seconds, executions, edges that no run before had reached,
ok or FAILED. A target runs until the sum of its lines is SECONDS, and goes on from BUILD/corpus/TARGET. An input that
breaks it is left beside that; the other targets go on, and the end is a failure for as long as the line is there, as it
is where a target has not had its seconds. What is taken out of the ledger is run again. SECONDS of 0 prints the table alone.
"""

import collections
import concurrent.futures
import fcntl
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
CLOCK = os.sysconf("SC_CLK_TCK")
Run = collections.namedtuple("Run", "target commit cpu executions edges result")

stopped = threading.Event()


def commit():
    """Of the tree; with a + where it was changed since."""
    def git(*words):
        return subprocess.run(["git", "-C", HERE, *words], capture_output=True, text=True, check=False).stdout.strip()
    return (git("rev-parse", "--short", "HEAD") or "-") + ("+" if git("status", "--porcelain", "-uno") else "")


def cpu_seconds(pid):
    """What the process has used so far."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / CLOCK


def read_ledger(path):
    if not path.exists():
        return []
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [Run(row[0], row[1], float(row[2]), int(row[3]), int(row[4]), row[5]) for row in rows]


def add_to_ledger(path, run):
    with path.open("a", encoding="utf-8") as ledger:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        ledger.write("\t".join(map(str, run)) + "\n")


def wait(process, seconds):
    """(exit code, CPU seconds) of the process, which is told to end when its time is over."""
    while True:
        time.sleep(0.5)
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, used.ru_utime + used.ru_stime
        if stopped.is_set() or cpu_seconds(process.pid) >= seconds:
            # libFuzzer ends what it is at, and prints its figures.
            os.kill(process.pid, signal.SIGUSR1)


def run(build, target, tree, before, seconds):
    """One run of so many CPU seconds, or of four times as long by the clock where others have the machine."""
    corpus, log = build / "corpus" / target, build / "corpus" / f"{target}.log"
    corpus.mkdir(parents=True, exist_ok=True)
    command = ["bash", HERE / "target.sh", build / "tests/fuzz" / f"fuzz_{target}", corpus,
               f"-seed={before + 1}", f"-max_total_time={int(4 * seconds) + 60}"]
    with log.open("wb") as out:
        # In a session of its own: what ends this program from a terminal does not end it half-way.
        with subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True) as process:
            code, cpu = wait(process, seconds)
    text = log.read_text(encoding="utf-8", errors="replace")
    executions = re.findall(r"^stat::number_of_executed_units: (\d+)", text, re.MULTILINE)
    # The first is what the seeds and the corpus reach, when all of them have been read.
    edges = [int(number) for number in re.findall(r"^#\d+\t(?!pulse)\w+ +cov: (\d+) ", text, re.MULTILINE)]
    if code not in (0, -signal.SIGUSR1):
        print(f"{target}: broken, see {log}", flush=True)
    return Run(target, tree, round(cpu, 1), int(executions[-1]) if executions else 0, edges[-1] - edges[0] if edges else 0,
               "ok" if code in (0, -signal.SIGUSR1) else "FAILED")


def owed(ledger, target, seconds):
    """What the target has not had yet, as exactly as lines are written."""
    return round(seconds - sum(one.cpu for one in ledger if one.target == target), 1)


def fuzz(build, target, tree, seconds):
    """Runs what the target is still owed."""
    ledger = read_ledger(build / "ledger")
    rest = owed(ledger, target, seconds)
    if rest <= 0 or stopped.is_set():
        return
    print(f"{target}: {rest:.0f} s", flush=True)
    add_to_ledger(build / "ledger", run(build, target, tree, sum(one.target == target for one in ledger), rest))


def table(runs, targets):
    """In Markdown, for SECURITY.md."""
    yield f"| {'target':15} | {'CPU s':>7} | {'executions':>11} | {'exec/s':>7} | {'new edges':>9} | commits |"
    yield "|---|---:|---:|---:|---:|---|"
    for name in (*targets, "all"):
        of_it = [one for one in runs if name in (one.target, "all") and one.target in targets]
        cpu, executions, edges = (sum(getattr(one, what) for one in of_it) for what in ("cpu", "executions", "edges"))
        commits = " ".join(dict.fromkeys(one.commit for one in of_it if name != "all"))
        commits += " FAILED" if any(one.result != "ok" for one in of_it) else ""
        yield (f"| {name:15} | {cpu:7,.0f} | {executions:11,} | {executions / cpu if cpu else 0:7,.0f} | {edges:9,} "
               f"| {commits} |")


def main():
    jobs, seconds, build, targets = int(sys.argv[1]), float(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4:]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    # As it was built; it may be changed while this runs.
    tree = commit()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda target: fuzz(build, target, tree, seconds), targets))
    ledger = read_ledger(build / "ledger")
    print("\n".join(table(ledger, targets)))
    # Whatever ended a run early: a signal, an input, the clock.
    short = {target: rest for target in targets if (rest := owed(ledger, target, seconds)) > 0}
    for target, rest in short.items():
        print(f"{target}: {rest:.1f} s short of {seconds:.0f}")
    sys.exit(bool(short) or any(one.result != "ok" and one.target in targets for one in ledger))


if __name__ == "__main__":
    main()
