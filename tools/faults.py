#!/usr/bin/env python3
"""Lets every single write, sync and new file of a wallet fail, and checks what is left of it.

    tools/faults.py [--only SCENARIO,...] [--every] [--seed S]

For each scenario the n-th call fails once with EIO, for n = 1, 2, ... until the scenario has no n-th
call; the other kinds of faults take every second or third n, or with --every all. The wallet must say a named error or do its work; where the fault passes, it must go on in the same
session; and in the end a sound system finds all that was done, and of what failed all or nothing. Without a fault,
every file that takes a name is synced before, and its folder before the work is acknowledged: some
file systems keep the order that is missing then, and a power cut on them does not show it.
tools/faults.c says what the kinds of faults are; the keystore is outside their reach.

The harness proves itself: writes that lie, which no program can notice, must turn it red.
"""

import argparse
import shutil
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

from trials import Life, build_shim, finish, report, scratch

# What is done before, and in the same session; the calls of the last of these fail.
SCENARIOS = {
    "create": ("", "create"),
    "import": ("create,import", "import"),
    "import-first": ("create", "import"),
    "correct": ("create,import", "correct"),
    "add": ("create,import", "add"),
    "relabel": ("create,import", "relabel"),
    "passphrase": ("create,import", "passphrase"),
    "export": ("create,import", "export"),
    "attach": ("create,import", "attach"),
    "erase": ("create,import,attach", "add,erase"),
    "backup": ("create,import,attach", "backup"),
    "rehearse": ("create,import,attach,backup", "rehearse"),
    "restore": ("create,import,attach,backup,import", "restore"),
    "restore-none": ("create,import,attach,backup,erase-wallet", "restore"),
    "suspend": ("create,import", "add,suspend"),
    "reopen": ("create,import", "add,reopen"),
    "erase-wallet": ("create,import,attach", "add,erase-wallet"),
    "unlock": ("create,import", ""),
    "recover": ("create,import,correct", ""),
}
# Kind of fault, the calls that it can hit, whether it passes, so that the session must go on, and
# how far apart the calls are.
KINDS = {
    "once": ("any", True, 1),
    "dies": ("any", False, 3),
    "fills": ("open,write", False, 2),
    "full": ("open,write", True, 3),
    "short": ("write", True, 3),
}
# The last two find the same code in every transaction: they are left out where nothing else is written.
ONLY = dict.fromkeys(("full", "short"), ("create", "import", "export", "backup", "restore"))
MOST_TOLD = 3
EVERYTHING = ("create", "import", "import", "correct", "add", "relabel", "attach", "passphrase", "export", "backup",
              "erase", "suspend", "rehearse", "restore", "reopen", "erase-wallet", "restore")
SEED = 7  # with it the import that fails brings a file inside a resource
MOST = 2000


