"""The audit: readers sign what they do, the patient compares that with what was given, and they hear of corrections."""

from pathlib import Path

import patient_wallet as pw
import pytest
from wallets import DAY, EXAMPLES, Home, at, by_reference, member, members, pages, refused, seconds, told, word

AUDIT, BLOOD_GROUP = told("audit"), told("wrong-blood-group")
CLINIC, READER = AUDIT["clinic"]["name"], AUDIT["reader"]
GIVEN, OPENED = at("2025-09-01T08:00:00Z"), at("2025-09-01T10:00:00Z")
SURGERY, DOCTOR = (BLOOD_GROUP["readers"][who] for who in ("answers", "silent"))


class Reader:
    """Somebody whom a patient gives something unasked, and the folder they open it into."""

    def __init__(self, folder, who):
        self.name, self.folder = who["name"], folder / "opened"
        self.home = Home(folder / "home")
        self.requester = pw.Requester.create(self.home.wallet, b"keys of the practice", self.name,
                                             member(pw.RequesterClass, who["class"]))
        self.disclosure = folder / "disclosure"

    def given(self, patient, **terms):
        terms = pw.Narrowing(only=[pw.Category.LABORATORY], purpose=pw.Purpose.TREATMENT, **terms)
        review = patient.review_contact(self.requester.contact(), terms, pw.Language.EN)
        approved = patient.approve(review.digest, str(self.disclosure))
        self.consent, self.token, self.released = approved.consent.id, approved.token, approved.released

    def open(self):
        return self.requester.open(self.token, str(self.disclosure), str(self.folder))

    def receipts(self, again=False):
        return pages(lambda offset, limit: self.requester.receipts(None, again, offset, limit))


def added(patient, *envelopes):
    """Hands envelopes in: whether each was new."""
    judged = patient.add_receipts(list(envelopes))
    assert [it.refused for it in judged] == [None] * len(envelopes)
    return [it.is_new for it in judged]


def reconciled(patient, language=pw.Language.EN):
    return patient.reconcile(language, 0, 1000).flagged.items


def stand_at(moment, *homes):
    for home in homes:
        home.clock.moment = at(moment)


@pytest.fixture
def clinic(patient_home, patient, tmp_path):
    """A clinic that was given laboratory results for a week, and may open them."""
    (tmp_path / "clinic").mkdir()
    clinic = Reader(tmp_path / "clinic", AUDIT["clinic"])
    patient_home.clock.moment = clinic.home.clock.moment = GIVEN
    assert members(pw.Category, AUDIT["terms"]["only"]) == [pw.Category.LABORATORY]
    clinic.given(patient, seconds=seconds(AUDIT["terms"]["for"]))
    patient_home.clock.moment = clinic.home.clock.moment = OPENED
    return clinic


def test_who_opens_something_signs_that_and_the_patient_takes_it_in_once(patient_home, patient, clinic):
    opened = clinic.open()
    assert opened.receipt.act == pw.ReceiptAct.OPENED
    assert [it.id for it in clinic.receipts()] == [opened.receipt.id]
    stand_at("2025-09-02T02:00:00Z", clinic.home, patient_home)
    clinic.requester.note_access(clinic.consent, by_machine=True)
    stand_at("2025-09-05T14:00:00Z", clinic.home, patient_home)
    clinic.requester.note_access(clinic.consent, by_machine=False, records=[opened.parts.items[0].alias], person=READER)
    signed = clinic.receipts()
    acts = [pw.ReceiptAct.OPENED, pw.ReceiptAct.MACHINE, pw.ReceiptAct.READ]
    assert [it.act for it in signed] == acts
    assert [it.records for it in signed] == [clinic.released, clinic.released, 1]
    clinic.requester.mark_given([it.id for it in signed])
    assert clinic.receipts() == [] and clinic.receipts(again=True) == signed

    opening, middle, last = (it.envelope for it in signed)
    assert pw.envelope_kind(opening) == pw.SignedKind.RECEIPT
    assert added(patient, last, opening) == [True, True]
    assert added(patient, opening, middle, last) == [False, True, False]
    kept = pages(lambda offset, limit: patient.receipts(clinic.consent, offset, limit))
    assert [(it.id, it.act, it.number) for it in kept] == [
        (one.id, act, number) for one, act, number in zip(signed, acts, (1, 2, 3))]
    assert {(it.audience, it.name, it.purpose) for it in kept} == {(CLINIC, CLINIC, pw.Purpose.TREATMENT)}
    assert [it.person for it in kept] == [None, None, READER]
    told_of = patient.reconcile(pw.Language.EN, 0, 1000)
    assert (told_of.accesses, told_of.flagged.items) == (3, [])
    lines = pages(patient.accesses)
    assert [(it.kind, it.accesses) for it in lines] == [(pw.LineKind.PERSON, 2), (pw.LineKind.MACHINE, 1)]


