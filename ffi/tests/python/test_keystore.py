"""A keystore that refuses, throws, takes its time, or asks the patient; and a clock that does not answer."""

import time

import patient_wallet as pw
import pytest
from wallets import PASSPHRASE, refused

WITH = pw.Authentication.PASSPHRASE(bytes=PASSPHRASE)
SECRET_TEXT = "Penicillin-anaphylaxis-1987"


@pytest.fixture
def biometric(home):
    """A wallet that the device opens once it has recognised the patient; locked."""
    session = home.create()
    session.enable_biometrics(WITH)
    session.lock()
    return home


OUTCOMES = [
    (pw.KeystoreError.Cancelled, pw.WalletError.Cancelled, "keystore.cancelled"),
    (pw.KeystoreError.LockedOut, pw.WalletError.KeystoreUnavailable, "keystore.locked-out"),
    (pw.KeystoreError.Invalidated, pw.WalletError.KeyInvalidated, "wallet.biometrics-lost"),
    (pw.KeystoreError.Missing, pw.WalletError.KeyInvalidated, "wallet.biometrics-lost"),
    (pw.KeystoreError.Unavailable, pw.WalletError.KeystoreUnavailable, "keystore.unavailable"),
]


@pytest.mark.parametrize("outcome, kind, code", OUTCOMES, ids=lambda it: getattr(it, "__name__", it))
def test_each_outcome_of_the_prompt_has_its_own_way_back(biometric, outcome, kind, code):
    biometric.keystore.prompt = outcome()
    with refused(code, kind):
        biometric.wallet.unlock_with_biometrics()
    biometric.keystore.prompt = None
    biometric.unlock().lock()  # The passphrase opens whatever the prompt said.


def test_every_outcome_is_tried():
    outcomes = {it.__name__ for it, *_ in OUTCOMES}
    assert outcomes == {name for name, value in vars(pw.KeystoreError).items() if isinstance(value, type)}


def test_the_device_opens_once_it_has_recognised_the_patient(biometric):
    session = biometric.wallet.unlock_with_biometrics()
    session.disable_biometrics(WITH)
    session.lock()
    with refused("vault.no-such-slot", pw.WalletError.KeyInvalidated):
        biometric.wallet.unlock_with_biometrics()


@pytest.mark.parametrize("method", ["get", "put"])
@pytest.mark.parametrize("thrown", [RuntimeError(SECRET_TEXT), KeyError(SECRET_TEXT), MemoryError()])
def test_what_else_it_throws_says_nothing(home, capfd, method, thrown):
    home.create().lock()
    home.keystore.answer[method] = thrown
    with refused("keystore.unavailable", pw.WalletError.KeystoreUnavailable):
        if method == "get":
            home.unlock()
        else:
            # A passphrase that is set needs a new device secret.
            del home.keystore.answer[method]
            session = home.unlock()
            home.keystore.answer[method] = thrown
            try:
                session.change_passphrase(WITH, b"another one")
            finally:
                session.lock()
    home.keystore.answer.clear()
    home.unlock().lock()
    out = capfd.readouterr()
    assert SECRET_TEXT not in out.out + out.err


@pytest.mark.parametrize("answer", [None, 17, object()])
def test_an_answer_of_another_type_is_none(home, monkeypatch, answer):
    home.create().lock()
    monkeypatch.setattr(home.keystore, "get", lambda name: answer)
    with refused("keystore.unavailable", pw.WalletError.KeystoreUnavailable):
        home.unlock()


def test_a_wallet_that_could_not_be_made_is_not_there(home):
    home.keystore.answer["put"] = pw.KeystoreError.Unavailable()
    with refused("keystore.unavailable", pw.WalletError.KeystoreUnavailable):
        home.create()
    assert not home.wallet.exists() and home.keystore.items == {}
    home.keystore.answer.clear()
    home.create().lock()


def test_a_slow_keystore_is_waited_for(home):
    home.create().lock()
    home.keystore.pause = 0.2
    started = time.monotonic()
    session = home.unlock()
    assert time.monotonic() - started >= 0.2
    home.keystore.pause = 0
    session.lock()


def test_secrets_and_policies_are_told_apart(biometric):
    keystore = biometric.keystore
    assert keystore.asks_patient and set(keystore.items) > keystore.asks_patient
    assert all(0 < len(secret) <= 4096 for secret in keystore.items.values())


def test_a_call_of_the_same_wallet_from_its_keystore_is_busy(home):
    session = home.create()
    codes = []

    def call_back(method, name):
        for call in (session.status, session.lock):
            try:
                call()
            except pw.WalletError.Busy as error:
                codes.append(error.code)

    home.keystore.before = call_back
    session.enable_biometrics(WITH)
    home.keystore.before = lambda method, name: None
    assert codes and set(codes) == {"wallet.busy"}
    assert not session.is_locked()
    session.lock()


def test_a_clock_that_throws_closes_the_session(home):
    session = home.create()
    home.clock.error = RuntimeError(SECRET_TEXT)
    with refused("wallet.no-clock", pw.WalletError.Locked):
        session.status()
    home.clock.error = None
    with refused("wallet.locked", pw.WalletError.Locked):
        session.status()
    home.clock.error = pw.CallbackError.Failed()
    with refused("wallet.no-clock", pw.WalletError.Locked):
        home.unlock()
    home.clock.error = None
    home.unlock().lock()


def test_after_five_quiet_minutes_it_is_locked(home):
    session = home.create()
    home.clock.ms += 299_000
    assert not session.lock_if_due()
    session.status()
    home.clock.ms += 301_000
    assert session.lock_if_due() and session.is_locked()
    with refused("wallet.locked", pw.WalletError.Locked):
        session.status()


def test_a_suspended_wallet_lets_another_have_the_files(home):
    session = home.create()
    session.suspend()
    with refused("wallet.suspended", pw.WalletError.Locked):
        session.status()
    session.resume()
    assert session.status().log_size >= 1
    session.lock()
