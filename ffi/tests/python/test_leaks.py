"""What is held is let go: counts of live objects return to where they were, memory stays flat."""

import gc
import weakref

import patient_wallet as pw
from wallets import PASSPHRASE, Home, found

COUNTS = ("wallets", "sessions", "requesters", "directories", "cancel_tokens")


def live():
    gc.collect()
    counts = pw.testing_live_objects()
    return {name: getattr(counts, name) for name in COUNTS}


def resident():
    """Gives the KiB of memory in use."""
    with open("/proc/self/status") as status:
        [line] = [line for line in status if line.startswith("VmRSS:")]
    return int(line.split()[1])


def test_a_thousand_objects_are_let_go(home):
    before = live()
    tokens = [pw.CancelToken() for _ in range(1000)]
    assert live()["cancel_tokens"] == before["cancel_tokens"] + 1000
    del tokens
    assert live() == before


def test_forty_unlocked_wallets_are_let_go(home):
    home.create().lock()
    before = live()

    def cycle(number):
        session = home.unlock()
        session.add(pw.NewEntry(kind=pw.AuthoredKind.NOTE, text=f"cycle {number}"))
        session.lock()

    for number in range(10):
        cycle(number)
    after_ten = resident()
    for number in range(10, 40):
        cycle(number)
    assert live() == before
    assert resident() - after_ten < 8 * 1024


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
