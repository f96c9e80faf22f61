"""The USB stick: the whole wallet in one file, back on another device; and the other ways back."""

import patient_wallet as pw
import pytest
from wallets import EXAMPLES, PASSPHRASE, Home, Steps, at, by_reference, found, pages, refused, told

STORY = told("usb-stick")
EXPECT = STORY["expect"]
WITH = pw.Authentication.PASSPHRASE(bytes=PASSPHRASE)
NEW = b"a passphrase for the new phone"


class Stick:
    """A backup, with the words and a checkpoint from before."""

    def __init__(self, folder, patient):
        self.path = str(folder / "wallet.backup")
        self.words = patient.dangerous_words(WITH)
        self.checkpoint = patient.checkpoint()
        self.report = patient.backup(WITH, None, self.path)

    @property
    def key(self):
        return pw.BackupKey.WORDS(bytes=self.words)


@pytest.fixture
def stick(patient_home, patient, tmp_path):
    """A backup with the card of her pacemaker in it."""
    patient_home.clock.moment = at("2025-06-01T10:00:00Z")
    card = EXAMPLES / "data" / STORY["attachment"]["file"]
    record = by_reference(patient, STORY["attachment"]["reference"]).id
    patient.attach(str(card), pw.NewAttachment(name=card.name, record=record))
    return Stick(tmp_path, patient)


def exported(session, path):
    session.export_file(str(path), pw.Query(), pw.ExportFormat.BUNDLE)
    return path.read_bytes()


def test_everything_is_in_it(patient, stick):
    assert stick.report.attachments == EXPECT["attachments"]
    assert (stick.report.records, stick.report.missing.total) == (patient.status().records, 0)
    rehearsed = patient.rehearse(stick.path, stick.key)
    assert rehearsed.good and rehearsed.id == stick.report.id
    assert (rehearsed.unreadable.total, rehearsed.missing.total) == (0, 0)
    [way] = [it for it in patient.status().ways_back if it.way == pw.Way.BACKUP_WITH_WORDS]
    assert way.good and way.rehearsed == at("2025-06-01T10:00:00Z")


def test_it_comes_back_the_same_on_another_device(patient, stick, tmp_path):
    phone = Home(tmp_path / "new-phone", at("2025-06-08T19:30:00Z"))
    with refused(EXPECT["without"], pw.WalletError.NotFound):
        phone.unlock()
    restored = phone.wallet.restore_backup(stick.path, stick.key, NEW, pw.Replace.OLDER)
    assert exported(restored, tmp_path / "after.json") == exported(patient, tmp_path / "before.json")
    [device] = found(restored, text="pacemaker", category=pw.Category.DEVICES)[:1]
    record = by_reference(restored, STORY["attachment"]["reference"]).id
    [card] = pages(lambda offset, limit: restored.attachments(record, offset, limit))
    assert restored.read_attachment(card.id, 0, 4096) == (EXAMPLES / "data" / STORY["attachment"]["file"]).read_bytes()
    proof = restored.prove_since(stick.checkpoint)
    _, continued = pw.check_log_files([stick.checkpoint, proof], pw.Language.EN)
    assert continued.kind.is_CONTINUATION()
    expect = EXPECT["continuation"]
    assert (continued.kind.restored, continued.kind.missing) == (expect["restored"], expect["missing"])
    restored.lock()
    phone.unlock(NEW).lock()


def test_what_is_newer_is_lost_on_purpose_only(patient_home, patient, stick):
    patient.add(pw.NewEntry(kind=pw.AuthoredKind.NOTE, text=STORY["since"]))
    patient.lock()
    with refused(EXPECT["older"], pw.WalletError.NotPermitted):
        patient_home.wallet.restore_backup(stick.path, stick.key, NEW, pw.Replace.OLDER)
    still = patient_home.unlock()
    assert len(found(still, text=STORY["since"])) == 1
    still.lock()
    older = patient_home.wallet.restore_backup(stick.path, stick.key, NEW, pw.Replace.NEWER)
    assert found(older, text=STORY["since"]) == []
    older.lock()