def test_what_is_forged_or_of_another_patient_is_refused_and_the_rest_comes_in(patient, clinic, tmp_path):
    receipt = clinic.open().receipt.envelope
    for place in range(0, len(receipt), 11):
        forged = bytearray(receipt)
        forged[place] ^= 1
        [judged] = patient.add_receipts([bytes(forged)])
        assert judged.refused.startswith("receipt.") and not judged.is_new and judged.receipt is None
    judged = patient.add_receipts([receipt[:-1] + bytes([receipt[-1] ^ 1]), receipt])
    assert [(it.refused, it.is_new) for it in judged] == [("receipt.invalid", False), (None, True)]
    other = Home(tmp_path / "other", OPENED).create()
    [judged] = other.add_receipts([receipt])
    assert judged.refused == "receipt.foreign"
    assert pages(lambda offset, limit: other.receipts(None, offset, limit)) == []
    other.lock()


def test_what_was_read_too_late_or_for_something_else_is_flagged_and_nothing_else(patient_home, patient, clinic):
    opening = clinic.open().receipt
    stand_at("2025-09-03T09:00:00Z", clinic.home)
    misused = clinic.requester.note_access(clinic.consent, False, purpose=pw.Purpose.RESEARCH, person=READER)
    stand_at("2025-09-10T09:00:00Z", clinic.home)
    late = clinic.requester.note_access(clinic.consent, False, person=READER)
    stand_at("2025-09-12T18:00:00Z", patient_home)
    added(patient, opening.envelope, late.envelope)
    [gap] = [why for it in reconciled(patient) for why in it.why if why.kind == pw.FlagKind.GAP]
    assert (gap.gap_after, gap.gap_before, gap.missing) == (opening.at, late.at, 1)
    added(patient, misused.envelope)
    flagged = reconciled(patient)
    assert [(it.id, [why.kind for why in it.why]) for it in flagged] == [
        (late.id, [pw.FlagKind.AFTER_EXPIRY]), (misused.id, [pw.FlagKind.WRONG_PURPOSE])]
    for it in flagged:
        assert (it.about, it.name, it.person, it.consent) == (pw.FlaggedAbout.ACCESS, CLINIC, READER, clinic.consent)
        assert (len(it.records), it.unknown_records) == (clinic.released, 0)
    sentences = {it.why[0].sentence for language in pw.Language for it in reconciled(patient, language)}
    assert len(sentences) == 2 * len(pw.Language) and all(sentences)
    assert [(it.accesses, bool(it.flags)) for it in pages(patient.accesses)] == [(1, True), (1, True), (1, False)]


def test_an_accounting_lists_what_was_given_and_is_written_for_others(patient, clinic, tmp_path):
    since, until = at("2025-09-01T00:00:00Z"), at("2025-10-01T00:00:00Z")
    [disclosed] = patient.accounting(since, until).disclosures.items
    assert (disclosed.audience, disclosed.consent, disclosed.at) == (CLINIC, clinic.consent, GIVEN)
    assert (disclosed.purpose, disclosed.records, disclosed.by) == (pw.Purpose.TREATMENT, clinic.released, None)
    assert patient.accounting(until, until + DAY).disclosures.items == []
    page = tmp_path / "accounting"
    patient.write_accounting(str(page), since, until, pw.Language.ES, pw.AccountingFormat.HTML)
    html = page.read_text()
    assert CLINIC in html and html.lower().startswith("<!doctype html>") and "<script" not in html
    with refused("file.exists", pw.WalletError.NotPermitted):
        patient.write_accounting(str(page), since, until, pw.Language.ES, pw.AccountingFormat.TEXT)
    assert page.read_text() == html
    patient.write_accounting(str(page), since, until, pw.Language.ES, pw.AccountingFormat.TEXT, replace=True)
    assert CLINIC in page.read_text() and "<" not in page.read_text()


