"""What one language made, every other opens: ffi/tests/exchange.md says what and how."""

import json
import os
import shutil
from pathlib import Path

import patient_wallet as pw
import pytest
from wallets import DAY, PASSPHRASE, PATIENT, Home, found, imported, pages, refused

LANGUAGE = "python"
MADE, OPENED = 1_744_016_400, 1_744_020_000
CLINIC_PASSPHRASE = b"keys of the exchanging clinic"


@pytest.mark.skipif("WALLET_EXCHANGE_MAKE" not in os.environ, reason="runs for tools/exchange.sh only")
def test_make(tmp_path):
    folder = Path(os.environ["WALLET_EXCHANGE_MAKE"])
    patient_home, clinic_home = Home(tmp_path / "patient", MADE), Home(folder / "clinic", MADE)
    patient = patient_home.create()
    imported(patient, PATIENT)
    name = f"Clinic of {LANGUAGE}"
    clinic = pw.Requester.create(clinic_home.wallet, CLINIC_PASSPHRASE, name, pw.RequesterClass.CLINICIAN)
    request = clinic.request(pw.Ask(purpose=pw.Purpose.TREATMENT, categories=[pw.Category.LABORATORY],
                                    seconds=30 * DAY, retain_seconds=30 * DAY))
    clinic.lock()
    keystore = {name: secret.hex() for name, secret in clinic_home.keystore.items.items()}
    item = patient.receive_request(request)
    terms = pw.Narrowing(only=[pw.Category.LABORATORY], seconds=7 * DAY)
    review = patient.review(item.id, terms, pw.Language.EN)
    released = pages(lambda offset, limit: patient.released(review.digest, offset, limit))
    approved = patient.approve(review.digest, str(folder / "disclosure.pmw"))
    with_passphrase = pw.Authentication.PASSPHRASE(bytes=PASSPHRASE)
    (folder / "request.pmw").write_bytes(request)
    (folder / "clinic.keystore.json").write_text(json.dumps(keystore))
    (folder / "token.pmw").write_bytes(approved.token)
    (folder / "token.txt").write_text(pw.envelope_to_text(approved.token))
    (folder / "checkpoint.pmw").write_bytes(patient.checkpoint())
    (folder / "proof.pmw").write_bytes(patient.prove(1))
    patient.backup(with_passphrase, None, str(folder / "backup.pmw"))
    words = patient.dangerous_words(with_passphrase)
    [revoked] = patient.revoke([approved.consent.id])
    (folder / "revocation.pmw").write_bytes(revoked.envelope)
    facts = {
        "language": LANGUAGE, "clinic_name": name, "clinic_passphrase": CLINIC_PASSPHRASE.decode(),
        "words": words.decode(), "consent_id": approved.consent.id,
        "released": sorted(it.reference for it in released), "records": patient.status().records,
    }
    patient.lock()
    (folder / "facts.json").write_text(json.dumps(facts))


class Made:
    """What a language made, and a copy of its clinic's home."""

    def __init__(self, folder, place):
        self.folder, self.place = folder, place
        self.facts = json.loads((folder / "facts.json").read_text())
        assert self.facts["language"] == folder.name
        shutil.copytree(folder / "clinic", place / "clinic")
        items = json.loads((folder / "clinic.keystore.json").read_text())
        keystore = {name: bytes.fromhex(secret) for name, secret in items.items()}
        self.home = Home(place / "clinic", OPENED, items=keystore)
        self.clinic = pw.Requester.unlock(self.home.wallet, self.facts["clinic_passphrase"].encode())

    def read(self, name):
        return (self.folder / name).read_bytes()

    def request(self):
        request = self.read("request.pmw")
        assert pw.envelope_kind(request) == pw.SignedKind.REQUEST
        session = Home(self.place / "patient", OPENED).create()
        assert session.receive_request(request).who.name == self.facts["clinic_name"]
        session.lock()

    def token(self):
        assert self.clinic.verify(self.read("token.pmw")).id == self.facts["consent_id"]

    def disclosure(self):
        opened = self.place / "opened"
        parts = pages_of(self.clinic.open(self.read("token.pmw"), str(self.folder / "disclosure.pmw"), str(opened)))
        resources = [json.loads((opened / part.path).read_text()) for part in parts]
        assert sorted(f"{it['resourceType']}/{it['id']}" for it in resources) == self.facts["released"]

    def revocation(self):
        assert self.clinic.receive(self.read("revocation.pmw")).is_REVOKED()
        with refused("consent.revoked"):
            self.clinic.verify(self.read("token.pmw"))

    def text(self):
        assert pw.envelope_from_text((self.folder / "token.txt").read_text().strip()) == self.read("token.pmw")

    def log(self):
        files = [self.read("checkpoint.pmw"), self.read("proof.pmw")]
        checkpoint, entry = pw.check_log_files(files, pw.Language.EN)
        assert checkpoint.kind.is_CHECKPOINT() and entry.kind.is_ENTRY() and entry.kind.seq == 1

    def backup(self):
        wallet = Home(self.place / "restored", OPENED).wallet
        key = pw.BackupKey.WORDS(bytes=self.facts["words"].encode())
        path = str(self.folder / "backup.pmw")
        session = wallet.restore_backup(path, key, b"a passphrase of its own", pw.Replace.OLDER)
        assert session.status().records == self.facts["records"]
        [record] = found(session, text="blood group")
        assert record.reference == "Observation/lab-blood-group"
        session.lock()


def pages_of(opened):
    assert opened.parts.next is None
    return opened.parts.items


@pytest.mark.skipif("WALLET_EXCHANGE_OPEN" not in os.environ, reason="runs for tools/exchange.sh only")
def test_open(tmp_path, capsys):
    folders = sorted(it for it in Path(os.environ["WALLET_EXCHANGE_OPEN"]).iterdir() if it.is_dir())
    for folder in folders:
        place = tmp_path / folder.name
        place.mkdir()
        made = Made(folder, place)
        for step in ("request", "token", "disclosure", "revocation", "text", "log", "backup"):
            getattr(made, step)()
            with capsys.disabled():
                print(f"\nexchange {folder.name} {step}")
        made.clinic.lock()
    assert folders
