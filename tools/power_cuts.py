#!/usr/bin/env python3
"""Cuts the power under a wallet at work, and checks that nothing it had promised is lost.

A file system of its own in a file, mounted over a loop device; EXT4_IOC_SHUTDOWN without a flush of
the journal is the power cut: what was not synced is gone. Then a mount, which recovers the journal,
and a check; then the wallet works on, for several cuts on one file system. Linux, root, in a mount
namespace of its own:  unshare --mount tools/power_cuts.py [--cuts N] [--seed S]

The harness proves itself: with the same cuts it must find what a careless wallet loses, one that
does not sync its commits (synchronous=NORMAL) and one that syncs no directory.
"""

import argparse
import ctypes
import fcntl
import itertools
import os
import random
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from trials import Crashes, Life, build_shim, finish

EXT4_IOC_SHUTDOWN = 0x8004587D
NOLOGFLUSH = 2
LIBC = ctypes.CDLL(None, use_errno=True)
WAIT_WRITE_WAIT = 1 | 2 | 4  # of sync_file_range(2)
PAGE = 4096
# What a careless wallet leaves out, its name, and the operation after which the power is cut.
MUTANTS = (("commits", "synchronous=NORMAL", "import"), ("directories", "no sync of directories", "export"))
MUTANT_CUTS = 12


class Disk:
    """A file system that can lose its power."""

    def __init__(self, folder):
        self.image, self.place = folder / "image", folder / "disk"
        self.random = None
        self.place.mkdir()

    def fresh(self):
        """Makes it anew."""
        self.end()
        self.image.unlink(missing_ok=True)
        subprocess.run(["truncate", "--size", "48M", self.image], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", self.image],
                       check=True)
        self.mount()

    def mount(self):
        """Nothing becomes durable by itself or by a guess: no commit by time, none at a rename."""
        subprocess.run(["mount", "-o", "loop,commit=600,noauto_da_alloc", self.image, self.place], check=True)

    def cut(self, process):
        """Takes the power away; of every other cut, some pages reach the disk before it, in no order."""
        # Nobody works on after a cut: what is said from here on was not promised before it.
        process.send_signal(signal.SIGSTOP)
        self.await_stop(process)
        if self.random and self.random.random() < 0.5:
            self.scatter()
        folder = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))
        os.close(folder)

    @staticmethod
    def await_stop(process):
        """Waits until it stands still, or is in a call that it returns from no more."""
        for _ in range(1000):
            with open(f"/proc/{process.pid}/stat") as stat:
                if stat.read().rpartition(") ")[2][0] in "TtDZX":
                    return
            time.sleep(0.0001)

    def scatter(self):
        """Writes some of the pages that wait for a sync."""
        for path in self.place.rglob("*"):
            if path.is_file():
                file = os.open(path, os.O_RDONLY)
                for page in range(os.fstat(file).st_size // PAGE + 1):
                    if self.random.random() < 0.5:
                        LIBC.sync_file_range(file, ctypes.c_int64(page * PAGE), ctypes.c_int64(PAGE), WAIT_WRITE_WAIT)
                os.close(file)

    def recover(self):
        """Gives the power back."""
        subprocess.run(["umount", self.place], check=True)
        self.mount()

    def end(self):
        """Unmounts it."""
        if os.path.ismount(self.place):
            subprocess.run(["umount", self.place], check=True)


def cuts(disk, folder, number, seed, environment=None, aim=None):
    """Cuts the power so many times, and gives what was counted."""
    crashes, born = Crashes(disk.cut, seed, aim), itertools.count()
    disk.random = None if aim else random.Random(seed)

    def birth():
        disk.fresh()
        life = next(born)
        # Every other wallet has its keystore on the same disk, as the command line has.
        keystore = disk.place / "keystore" if life % 2 else folder / f"keystore-{aim}-{life}"
        return Life(disk.place / "home", keystore, seed + life, environment)

    crashes.run(number, birth, disk.recover, quiet=bool(aim))
    disk.end()
    return crashes


def main():
    arguments = argparse.ArgumentParser(description="Cuts the power under a wallet at work.")
    arguments.add_argument("--cuts", type=int, default=105, help="number of power cuts")
    arguments.add_argument("--seed", type=int, default=int(time.time()), help="what the trials follow from")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        disk, found = Disk(folder), []
        try:
            started = time.monotonic()
            sound = cuts(disk, folder, options.cuts, options.seed)
            each = (time.monotonic() - started) / options.cuts
            print(f"seed {options.seed}: {sound.summary()}, {each:.2f} s a cut")
            sound.told()
            passed, failed = sound.verdicts["ok"], options.cuts - sound.verdicts["ok"]
            shim = build_shim(folder)
            for skip, what, aim in MUTANTS:
                environment = {"LD_PRELOAD": str(shim), "FAULT_PREFIX": str(disk.place), "FAULT_SKIP": skip}
                mutant = cuts(disk, folder, MUTANT_CUTS, options.seed, environment, aim)
                caught = mutant.verdicts["lost"] + mutant.verdicts["damaged"]
                found.append(f"{what} {caught} of {MUTANT_CUTS}")
                print(f"{'ok    ' if caught else 'FAILED'} found by the cuts: {found[-1]}")
                passed, failed = passed + (caught > 0), failed + (caught == 0)
        finally:
            disk.end()
    finish(passed, failed, f"{sound.summary()}; found: {', '.join(found)}")


if __name__ == "__main__":
    main()
