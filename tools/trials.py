"""What the trials share: a worker that is ended from outside, and the check of what it promised.

The binary is `trial` of the package in trials/, which says what each line of a history means.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TRIAL = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "trial"
KINDS = ("import", "attach", "backup", "erase", "attach", "correct", "passphrase", "restore", "add", "suspend", "backup", "export",
         "reopen", "restore", "erase", "relabel", "rehearse", "erase-wallet")
QUICK = ("import", "import", "correct", "add", "relabel", "export", "erase", "attach")
NEEDS = {"correct": "import", "relabel": "import", "erase": "attach", "rehearse": "backup", "restore": "backup"}
MOST_BEFORE = 8  # operations of these before the one that is waited for
COUNT = 1000
CRASHES_OF_A_LIFE = 10
LONGEST = 1.0  # seconds until a worker is ended although what was waited for did not come


def scratch():
    """A folder for a while, in memory where there is such a place: a sync that no cut follows takes time only."""
    memory = "/dev/shm"
    return tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)


def build_shim(folder):
    """Compiles tools/faults.c."""
    shim = Path(folder) / "faults.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", shim,
                    ROOT / "tools" / "faults.c", "-ldl"], check=True)
    return shim


class Life:
    """One wallet, from its creation through several crashes."""

    def __init__(self, home, keystore, seed, environment=None):
        self.home, self.keystore, self.seed = home, keystore, seed
        self.environment = os.environ | {"RUST_BACKTRACE": "0"} | (environment or {})
        self.history = []

    def _input(self):
        """The history as a file to read from."""
        file = tempfile.TemporaryFile("w+")
        file.writelines(line + "\n" for line in self.history)
        file.seek(0)
        return file

    def start(self, errors, *rest):
        """Starts the worker; what it says on stderr goes into a file."""
        with self._input() as history:
            return subprocess.Popen([TRIAL, "work", self.home, self.keystore, str(self.seed), *map(str, rest)],
                                    stdin=history, stdout=subprocess.PIPE, stderr=errors, text=True,
                                    env=self.environment)

    def run(self, *rest):
        """Lets the worker come to its end and gives its exit code and what it said on stderr."""
        with tempfile.TemporaryFile("w+") as errors, self.start(errors, *rest) as process:
            out, _ = process.communicate(timeout=120)
            self.history += out.splitlines()
            errors.seek(0)
            return process.returncode, errors.read().strip()

    def check(self):
        """Checks what was promised: `ok`, `lost`, `damaged` or `broken`, and why."""
        environment = {name: value for name, value in self.environment.items() if name != "LD_PRELOAD"}
        with self._input() as history:
            checked = subprocess.run([TRIAL, "check", self.home, self.keystore], stdin=history, text=True,
                                     capture_output=True, env=environment, timeout=120)
        self.history += [line for line in checked.stdout.splitlines() if line.startswith("settled ")]
        verdict = {0: "ok", 3: "lost", 4: "damaged"}.get(checked.returncode, "broken")
        return verdict, checked.stderr.strip()


class Crashes:
    """Ends workers at chosen moments, and counts what came of it."""

    def __init__(self, crash, seed, aim=None):
        self.crash, self.random = crash, random.Random(seed)
        self.aim = aim  # a kind; then every crash comes just after one of it was done
        self.done = Counter()  # acknowledged operations of each kind
        self.under_way = Counter()  # crashes while an operation of this kind was under way
        self.verdicts = Counter()
        self.typical = {}  # seconds that an operation of each kind takes
        self.turn = 0

    def once(self, life):
        """Lets the worker work, ends it, and gives the lines that it said."""
        # Every kind has its turn; twice of three times it is under way, else just done.
        target, during = KINDS[self.turn % len(KINDS)], self.random.random() < 2 / 3
        self.turn += 1
        before = [self.random.choice(QUICK) for _ in range(self.random.randrange(MOST_BEFORE))]
        if self.aim:
            before, target, during = ["import", *before], self.aim, False
        before += [NEEDS[target]] if target in NEEDS else []
        if not life.history:
            before, target = (["create", *before], target) if self.aim else ([], "create")
        errors = tempfile.TemporaryFile("w+")
        process = life.start(errors, COUNT, ",".join([*before, target]))
        began, started, kind, begun, lines = 0.0, time.monotonic(), None, 0, []
        while line := process.stdout.readline():
            lines.append(line.rstrip("\n"))
            word, _, *rest = line.split()
            now = time.monotonic()
            if word == "begin":
                kind, began, begun = rest[0], now, begun + 1
            elif word == "ack":
                self.typical[kind] = 0.7 * self.typical.get(kind, now - began) + 0.3 * (now - began)
            if now - started > LONGEST:
                break
            if begun > len(before) and word == ("begin" if during else "ack"):
                if during:
                    self.wait(target)
                break
        self.crash(process)
        process.kill()
        lines += process.stdout.read().splitlines()
        process.stdout.close()
        errors.seek(0)
        with errors:
            return lines, process.wait(), errors.read().strip()

    def wait(self, kind):
        """Waits for a part of what an operation takes; most write at their end, after a key was derived."""
        typical = self.typical.get(kind) or 10 ** self.random.uniform(-3, -1)
        until = time.monotonic() + typical * self.random.triangular(0, 1.2, 0.9)
        if typical > 0.02:
            time.sleep(max(0, until - time.monotonic() - 0.001))
        while time.monotonic() < until:
            pass

    def tell(self, life, after):
        """One crash: what was promised before it, and what the check says `after` it."""
        lines, code, errors = self.once(life)
        opened = {}
        for line in lines:
            word, number, *rest = line.split()
            if word == "begin":
                opened = {number: rest[0]}
            elif word == "ack":
                self.done[opened.pop(number)] += 1
        self.under_way.update(opened.values())
        life.history += lines
        after()
        verdict, why = ("broken", errors) if code not in (-9, 0, 1) or "panicked" in errors else life.check()
        if verdict == "broken" and not why:
            why = f"the worker ended with {code}"
        self.verdicts[verdict] += 1
        return verdict, why

    def run(self, number, birth, after=lambda: None, quiet=False):
        """Crashes so many times; `birth` gives a new life, which lasts for some of them."""
        life = None
        for turn in range(number):
            if life is None or turn % CRASHES_OF_A_LIFE == 0:
                life = birth()
            verdict, why = self.tell(life, after)
            if verdict != "ok":
                if not quiet:
                    report(life, verdict, why, f"crash {turn + 1}")
                life = None

    def told(self):
        """Tells how many crashes met an operation of each kind under way."""
        for kind, number in sorted(self.under_way.items()):
            print(f"       {number:4} crashes with {kind} under way; {self.done[kind]} done")

    def summary(self):
        """Says in one line what was counted."""
        return (f"{sum(self.verdicts.values())} crashes, {sum(self.done.values())} operations done, "
                f"{self.verdicts['lost']} lost, {self.verdicts['damaged']} damaged")


def report(life, verdict, why, what):
    """Tells of a broken promise, with all that is needed to see it again."""
    print(f"FAILED {what}: {verdict}")
    for line in why.splitlines()[:20]:
        print(f"       {line}")
    print(f"       seed {life.seed}; the end of its history:")
    for line in life.history[-12:]:
        print(f"       {line}")


def finish(passed, failed, table):
    """Says the counts as `check` reads them, and ends."""
    print(f"table: {table}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)
