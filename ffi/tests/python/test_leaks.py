"""What is held is let go: counts of live objects return to where they were, memory stays flat."""

import ctypes
import gc
import sys
import weakref

import patient_wallet as pw
import pytest
from wallets import PASSPHRASE, Home, found

COUNTS = ("wallets", "sessions", "requesters", "directories", "cancel_tokens")


def live():
    gc.collect()
    counts = pw.testing_live_objects()
    return {name: getattr(counts, name) for name in COUNTS}


class Allocated(ctypes.Structure):
    """The `struct mallinfo2` of malloc.h."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]


def held():
    """Gives the bytes that glibc has given out and Python's own blocks; what the process occupies says less."""
    gc.collect()
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Allocated
    told = mallinfo2()
    return told.uordblks + told.hblkhd, sys.getallocatedblocks()


def test_a_thousand_objects_are_let_go(home):
    before = live()
    tokens = [pw.CancelToken() for _ in range(1000)]
    assert live()["cancel_tokens"] == before["cancel_tokens"] + 1000
    del tokens
    assert live() == before


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="counts what glibc gives out")
def test_forty_unlocked_wallets_are_let_go(home):
    home.create().lock()
    before = live()

    def cycle(number):
        session = home.unlock()
        session.add(pw.NewEntry(kind=pw.AuthoredKind.NOTE, text=f"cycle {number}"))
        session.lock()

    for number in range(10):
        cycle(number)
    (native, blocks) = held()
    for number in range(10, 40):
        cycle(number)
    assert live() == before
    native, blocks = held()[0] - native, held()[1] - blocks
    print(f"{native} bytes and {blocks} blocks more")
    assert native < 256 * 1024 and blocks < 1000


def test_a_session_that_nobody_locked_locks_when_it_is_let_go(home):
    before = live()
    session = home.create()
    assert live()["sessions"] == before["sessions"] + 1
    del session
    assert live() == before
    again = home.unlock(PASSPHRASE)  # It would be busy.
    assert found(again) == []
    again.lock()


def test_a_keystore_is_let_go_with_its_wallet(tmp_path):
    home = Home(tmp_path / "wallet")
    home.create().lock()
    keystore, clock = weakref.ref(home.keystore), weakref.ref(home.clock)
    del home
    gc.collect()
    assert keystore() is None and clock() is None
