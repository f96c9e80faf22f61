#!/usr/bin/env python3
"""A file of 500 MiB goes into a wallet, out again, and to a clinic, in the memory of a small one.

    tools/large.py WALLET [MIB]

Memory is what Linux counts for the program while the file passes: the peak from the first chunk on,
beyond what was resident then. What passed is compared byte for byte, whole and at places. A program
that is killed on the way leaves nothing behind once the wallet was opened again. Of a disclosure the
peak of the whole program counts, beside that of the same commands on a file of 1 MiB.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WALLET = str(Path(sys.argv[1]).resolve())
SIZE = int(sys.argv[2] if len(sys.argv) > 2 else 500) << 20
PIECE = 1 << 20
ROOM_KIB = 1920  # the 2 MiB that a file may take, less the two buffers of the first chunk
SEED = 4
PLACES = 8

passed = failed = 0


def check(what, holds):
    """Counts one check."""
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"{'ok    ' if holds else 'FAILED'}  {what}", flush=True)


def start(*words, **options):
    return subprocess.Popen([WALLET, *words], **options)


def run(*words):
    """Runs a command that must succeed and gives its answer."""
    return json.loads(subprocess.run([WALLET, *words, "--json"], check=True, stdout=subprocess.PIPE).stdout)


def memory(process, field):
    """Gives the KiB of a field; 0 when the process has ended."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)


