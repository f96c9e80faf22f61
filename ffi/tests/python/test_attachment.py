"""Files of any kind belong to a record; they cross the border by path or in chunks."""

import hashlib
import os

import patient_wallet as pw
import pytest
from wallets import EXAMPLES, Steps, by_reference, pages, refused, told

STORY = told("usb-stick")["attachment"]
CARD = EXAMPLES / "data" / STORY["file"]
MIB = 1024 * 1024


@pytest.fixture
def scan(tmp_path):
    """A file of several chunks."""
    path = tmp_path / "scan.dcm"
    path.write_bytes(os.urandom(3 * MIB + 17))
    return path


def attached(session, path, **more):
    return session.attach(str(path), pw.NewAttachment(name=path.name, **more))


def test_a_file_belongs_to_a_record(patient, tmp_path):
    record = by_reference(patient, STORY["reference"])
    card = attached(patient, CARD, record=record.id)
    assert (card.name, card.media_type, card.size) == (STORY["file"], STORY["media_type"], CARD.stat().st_size)
    assert pages(lambda offset, limit: patient.attachments(record.id, offset, limit)) == [card]
    assert patient.attachment(card.id) == card
    assert patient.read_attachment(card.id, 0, MIB) == CARD.read_bytes()
    saved = tmp_path / "again.pdf"
    assert patient.save_attachment(card.id, str(saved)) == card.size
    assert saved.read_bytes() == CARD.read_bytes()
    with refused("file.exists", pw.WalletError.NotPermitted):
        patient.save_attachment(card.id, str(saved))
    saved.write_bytes(b"something else")
    patient.save_attachment(card.id, str(saved), replace=True)
    assert saved.read_bytes() == CARD.read_bytes()


def test_a_file_without_a_record_gets_one(session, scan):
    it = attached(session, scan, media_type="application/dicom")
    assert session.record(it.record).category in pw.Category
    assert it.media_type == "application/dicom"


def test_chunks_put_together_are_the_file(session, scan):
    it, whole = attached(session, scan), scan.read_bytes()
    chunks, offset = [], 0
    while chunk := session.read_attachment(it.id, offset, 2**32 - 1):
        assert len(chunk) <= MIB
        chunks.append(chunk)
        offset += len(chunk)
    assert hashlib.sha256(b"".join(chunks)).digest() == hashlib.sha256(whole).digest()
    assert session.read_attachment(it.id, 2 * MIB - 5, 10) == whole[2 * MIB - 5:2 * MIB + 5]
    assert session.read_attachment(it.id, it.size - 3, 10) == whole[-3:]
    assert session.read_attachment(it.id, it.size, 10) == session.read_attachment(it.id, 2**64 - 1, 10) == b""


def test_progress_is_told_up_to_the_end(session, scan):
    steps = Steps()
    it = session.attach(str(scan), pw.NewAttachment(name="scan"), steps)
    assert [done for done, _ in steps.heard] == sorted(done for done, _ in steps.heard)
    assert steps.heard[-1][0] == it.size


def test_a_cancelled_file_is_not_there(session, home, scan):
    record = session.add(pw.NewEntry(kind=pw.AuthoredKind.NOTE, text="of a file"))
    cancel = pw.CancelToken()
    steps = Steps(lambda done, total: cancel.cancel())
    with refused("wallet.cancelled", pw.WalletError.Cancelled):
        session.attach(str(scan), pw.NewAttachment(name="scan", record=record), steps, cancel)
    assert pages(lambda offset, limit: session.attachments(record, offset, limit)) == []
    assert session.verify().faults.total == 0
    big = [path for path in home.folder.rglob("*") if path.stat().st_size > MIB]
    assert big == []


def test_what_is_not_there_is_not_found(session, tmp_path):
    nothing = "00" * 16
    for call in (session.attachment, lambda it: session.read_attachment(it, 0, 10),
                 lambda it: session.save_attachment(it, str(tmp_path / "none"))):
        with refused("attachment.not-found", pw.WalletError.NotFound):
            call(nothing)
        with refused("attachment.invalid-id", pw.WalletError.InvalidInput):
            call("the card of my pacemaker")
    assert not (tmp_path / "none").exists()
    with refused("file.unreadable", pw.WalletError.Storage):
        attached(session, tmp_path / "none")
    with refused("file.not-regular", pw.WalletError.InvalidInput):
        attached(session, tmp_path)


def test_a_damaged_file_is_told(session, home, scan):
    it = attached(session, scan)
    [sealed] = [path for path in home.folder.rglob("*") if path.is_file() and path.stat().st_size > 3 * MIB]
    content = bytearray(sealed.read_bytes())
    content[2 * MIB] ^= 1
    sealed.write_bytes(content)
    with refused("attachment.damaged", pw.WalletError.Damaged):
        session.read_attachment(it.id, 2 * MIB - 100, 200)
    assert session.read_attachment(it.id, 0, 100) == scan.read_bytes()[:100]
    assert session.verify().faults.items[0].attachment == it.id
