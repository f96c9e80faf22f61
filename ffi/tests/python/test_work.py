"""Long calls: progress, cancelling, and what a listener may and may not do."""

import threading
import time

import patient_wallet as pw
import pytest
from wallets import PASSPHRASE, PATIENT, Steps, found, imported, refused

WITH = pw.Authentication.PASSPHRASE(bytes=PASSPHRASE)


def long_calls(session, tmp_path):
    """Every long call of a session that needs nothing else, by name."""
    return {
        "import": lambda **more: imported(session, PATIENT, **more),
        "verify": lambda **more: session.verify(**more),
        "attach": lambda **more: session.attach(str(PATIENT), pw.NewAttachment(name="it"), **more),
        "backup": lambda **more: session.backup(WITH, None, str(tmp_path / "backup"), replace=True, **more),
    }


def held(session):
    """Gives what a wallet holds; that a backup was begun is logged before anything leaves."""
    status = session.status()
    return status.records, status.versions, status.attachments, status.ways_back


CALLS = ["import", "verify", "attach", "backup"]


@pytest.mark.parametrize("name", CALLS)
def test_progress_goes_up_to_the_end(session, tmp_path, name):
    imported(session, PATIENT) if name != "import" else None
    steps = Steps()
    long_calls(session, tmp_path)[name](progress=steps)
    done = [it for it, _ in steps.heard]
    assert done and done == sorted(done)
    last, total = steps.heard[-1]
    assert total is None or last == total


@pytest.mark.parametrize("name", CALLS)
def test_a_cancelled_call_has_changed_nothing(session, tmp_path, name):
    imported(session, PATIENT) if name != "import" else None
    before = held(session)
    cancel = pw.CancelToken()
    steps = Steps(lambda done, total: cancel.cancel())
    with refused("wallet.cancelled", pw.WalletError.Cancelled):
        long_calls(session, tmp_path)[name](progress=steps, cancel=cancel)
    assert cancel.is_cancelled()
    assert held(session) == before
    assert not (tmp_path / "backup").exists()
    long_calls(session, tmp_path)[name]()


def test_a_token_cancelled_before_stops_at_once(session):
    cancel = pw.CancelToken()
    cancel.cancel()
    steps = Steps()
    with refused("wallet.cancelled", pw.WalletError.Cancelled):
        imported(session, PATIENT, progress=steps, cancel=cancel)
    assert found(session) == []


def test_what_a_listener_throws_is_ignored(session, capfd):
    def throw(done, total):
        raise RuntimeError("Penicillin-anaphylaxis-1987")

    steps = Steps(throw)
    assert imported(session, PATIENT, progress=steps).new == 198
    assert steps.heard
    out = capfd.readouterr()
    assert "Penicillin-anaphylaxis-1987" not in out.out + out.err


def test_a_call_of_the_same_session_from_its_listener_is_busy(session):
    codes = []

    def call_back(done, total):
        for call in (session.status, session.lock, lambda: session.find(pw.Query())):
            try:
                call()
            except pw.WalletError.Busy as error:
                codes.append(error.code)

    assert imported(session, PATIENT, progress=Steps(call_back)).new == 198
    assert codes and set(codes) == {"wallet.busy"}


def test_another_wallet_may_be_called_from_a_listener(session, tmp_path, first_day):
    other = first_day.unlock()
    totals = []
    imported(session, PATIENT, progress=Steps(lambda done, total: totals.append(other.find(pw.Query(limit=1)).total)))
    other.lock()
    assert set(totals) == {198}


def test_a_lock_stops_the_call_that_runs(session):
    running = threading.Event()
    codes = []

    def work():
        try:
            while True:
                session.verify(Steps(lambda done, total: running.set()))
        except pw.WalletError as error:
            codes.append((type(error), error.code))

    imported(session, PATIENT)
    thread = threading.Thread(target=work)
    thread.start()
    assert running.wait(60)
    session.lock()
    thread.join(60)
    assert not thread.is_alive()
    assert codes[0][0] in (pw.WalletError.Cancelled, pw.WalletError.Locked)
    with refused("wallet.locked", pw.WalletError.Locked):
        session.status()


def test_a_lock_does_not_wait_for_the_end_of_the_work(session, home):
    """The call is held inside of a step: it is the lock that makes it stop there."""
    inside, go_on = threading.Event(), threading.Event()
    cancel = pw.CancelToken()
    outcome = []

    def step(done, total):
        inside.set()
        go_on.wait(60)

    def work():
        with refused("wallet.cancelled", pw.WalletError.Cancelled):
            imported(session, PATIENT, progress=Steps(step), cancel=cancel)
        outcome.append("cancelled")

    worker = threading.Thread(target=work)
    worker.start()
    assert inside.wait(60)
    assert not session.is_locked()  # It does not wait for the call either.
    locker = threading.Thread(target=session.lock)
    locker.start()
    deadline = time.monotonic() + 60
    while not cancel.is_cancelled() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert cancel.is_cancelled() and locker.is_alive()
    go_on.set()
    worker.join(60)
    locker.join(60)
    assert outcome == ["cancelled"] and session.is_locked()
    again = home.unlock()
    assert found(again) == []
    again.lock()