def forget_peak(process):
    """Counts the peak from now on; gives what is resident."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")
    return memory(process, "VmRSS:")


def drafts(files):
    return [path for path in files.glob("*.new")] if files.is_dir() else []


def draft_of(files, process, size):
    """Waits until more than `size` bytes of an unfinished file stand in the folder."""
    while process.poll() is None:
        for path in drafts(files):
            try:
                if path.stat().st_size > size:
                    return path
            except FileNotFoundError:
                pass
        time.sleep(0.0005)
    sys.exit("the program ended before it could be met at work")


def attach(files, source):
    """Attaches the file; gives the answer, and the KiB it took beyond the first chunk."""
    process = start("attach", str(source), "--json", stdout=subprocess.PIPE)
    draft_of(files, process, 0)
    os.kill(process.pid, signal.SIGSTOP)
    idle = peak = forget_peak(process)
    os.kill(process.pid, signal.SIGCONT)
    while process.poll() is None:
        peak = max(peak, memory(process, "VmHWM:"))
        time.sleep(0.002)
    return json.load(process.stdout), peak - idle, peak


def save(attachment, source):
    """Writes the attachment into a pipe; tells whether it is the source, and what memory it took."""
    process = start("attachment", attachment, "-o", "-", stdout=subprocess.PIPE)
    with source.open("rb") as expected:
        same = process.stdout.read(1) == expected.read(1)
        idle = peak = forget_peak(process)  # the pipe is full: the program waits
        while piece := process.stdout.read(PIECE):
            same = same and piece == expected.read(PIECE)
            peak = max(peak, memory(process, "VmHWM:"))
        same = same and not expected.read(1)
    return same and process.wait() == 0, peak - idle, peak


def range_is_same(attachment, source, first, last, out):
    run("attachment", attachment, "-o", str(out), "--range", f"{first}-{last}", "--yes")
    with source.open("rb") as file:
        file.seek(first)
        return file.read(last - first + 1) == out.read_bytes()


def peak_of(*words):
    """Runs a command; gives its answer, and the KiB that it had at most."""
    process = start(*words, "--json", "--yes", stdout=subprocess.PIPE)
    answer = json.load(process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{words[0]} was refused")
    return answer, usage.ru_maxrss


def disclosed(folder, contact, record, source):
    """Lets a clinic have the record of a file; gives the peaks of both sides, and whether it is the source."""
    token, disclosure, opened = (folder / f"{record}.{end}" for end in ("token", "disclosure", "opened"))
    _, given = peak_of("disclose", "--to", str(contact), "--only", "notes", "--records", record, "--for", "7d",
                       "--token-out", str(token), "--disclosure-out", str(disclosure))
    answer, read = peak_of("clinic", "open", str(token), str(disclosure), "-o", str(opened), "--home", str(folder / "clinic"))
    file = next(Path(one["path"]) for one in answer["files"] if "/files/" in one["path"])
    same = subprocess.run(["cmp", "--silent", str(file), str(source)], check=False).returncode == 0
    disclosure.unlink()
    file.unlink()
    return given, read, same


def names(home):
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


def main(folder):
    numbers = random.Random(SEED)
    home, source = folder / "home", folder / "large.bin"
    files = home / "attachments"
    # Memory of the key derivation goes back to the system, whatever glibc has learned from it.
    os.environ.update(WALLET_HOME=str(home), WALLET_PASSPHRASE="a passphrase for a large file",
                      WALLET_KDF="19,2", NO_COLOR="1", MALLOC_MMAP_THRESHOLD_="1048576")
    with source.open("wb") as file:
        for _ in range(SIZE // PIECE):
            file.write(numbers.randbytes(PIECE))
    run("create", "--words-out", str(folder / "words"))

    begun = time.monotonic()
    attached, grown_in, peak_in = attach(files, source)
    taken = time.monotonic() - begun
    check(f"a file of {SIZE >> 20} MiB goes in", attached["size"] == SIZE)
    check(f"its import takes {grown_in} KiB, at most {ROOM_KIB}", 0 <= grown_in <= ROOM_KIB)
    begun = time.monotonic()
    same, grown_out, peak_out = save(attached["id"], source)
    given = time.monotonic() - begun
    check("every byte comes out as it went in", same)
    check(f"its export takes {grown_out} KiB, at most {ROOM_KIB}", 0 <= grown_out <= ROOM_KIB)

    clinic, contact, small = folder / "clinic", folder / "contact", folder / "small.bin"
    run("clinic", "init", "--name", "Dr. Chen", "--class", "clinician", "--words-out", str(folder / "others"), "--home", str(clinic))
    run("clinic", "contact", "-o", str(contact), "--home", str(clinic))
    small.write_bytes(numbers.randbytes(PIECE))
    beside = run("attach", str(small))["record"]
    idle_given, idle_read, _ = disclosed(folder, contact, beside, small)
    begun = time.monotonic()
    given_kib, read_kib, same = disclosed(folder, contact, attached["record"], source)
    shared = time.monotonic() - begun
    grown_given, grown_read = given_kib - idle_given, read_kib - idle_read
    check("a clinic opens the file as it is", same)
    check(f"to disclose it takes {grown_given} KiB more than for 1 MiB, at most {ROOM_KIB}", grown_given <= ROOM_KIB)
    check(f"to open it takes {grown_read} KiB more than for 1 MiB, at most {ROOM_KIB}", grown_read <= ROOM_KIB)

    out = folder / "part.bin"
    places = [(0, 0), (SIZE - 1, SIZE - 1), (65_535, 65_536)]
    for _ in range(PLACES):
        first = numbers.randrange(SIZE)
        places.append((first, min(SIZE - 1, first + numbers.randrange(3 * PIECE))))
    for first, last in places:
        check(f"bytes {first} to {last} are those of the source",
              range_is_same(attached["id"], source, first, last, out))

    before, log = names(home), run("log")
    process = start("attach", str(source))
    left = draft_of(files, process, SIZE // 4)
    process.kill()
    check("an import is killed on the way", process.wait() == -signal.SIGKILL and left.exists())
    check("the wallet holds two attachments", run("status")["vault"]["attachments"] == 2)
    check("the next unlock leaves nothing of the other behind", names(home) == before)
    check("nor in the log", run("log") == log)
    check("the wallet is sound", run("verify")["sound"])
    print(f"table: {SIZE >> 20} MiB in {taken:.1f} s and out {given:.1f} s, peak {peak_in / 1024:.1f} and "
          f"{peak_out / 1024:.1f} MiB, {max(grown_in, grown_out)} KiB of it for the file; to a clinic in {shared:.1f} s, "
          f"{max(grown_given, grown_read)} KiB more than 1 MiB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
