"""Times the border: a page of 1,000 records and a chunk of 1 MiB, beside the core's own calls.

overhead.py prints `rust page_us=... chunk_us=...` and `overhead page_us=... chunk_us=...`, the
fastest of many calls each. The module and the library are those on PYTHONPATH.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import patient_wallet as pw  # noqa: E402
from wallets import Home  # noqa: E402

ROUNDS = 40
MIB = 1024 * 1024


def fastest(call):
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return best * 1e6


def thousand(folder):
    """Writes a file of 1,000 laboratory results."""
    line = ('{"resourceType":"Observation","id":"o%d","status":"final","code":{"coding":[{"system":"http://loinc.org",'
            '"code":"718-7","display":"Hemoglobin"}]},"effectiveDateTime":"2024-01-%02d",'
            '"valueQuantity":{"value":%d.%d0,"unit":"g/L"}}\n')
    path = folder / "thousand.ndjson"
    path.write_text("".join(line % (n, n % 28 + 1, 100 + n % 60, n % 10) for n in range(1000)))
    return path


with tempfile.TemporaryDirectory() as place:
    folder = Path(place)
    session = Home(folder / "wallet").create()
    session.import_file(str(thousand(folder)), pw.ImportOptions())
    (folder / "scan").write_bytes(os.urandom(2 * MIB))
    scan = session.attach(str(folder / "scan"), pw.NewAttachment(name="scan"))
    query = pw.Query(limit=1000)
    assert len(session.find(query).items) == 1000 and len(session.read_attachment(scan.id, 0, MIB)) == MIB
    rust = session.testing_page_nanos(ROUNDS) / 1e3, session.testing_chunk_nanos(scan.id, ROUNDS) / 1e3
    here = fastest(lambda: session.find(query)), fastest(lambda: session.read_attachment(scan.id, 0, MIB))
    session.lock()
    for name, (page, chunk) in (("rust", rust), ("overhead", here)):
        print(f"{name} page_us={page:.0f} chunk_us={chunk:.0f}")