class Scenario:
    """A wallet to start from, and what is done while calls fail."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder / name
        before, ops = SCENARIOS[name]
        self.ops = ops.split(",") if ops else []
        self.folder.mkdir()
        self.life = Life(self.folder / "home", self.folder / "keystore", SEED)
        if name == "recover":
            self._be_killed(before)
        elif before:
            code, errors = self.life.run(before.count(",") + 1, before)
            if code:
                raise SystemExit(f"{name}: the wallet to start from could not be made: {errors}")

    def _be_killed(self, before):
        """Leaves a log behind that the next one to open the wallet must recover."""
        with tempfile.TemporaryFile("w+") as errors, self.life.start(errors, 1000, before) as process:
            last = f"ack {before.count(',')}"
            while (line := process.stdout.readline()).rstrip("\n") != last:
                self.life.history.append(line.rstrip("\n"))
            self.life.history.append(last)
            process.kill()
            self.life.history += process.stdout.read().splitlines()
        verdict, why = self._copy("settled", self.life.history).check()
        if verdict != "ok":
            raise SystemExit(f"{self.name}: {why}")

    def _copy(self, name, history, environment=None):
        folder = self.folder / name
        folder.mkdir()
        for part in ("home", "keystore"):
            if (self.folder / part).exists():
                shutil.copytree(self.folder / part, folder / part)
        life = Life(folder / "home", folder / "keystore", SEED, environment)
        life.history = list(history)
        return life

    def fault(self, shim, kind, classes, n):
        """Lets the n-th call fail: whether there was one, and what is wrong with what came of it."""
        name = f"{kind}-{n}"
        first = sum(line.startswith("begin ") for line in self.life.history)
        told = self.folder / f"{name}.report"
        environment = {"LD_PRELOAD": str(shim), "FAULT_PREFIX": str(self.folder / name / "home"),
                       "FAULT_CLASS": classes, "FAULT_KIND": kind, "FAULT_AT": str(n), "FAULT_REPORT": str(told)}
        if self.ops:
            last = first + len(self.ops) - 1
            environment |= {"FAULT_FROM": f"begin {last} ", "FAULT_UNTIL": f"begin {last + 1} "}
        life = self._copy(name, self.life.history, environment)
        code, errors = life.run(len(self.ops) + 1, ",".join([*self.ops, "add"]))
        verdict, why = "ok", errors
        fired = told.exists() and "fired 1" in told.read_text()
        failed = [line for line in life.history if line.startswith("failed")]
        outcome = "refused" if code == 1 or failed else "done"
        if code not in (0, 1) or "panicked" in errors or any(line.endswith(" trial") for line in failed):
            verdict, why = "broken", f"exit {code}, {failed} {errors}"
        elif self.ops and KINDS.get(kind, ("", False, 1))[1] and not life.history[-1].startswith("ack "):
            verdict, why = "stuck", f"the session does not go on after the fault: {failed} {errors}"
        else:
            verdict, why = life.check()
        shutil.rmtree(self.folder / name)
        told.unlink(missing_ok=True)
        return fired, outcome, verdict, why, life


def watch(folder, shim, skip):
    """Does everything once without a fault: how many files took a name, and how many syncs were missing."""
    told = folder / "watch.report"
    environment = {"LD_PRELOAD": str(shim), "FAULT_PREFIX": str(folder / f"watch-{skip}"), "FAULT_SKIP": skip,
                   "FAULT_REPORT": str(told)}
    life = Life(folder / f"watch-{skip}", folder / f"watch-keystore-{skip}", SEED, environment)
    code, errors = life.run(len(EVERYTHING), ",".join(EVERYTHING))
    if code or any(line.startswith("failed") for line in life.history):
        raise SystemExit(f"not everything could be done: {errors} {life.history}")
    report = dict(line.split() for line in told.read_text().splitlines())
    return int(report["renamed"]), int(report["unsynced"])


def every(scenario, shim, pool, kind, classes, counts, first=1, apart=1, quiet=False):
    """Lets one call after another fail; counts what came of it."""
    together = cpu_count() or 1
    for start in range(first, MOST, apart * together):
        turns = range(start, start + apart * together, apart)
        for n, (fired, outcome, verdict, why, life) in zip(
                turns, pool.map(lambda n: scenario.fault(shim, kind, classes, n), turns)):
            if not fired:
                if verdict != "ok":
                    report(life, verdict, why, f"{scenario.name} without a fault")
                    counts["refused"] += 1
                return
            counts[outcome] += 1
            counts[verdict] += 1
            if verdict != "ok" and not quiet and counts[verdict] <= MOST_TOLD:
                report(life, verdict, why, f"{scenario.name}, {kind}, call {n} of {classes}")


def main():
    arguments = argparse.ArgumentParser(description="Lets every write of a wallet fail.")
    arguments.add_argument("--only", help="names of scenarios, with commas between")
    arguments.add_argument("--every", action="store_true", help="take every call for every kind of fault")
    arguments.add_argument("--seed", type=int, default=int(time.time()), help="which calls are taken where not every is")
    options = arguments.parse_args()
    names = options.only.split(",") if options.only else list(SCENARIOS)
    total, started = Counter(), time.monotonic()
    with scratch() as folder, ThreadPoolExecutor(cpu_count()) as pool:
        folder = Path(folder).resolve()
        shim = build_shim(folder)
        for name in names:
            scenario, of_scenario, parts = Scenario(name, folder), Counter(), []
            for kind, (classes, _, apart) in KINDS.items():
                if name not in ONLY.get(kind, names):
                    continue
                counts = Counter()
                apart = 1 if options.every else apart
                every(scenario, shim, pool, kind, classes, counts, 1 + options.seed % apart, apart)
                parts.append(f"{kind} {counts['refused']}+{counts['done']}")
                of_scenario += counts
            total += of_scenario
            verdict = "ok    " if of_scenario["ok"] == of_scenario["refused"] + of_scenario["done"] else "FAILED"
            print(f"{verdict} {name:14} faults refused+survived: {', '.join(parts)}", flush=True)
        names_taken, unsynced = watch(folder, shim, "")
        _, missed = watch(folder, shim, "directories")
        is_synced = names_taken > 0 and unsynced == 0 and missed > 0
        print(f"{'ok    ' if is_synced else 'FAILED'} {names_taken} files took a name, {unsynced} not synced; "
              f"without syncs of directories {missed} are found")
        lies = Counter()
        if "import" in names:
            (folder / "lies").mkdir()
            every(Scenario("import", folder / "lies"), shim, pool, "lies", "write", lies, quiet=True)
            print(f"{'ok    ' if lies['damaged'] + lies['lost'] else 'FAILED'} writes that lie: "
                  f"{lies['damaged'] + lies['lost']} of {lies['refused'] + lies['done']} found")
    faults = total["refused"] + total["done"]
    caught = lies["damaged"] + lies["lost"] + lies["stuck"]
    failed = faults - total["ok"] + (caught == 0 and "import" in names) + (not is_synced)
    print(f"seed {options.seed}: {time.monotonic() - started:.0f} s")
    finish(total["ok"] + (caught > 0) + is_synced, failed,
           f"{faults} faults: {total['refused']} refused by name, {total['done']} survived; "
           f"{total['lost']} lost, {total['damaged']} damaged; {caught} lies found")


if __name__ == "__main__":
    main()
