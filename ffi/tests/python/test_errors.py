"""Every variant of the error that can occur, each with its code and nothing else."""

import sqlite3

import patient_wallet as pw
import pytest
from wallets import EXAMPLES, PASSPHRASE, Home, imported

NOTE = pw.NewEntry(kind=pw.AuthoredKind.NOTE, text="a note")
# Shares come with the recovery by guardians.
CANNOT_OCCUR = {"NotEnoughShares"}


def variants():
    return {name for name, value in vars(pw.WalletError).items() if isinstance(value, type)}


def locked(home):
    session = home.create()
    session.lock()
    session.status()


def wrong_passphrase(home):
    home.create().lock()
    home.unlock(b"not this one")


def try_later(home):
    home.create().lock()
    for _ in range(5):
        with pytest.raises(pw.WalletError.WrongPassphrase):
            home.unlock(b"not this one")
    try:
        home.unlock()
    except pw.WalletError.TryLater as error:
        assert 0 < error.seconds <= 3600
        raise


def busy(home):
    session = home.create()
    try:
        Home(home.folder, items=home.keystore.items).unlock()
    finally:
        session.lock()


def not_found(home):
    home.create().record("00" * 16)


def invalid_input(home):
    home.create().record("my blood group")


def not_permitted(home):
    home.create().lock()
    home.create()


def expired(home):
    home.create().approve(bytes(32), str(home.folder / "never"))


def damaged(home):
    home.create().lock()
    [vault] = [path for path in home.folder.iterdir() if path.read_bytes().startswith(b"SQLite")]
    vault.write_bytes(b"SQLite format 3\0" + bytes(8192))
    home.unlock()


def unsupported_version(home):
    home.create().lock()
    [vault] = [path for path in home.folder.iterdir() if path.read_bytes().startswith(b"SQLite")]
    database = sqlite3.connect(vault)
    database.execute("PRAGMA user_version = 9999")
    database.close()
    home.unlock()


def keystore_unavailable(home):
    home.create().lock()
    home.keystore.answer["get"] = pw.KeystoreError.Unavailable()
    home.unlock()


def key_invalidated(home):
    home.create().lock()
    home.keystore.items.clear()
    home.unlock()


def cancelled(home):
    cancel = pw.CancelToken()
    cancel.cancel()
    home.create().verify(None, cancel)


def storage(home):
    imported(home.create(), home.folder / "no such file")


CASES = {
    "Locked": (locked, "wallet.locked"),
    "WrongPassphrase": (wrong_passphrase, "wallet.wrong-passphrase"),
    "TryLater": (try_later, "wallet.try-later"),
    "Busy": (busy, "wallet.busy"),
    "NotFound": (not_found, "record.not-found"),
    "InvalidInput": (invalid_input, "record.invalid-id"),
    "NotPermitted": (not_permitted, "wallet.exists"),
    "Expired": (expired, "consent.review-stale"),
    "Damaged": (damaged, "vault.damaged"),
    "UnsupportedVersion": (unsupported_version, "vault.newer-format"),
    "KeystoreUnavailable": (keystore_unavailable, "keystore.unavailable"),
    "KeyInvalidated": (key_invalidated, "wallet.device-secret-lost"),
    "Cancelled": (cancelled, "wallet.cancelled"),
    "Storage": (storage, "file.unreadable"),
}


def test_no_variant_is_left_out():
    assert set(CASES) | CANNOT_OCCUR == variants()
    assert not set(CASES) & CANNOT_OCCUR


@pytest.mark.parametrize("variant", CASES)
def test_a_refusal_has_its_variant_and_its_code(home, variant):
    call, code = CASES[variant]
    with pytest.raises(getattr(pw.WalletError, variant)) as refusal:
        call(home)
    assert refusal.value.code == code


def test_codes_stand_in_the_table_of_errors():
    table = (EXAMPLES.parent / "docs" / "errors.md").read_text()
    for variant, (_, code) in CASES.items():
        assert f"| `{code}` | `{variant}` |" in table, code


@pytest.mark.parametrize("kdf", [pw.KdfCost(memory_kib=1024, passes=2), pw.KdfCost(memory_kib=19456, passes=1)])
def test_a_cheap_key_derivation_is_refused(tmp_path, kdf):
    with pytest.raises(pw.WalletError.InvalidInput) as refusal:
        Home(tmp_path / "cheap", options=pw.WalletOptions(kdf=kdf))
    assert refusal.value.code == "keys.kdf-out-of-bounds"


@pytest.mark.parametrize("passphrase", [b"", b"x" * 1025])
def test_a_passphrase_has_a_length(home, passphrase):
    with pytest.raises(pw.WalletError.InvalidInput) as refusal:
        home.create(passphrase)
    assert refusal.value.code == "keys.passphrase-length"
    assert not home.wallet.exists()


def test_after_a_refusal_everything_goes_on(home):
    session = home.create()
    for _ in range(3):
        with pytest.raises(pw.WalletError.NotFound):
            session.record("00" * 16)
        session.add(NOTE)
    assert session.find(pw.Query()).total == 3
    session.lock()
    home.unlock(PASSPHRASE).lock()