@pytest.fixture
def readers(patient, tmp_path):
    """The surgery and the doctor, who have read her blood group and said so."""
    record = by_reference(patient, BLOOD_GROUP["correction"]["reference"]).id
    both = []
    for place, who in (("surgery", SURGERY), ("doctor", DOCTOR)):
        (tmp_path / place).mkdir()
        reader = Reader(tmp_path / place, who)
        reader.given(patient, records=[record], seconds=seconds(BLOOD_GROUP["readers"]["for"]))
        receipt = reader.open().receipt
        assert added(patient, receipt.envelope) == [True]
        reader.requester.mark_given([receipt.id])
        both.append(reader)
    return record, *both


def test_a_correction_tells_both_who_hold_it_and_shows_who_has_not_answered(patient_home, patient, readers):
    record, surgery, doctor = readers

    def holders():
        return {it.audience: it for it in pages(lambda offset, limit: patient.holders(record, offset, limit))}

    def notices():
        return {it.audience: it for it in pages(patient.notices)}

    assert {(name, it.version, it.read) for name, it in holders().items()} == {
        (reader.name, 1, reader.home.clock.moment) for reader in (surgery, doctor)}
    stand_at("2025-04-09T09:30:00Z", patient_home, surgery.home)
    correction = BLOOD_GROUP["correction"]
    corrected = (EXAMPLES / "data" / correction["file"]).read_text()
    patient.correct(record, corrected, correction["author"], correction["reason"])
    assert notices().keys() == {surgery.name, doctor.name}
    for notice in notices().values():
        assert (notice.kind, notice.answered, notice.records) == (pw.NoticeKind.CORRECTION, None, 1)
        assert pages(lambda offset, limit: patient.corrected(notice.id, offset, limit)) == [record]

    stand_at("2025-04-10T08:00:00Z", patient_home, surgery.home)
    applied = surgery.requester.apply_notice(notices()[surgery.name].envelope)
    assert (applied.consents, applied.folders) == ([surgery.consent], [str(surgery.folder)])
    [outdated] = applied.outdated
    assert BLOOD_GROUP["expect"]["before"] in Path(outdated).read_text()
    assert added(patient, applied.answer) == [True]
    assert {name: it.answered for name, it in notices().items()} == {
        surgery.name: patient_home.clock.moment, doctor.name: None}

    new = patient_home.folder.parent / "new"
    patient.refresh(surgery.consent, patient.review_refresh(surgery.consent).digest, str(new))
    surgery.requester.open(surgery.token, str(new), str(new) + "-opened")
    added(patient, *(it.envelope for it in surgery.receipts()))
    assert {name: it.version for name, it in holders().items()} == {surgery.name: 2, doctor.name: 1}
    stand_at("2025-04-23T08:00:00Z", patient_home)
    [silent] = reconciled(patient)
    assert (silent.name, silent.consent) == (doctor.name, doctor.consent)
    assert [word(it.kind) for it in silent.why] == [BLOOD_GROUP["readers"]["flag"]]


def test_a_wish_to_erase_is_answered_by_a_statement_and_the_copies_are_gone(patient, readers):
    record, _, doctor = readers
    now = doctor.home.clock.moment
    wish = patient.ask_erasure(doctor.consent)
    assert wish.kind == pw.NoticeKind.ERASURE_WISH
    assert [it.consent for it in pages(patient.owed_erasures)] == [doctor.consent]
    noted = doctor.requester.receive(wish.envelope)
    assert noted.is_NOTICED() and noted.notice.answer is None and noted.notice.folders == [str(doctor.folder)]
    [held] = pages(doctor.requester.consents)
    assert held.owed == pw.Owed.ASKED and doctor.folder.is_dir()
    own = doctor.folder / "a letter of their own"
    own.write_text("not from the wallet")
    erased = doctor.requester.erase_copies(doctor.consent)
    assert (erased.foreign, erased.missing) == ([str(own)], [])
    assert list(doctor.folder.iterdir()) == [own]
    assert pages(doctor.requester.consents) == []
    [statement] = patient.add_receipts([erased.statement])
    assert statement.receipt.act == pw.ReceiptAct.ERASED and statement.is_new
    [again] = patient.add_receipts([doctor.requester.erasure_statement(doctor.consent)])
    assert again.refused is None
    assert pages(patient.owed_erasures) == []
    assert [it.answered for it in pages(patient.notices)] == [now]
    holders = pages(lambda offset, limit: patient.holders(record, offset, limit))
    assert {it.audience: it.erased for it in holders} == {SURGERY["name"]: None, DOCTOR["name"]: now}
    with refused("receipt.not-found", pw.WalletError.NotFound):
        patient.corrected("00" * 32, 0, 1)
