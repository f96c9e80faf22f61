"""The log: what happened, in three languages, and proof of it for others."""

import patient_wallet as pw
import pytest
from wallets import Home, PATIENT, imported, logged, refused


@pytest.fixture
def kept(session):
    """A log of some entries."""
    for text in ("one", "two", "three"):
        session.add(pw.NewEntry(kind=pw.AuthoredKind.NOTE, text=text))
    return session


def test_the_log_tells_what_happened_the_latest_first(kept):
    entries = logged(kept)
    assert [it.seq for it in entries] == [3, 2, 1, 0]
    assert [it.kind for it in entries] == [pw.AuditKind.ADDED] * 3 + [pw.AuditKind.CREATED]
    assert all(it.at == entries[0].at for it in entries)
    assert entries[0].actor == pw.Actor.PATIENT
    assert kept.record(entries[0].record).title == "three"


def test_pages_of_the_log_go_back_to_its_beginning(kept):
    seen, before = [], None
    while True:
        page = kept.log(pw.LogQuery(before=before, limit=3), pw.Language.EN)
        seen += [it.seq for it in page.items]
        if page.next is None:
            break
        before = page.next
    assert seen == [3, 2, 1, 0]
    assert [it.seq for it in logged(kept, kind=pw.AuditKind.CREATED)] == [0]


def test_it_is_told_in_three_languages(kept):
    told = {language: kept.log(pw.LogQuery(limit=1), language).items[0].sentence for language in pw.Language}
    assert len(set(told.values())) == 3


def test_a_checkpoint_and_a_proof_need_no_wallet(kept):
    checkpoint = kept.checkpoint()
    proof = kept.prove(1)
    signed, entry = pw.check_log_files([checkpoint, proof], pw.Language.EN)
    assert signed.kind.is_CHECKPOINT()
    assert entry.kind.is_ENTRY() and entry.kind.seq == 1
    kept.add(pw.NewEntry(kind=pw.AuthoredKind.NOTE, text="four"))
    _, later = pw.check_log_files([checkpoint, kept.prove_since(checkpoint)], pw.Language.EN)
    assert later.kind.is_CONTINUATION() and (later.kind.restored, later.kind.missing) == (False, 0)


def test_every_changed_byte_of_a_checkpoint_is_told(kept):
    checkpoint = kept.checkpoint()
    for place in range(0, len(checkpoint), 7):
        changed = bytearray(checkpoint)
        changed[place] ^= 1
        with pytest.raises(pw.WalletError) as error:
            pw.check_log_files([bytes(changed)], pw.Language.EN)
        assert error.value.code.startswith(("audit.", "consent."))


def test_two_logs_are_not_one(kept, tmp_path):
    other = Home(tmp_path / "other").create()
    with refused("audit.unrelated", pw.WalletError.InvalidInput):
        other.prove_since(kept.checkpoint())
    other.lock()


def test_a_damaged_wallet_is_told_and_read_as_far_as_it_is_whole(patient_home):
    session = patient_home.unlock()
    records = session.status().records
    session.lock()
    [vault] = [path for path in patient_home.folder.iterdir() if path.read_bytes().startswith(b"SQLite")]
    content = bytearray(vault.read_bytes())
    content[len(content) // 2] ^= 1
    vault.write_bytes(content)
    with pytest.raises(pw.WalletError):
        # Where the byte lies in a record that nobody looks at on the way in, verify sees it.
        session = patient_home.unlock()
        assert session.verify().faults.total == 0
    read = patient_home.wallet.unlock_read_only(pw.Authentication.PASSPHRASE(bytes=b"seven herons over the lake"))
    assert read.verify().faults.total > 0
    assert read.status().records is None or read.status().records <= records
    with refused("vault.read-only", pw.WalletError.NotPermitted):
        read.add(pw.NewEntry(kind=pw.AuthoredKind.NOTE, text="not now"))
    read.lock()


def test_an_import_is_one_entry_and_its_records(session):
    imported(session, PATIENT)
    assert len(logged(session, kind=pw.AuditKind.IMPORTED)) == 1
    assert len(session.log(pw.LogQuery(kind=pw.AuditKind.ADDED, limit=1000), pw.Language.EN).items) == 198