def test_an_export_passphrase_opens_it_too(patient, tmp_path):
    drawn = pw.generate_passphrase()
    assert len(drawn.split()) == 7
    path = str(tmp_path / "backup")
    with refused("backup.same-passphrase", pw.WalletError.InvalidInput):
        patient.backup(WITH, PASSPHRASE, path)
    patient.backup(WITH, drawn, path)
    key = pw.BackupKey.PASSPHRASE(bytes=drawn)
    assert patient.rehearse(path, key).good
    with refused("backup.wrong-key", pw.WalletError.WrongPassphrase):
        patient.rehearse(path, pw.BackupKey.PASSPHRASE(bytes=b"another one"))
    restored = Home(tmp_path / "phone").wallet.restore_backup(path, key, NEW, pw.Replace.OLDER)
    assert restored.status().records == patient.status().records
    restored.lock()


def test_a_backup_that_is_cut_or_changed_brings_nothing_back(stick, tmp_path):
    whole = open(stick.path, "rb").read()
    phone = Home(tmp_path / "phone")
    for content in (whole[:-1], whole[:-100_000], whole[:9000] + bytes([whole[9000] ^ 1]) + whole[9001:]):
        (tmp_path / "changed").write_bytes(content)
        with refused("backup.damaged", pw.WalletError.Damaged):
            phone.wallet.restore_backup(str(tmp_path / "changed"), stick.key, NEW, pw.Replace.OLDER)
        assert not phone.wallet.exists()
    with refused("backup.not-a-backup", pw.WalletError.InvalidInput):
        phone.wallet.restore_backup(str(EXAMPLES / "data" / "patient.json"), stick.key, NEW, pw.Replace.OLDER)


def test_a_cancelled_restoration_leaves_nothing(stick, tmp_path):
    phone = Home(tmp_path / "phone")
    cancel = pw.CancelToken()
    steps = Steps(lambda done, total: cancel.cancel())
    with refused("wallet.cancelled", pw.WalletError.Cancelled):
        phone.wallet.restore_backup(stick.path, stick.key, NEW, pw.Replace.OLDER, steps, cancel)
    assert steps.heard and not phone.wallet.exists()


def test_the_words_come_back_with_the_file_or_without(patient_home, patient, tmp_path):
    words = patient.dangerous_words(WITH)
    assert len(words.split()) == 24
    patient.lock()
    patient_home.keystore.items.clear()
    with refused("wallet.device-secret-lost", pw.WalletError.KeyInvalidated):
        patient_home.unlock()
    back = patient_home.wallet.restore(words, NEW)
    assert back.status().records == told("wrong-blood-group")["expect"]["records"]
    back.lock()
    patient_home.unlock(NEW).lock()
    empty = Home(tmp_path / "empty").wallet.create_from(words, NEW)
    assert empty.dangerous_words(pw.Authentication.PASSPHRASE(bytes=NEW)) == words
    empty.lock()
    with refused("wallet.other-words", pw.WalletError.WrongPassphrase):
        Home(tmp_path / "other").create().lock()
        Home(tmp_path / "other").wallet.restore(words, NEW)


def test_the_passphrase_changes(home, session):
    session.change_passphrase(WITH, NEW)
    session.lock()
    with refused("wallet.wrong-passphrase", pw.WalletError.WrongPassphrase):
        home.unlock()
    home.unlock(NEW).lock()


def test_words_are_suggested_and_read_one_by_one(home):
    assert pw.suggest_words("aban")[0] == "abandon"
    wrong = b"abandon " * 6 + b"abandno " + b"abandon " * 4 + b"about"
    with refused("keys.unknown-word", pw.WalletError.InvalidInput):
        home.wallet.create_from(wrong, NEW)
    try:
        home.wallet.create_from(wrong, NEW)
    except pw.WalletError.InvalidInput as error:
        assert error.position == 7
    with refused("keys.checksum", pw.WalletError.InvalidInput):
        home.wallet.create_from(b"abandon " * 11 + b"abandon", NEW)
    with refused("keys.word-count", pw.WalletError.InvalidInput):
        home.wallet.create_from(b"abandon", NEW)
    assert not home.wallet.exists()
