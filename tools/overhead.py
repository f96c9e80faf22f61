#!/usr/bin/env python3
"""Prints what the border costs: the same calls from Kotlin, Swift and Python, beside Rust.

All of them call one library, optimised as a phone gets it; Rust is the core called inside of that
library. tools/overhead.py [LANGUAGE...]
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LIBRARY = "libpatient_wallet_ffi.dylib" if sys.platform == "darwin" else "libpatient_wallet_ffi.so"
PLACE = TARGET / "overhead"
LINE = re.compile(r"(rust|overhead) page_us=(\d+) chunk_us=(\d+)")
# A page is copied and turned into objects of the language, a chunk is copied. What is slower by far
# is a defect: the bounds are wide because a busy machine is no reason to fail.
BOUNDS = {"kotlin": (60, 12), "swift": (60, 12), "python": (300, 12)}


def build():
    """Builds the library with what its tests need and puts it beside the code that calls it."""
    subprocess.run(["tools/mobile.sh", "rustc", "--locked", "--profile", "mobile", "--package", "patient-wallet-ffi",
                    "--lib", "--crate-type", "cdylib", "--features", "testing"], cwd=ROOT, check=True)
    shutil.rmtree(PLACE, ignore_errors=True)
    (PLACE / "lib").mkdir(parents=True)
    shutil.copy(TARGET / "mobile" / LIBRARY, PLACE / "lib")
    shutil.copytree(TARGET / "bindings" / "python", PLACE / "python", symlinks=True)


def measured(command, **environment):
    """Runs a command and gives the figures it prints."""
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    figures = {name: (int(page), int(chunk)) for name, page, chunk in LINE.findall(done.stdout)}
    if done.returncode != 0 or "overhead" not in figures:
        print(done.stdout)
        print(f"{command[0]} ended with {done.returncode}")
    return figures


def python():
    return measured([sys.executable, "ffi/tests/python/overhead.py"], PYTHONPATH=str(PLACE / "python"))


def kotlin():
    return measured(["android/test.sh", "-o"], WALLET_OVERHEAD="1", WALLET_OVERHEAD_LIB=str(PLACE / "lib"))


def swift():
    return measured(["ios/test.sh"], WALLET_OVERHEAD="1", WALLET_OVERHEAD_LIB=str(PLACE / "lib"))


def main(languages):
    build()
    every = {"python": python, "kotlin": kotlin, "swift": swift}
    found = {"python": python()}
    found |= {language: every[language]() for language in languages if language != "python"}
    rust = found["python"].get("rust")
    passed = failed = 0
    print(f"\n{'':10} {'1,000 records':>22} {'1 MiB chunk':>22}")
    if rust:
        print(f"{'rust':10} {rust[0]:>16} µs     {rust[1]:>16} µs")
    for language in languages:
        here = found[language].get("overhead")
        if not rust or not here:
            failed += 1
            continue
        ratios = [mine / theirs for mine, theirs in zip(here, rust)]
        print(f"{language:10} {here[0]:>10} µs {ratios[0]:>6.1f} x {here[1]:>11} µs {ratios[1]:>6.1f} x")
        for ratio, bound in zip(ratios, BOUNDS[language]):
            if ratio <= bound:
                passed += 1
            else:
                failed += 1
                print(f"{language}: {ratio:.1f} times Rust, {bound} at most")
    if rust:
        told = ", ".join(f"{language} {found[language]['overhead'][0] / rust[0]:.1f}x/{found[language]['overhead'][1] / rust[1]:.1f}x"
                         for language in languages if "overhead" in found[language])
        print(f"table: page/chunk against Rust: {told}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["kotlin", "swift", "python"]))
