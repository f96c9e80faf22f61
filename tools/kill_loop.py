#!/usr/bin/env python3
"""Kills a wallet at work again and again, and checks that nothing it had promised is lost.

    tools/kill_loop.py [--kills N] [--seed S]

What a process wrote stays in the system's memory when it is killed, so this sees what a crash of
the app does, not what a power cut does: for that, tools/power_cuts.py.
"""

import argparse
import itertools
import time
from pathlib import Path

from trials import Crashes, Life, finish, scratch


def main():
    arguments = argparse.ArgumentParser(description="Kills a wallet at work.")
    arguments.add_argument("--kills", type=int, default=84, help="number of kills")
    arguments.add_argument("--seed", type=int, default=int(time.time()), help="what the trials follow from")
    options = arguments.parse_args()
    crashes, born = Crashes(lambda process: process.kill(), options.seed), itertools.count()
    with scratch() as folder:

        def birth():
            life = next(born)
            return Life(Path(folder, f"home-{life}"), Path(folder, f"keystore-{life}"), options.seed + life)

        started = time.monotonic()
        crashes.run(options.kills, birth)
    each = (time.monotonic() - started) / options.kills
    print(f"seed {options.seed}: {crashes.summary()}, {each:.2f} s a kill")
    crashes.told()
    sound = crashes.verdicts["ok"]
    finish(sound, options.kills - sound, crashes.summary())


if __name__ == "__main__":
    main()
