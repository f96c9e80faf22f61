"""The right to be forgotten: one record is erased, its keys destroyed, not hidden."""

import shutil

import patient_wallet as pw
from wallets import Home, PASSPHRASE, by_reference, found, logged, refused, told, word

STORY = told("right-to-be-forgotten")
EXPECT = STORY["expect"]


def test_what_is_erased_is_gone(patient):
    wanted = STORY["record"]
    [note] = found(patient, text=wanted["find"])
    assert note.reference == wanted["reference"]
    assert wanted["says"] in patient.read(note.id).json
    before = patient.status().records
    erased = patient.erase(note.id)
    with refused(EXPECT["erased"], pw.WalletError.NotFound):
        patient.read(note.id)
    assert found(patient, text=wanted["find"]) == []
    assert patient.status().records == before - 1
    assert patient.verify().faults.total == 0
    assert [word(it.kind) for it in logged(patient, record=note.id)] == EXPECT["log"]
    [finding] = pw.check_log_files([erased.statement], pw.Language.EN)
    assert finding.kind.is_ERASURE() and "erased" in finding.sentence
    again = patient.erasure_statement(note.id)
    assert pw.envelope_kind(again) == pw.SignedKind.ERASURE


def test_an_old_copy_of_the_files_does_not_open_it(patient_home, patient, tmp_path):
    note = by_reference(patient, STORY["record"]["reference"])
    shutil.copytree(patient_home.folder, tmp_path / "old")
    patient.erase(note.id)
    patient.lock()
    old = Home(tmp_path / "old", items=patient_home.keystore.items)
    with refused("vault.rolled-back", pw.WalletError.Damaged):
        old.unlock()
    read = old.wallet.unlock_read_only(pw.Authentication.PASSPHRASE(bytes=PASSPHRASE))
    with refused(EXPECT["old_copy"], pw.WalletError.KeyInvalidated):
        read.read(note.id)
    read.lock()


def test_a_whole_wallet_is_erased(patient_home, patient):
    statement = patient.erase_wallet()
    assert pw.check_log_files([statement], pw.Language.EN)[0].kind.is_ERASURE()
    assert patient.is_locked()
    with refused("wallet.locked", pw.WalletError.Locked):
        patient.erase_wallet()
    assert not patient_home.wallet.exists()
    assert patient_home.keystore.items == {}
    with refused("wallet.none", pw.WalletError.NotFound):
        patient_home.wallet.unlock(PASSPHRASE)
