"""The visit: a doctor asks for everything and opens exactly what the patient grants, for a week."""

import json

import patient_wallet as pw
import pytest
from wallets import (
    DAY, Home, PATIENT, asked, at, by_reference, found, logged, member, narrowing, pages, purpose, references,
    refused, text_in, told, word,
)

VISIT = told("visit")
INSURER = told("insurer")
MORNING, APPOINTMENT = at("2025-04-07T08:00:00Z"), at("2025-04-07T09:00:00Z")


class Practice:
    """Somebody who asks, in a home of their own; vouched for by a directory when one is named."""

    def __init__(self, folder, who, directory=None, moment=MORNING):
        self.home = Home(folder / "practice", moment)
        self.requester = pw.Requester.create(self.home.wallet, b"keys of the practice", who["name"],
                                             member(pw.RequesterClass, who["class"]))
        if directory is not None:
            register = Home(folder / "directory", moment)
            self.directory = pw.Directory.create(register.wallet, b"keys of the register", directory)
            terms = pw.Vouch(requester_class=member(pw.RequesterClass, who["class"]), seconds=365 * DAY)
            self.requester.add_credential(self.directory.vouch(self.requester.contact(), terms))

    def open(self, token, disclosure, folder):
        return self.requester.open(token, str(disclosure), str(folder))


def listed(session, what, digest):
    return pages(lambda offset, limit: getattr(session, what)(digest, offset, limit))


def records_in(folder, opened):
    """Reads what was opened: the reference of each record."""
    resources = [json.loads((folder / part.path).read_text()) for part in opened.parts.items if part.file is None]
    return sorted(f"{it['resourceType']}/{it['id']}" for it in resources)


@pytest.fixture
def dr_chen(tmp_path):
    return Practice(tmp_path, VISIT["clinic"], VISIT["directory"])


@pytest.fixture
def visit(patient_home, patient, dr_chen, tmp_path):
    """The visit up to the moment when the doctor holds token and disclosure."""
    patient_home.clock.moment = MORNING
    patient.trust(dr_chen.directory.contact())
    trusted = patient.trust(dr_chen.directory.list())
    assert trusted.name == VISIT["directory"] and not trusted.is_stale
    dr_chen.request = dr_chen.requester.request(asked(VISIT["request"]))
    dr_chen.item = patient.receive_request(dr_chen.request)
    patient_home.clock.moment = dr_chen.home.clock.moment = APPOINTMENT
    for reference in VISIT["looked_through"]:
        patient.relabel(by_reference(patient, reference).id, [], [])
    dr_chen.review = patient.review(dr_chen.item.id, narrowing(VISIT["terms"]), pw.Language.EN)
    dr_chen.disclosure = tmp_path / "disclosure"
    dr_chen.approved = patient.approve(dr_chen.review.digest, str(dr_chen.disclosure))
    return dr_chen


def test_the_request_says_who_asks(patient, visit):
    expect, who = VISIT["expect"], visit.item.who
    assert (who.name, word(who.standing), who.vouched_by) == (
        VISIT["clinic"]["name"], expect["standing"], VISIT["directory"])
    assert who.requester_class == member(pw.RequesterClass, VISIT["clinic"]["class"])
    assert visit.item.request.text == VISIT["request"]["text"]
    assert visit.item.request.purpose == purpose(VISIT["request"]["purpose"])
    with refused("consent.replayed", pw.WalletError.NotPermitted):
        patient.receive_request(visit.request)
    [item] = pages(patient.inbox)
    assert (item.id, item.state) == (visit.item.id, pw.RequestState.NARROWED)


def test_a_review_shows_what_would_leave(patient_home, patient, dr_chen):
    patient_home.clock.moment = dr_chen.home.clock.moment = APPOINTMENT
    item = patient.receive_request(dr_chen.requester.request(asked(VISIT["request"])))
    whole = patient.review(item.id, pw.Narrowing(), pw.Language.EN)
    release = listed(patient, "released", whole.digest)
    expect = VISIT["expect"]["asked"]
    assert len(release) == whole.released == expect["records"]
    for label, count in expect["labelled"].items():
        assert sum(label in map(word, it.labels) for it in release) == count
    unread = patient.review(item.id, narrowing(VISIT["terms"]), pw.Language.EN)
    assert {word(it.category) for it in listed(patient, "released", unread.digest)} == set(VISIT["expect"]["unread"])
    withheld = listed(patient, "withheld", unread.digest)
    assert len(withheld) == unread.withheld
    assert any(pw.Because.FREE_TEXT in it.because for it in withheld)
    assert all(it.because for it in withheld)


def test_the_patient_signs_what_she_read(visit):
    assert VISIT["clinic"]["name"] in visit.review.sentence
    consent = visit.approved.consent
    assert consent.expires_at == at(VISIT["expect"]["expires_at"])
    assert consent.state == pw.ConsentState.ACTIVE
    assert visit.approved.released == len(VISIT["expect"]["released"])
    assert pw.envelope_kind(visit.approved.token) == pw.SignedKind.CONSENT


def test_the_doctor_opens_exactly_what_was_granted(patient, visit, tmp_path):
    expect = VISIT["expect"]
    assert references(listed(patient, "released", visit.review.digest)) == expect["released"]
    verified = visit.requester.verify(visit.approved.token)
    assert verified.id == visit.approved.consent.id
    checked = visit.requester.check(visit.approved.token, str(visit.disclosure))
    opened = visit.open(visit.approved.token, visit.disclosure, tmp_path / "opened")
    assert records_in(tmp_path / "opened", opened) == expect["released"]
    assert checked.parts == opened.parts.total == len(expect["released"])
    theirs = text_in(tmp_path / "opened") + text_in(visit.home.folder)
    theirs += visit.disclosure.read_bytes() + visit.approved.token
    hers = PATIENT.read_bytes()
    for text in expect["never"]:
        assert text.encode() in hers and text.encode() not in theirs, text


def test_after_the_revocation_nothing_is_opened(patient, visit, tmp_path):
    visit.requester.verify(visit.approved.token)
    [revoked] = patient.revoke([visit.approved.consent.id])
    assert revoked.consents == [visit.approved.consent.id]
    received = visit.requester.receive(revoked.envelope)
    assert received.is_REVOKED() and not received.has_gaps
    code = VISIT["expect"]["after_revocation"]
    with refused(code, pw.WalletError.NotPermitted):
        visit.requester.verify(visit.approved.token)
    with refused(code, pw.WalletError.NotPermitted):
        visit.open(visit.approved.token, visit.disclosure, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    [held] = pages(visit.requester.consents)
    assert word(held.state) == VISIT["expect"]["states"][0]
    [consent] = pages(patient.consents)
    assert consent.state == pw.ConsentState.REVOKED


def test_a_week_later_nothing_is_opened(visit, tmp_path):
    visit.requester.verify(visit.approved.token)
    visit.home.clock.moment = at(VISIT["expect"]["expires_at"])
    code = VISIT["expect"]["after_expiry"]
    with refused(code, pw.WalletError.Expired):
        visit.open(visit.approved.token, visit.disclosure, tmp_path / "late")
    [held] = pages(visit.requester.consents)
    assert word(held.state) == VISIT["expect"]["states"][1]


def test_the_log_remembers_the_visit(patient, visit):
    patient.revoke([visit.approved.consent.id])
    kinds = [word(it.kind) for it in logged(patient, limit=len(VISIT["expect"]["log"]))]
    assert kinds == VISIT["expect"]["log"]


def test_what_is_new_is_given_under_the_same_consent(patient, visit, tmp_path):
    nothing = patient.review_refresh(visit.approved.consent.id)
    assert nothing.released == 0
    again = patient.review_again(visit.approved.consent.id)
    assert again.released == visit.approved.released
    copy = patient.disclose_again(visit.approved.consent.id, again.digest, str(tmp_path / "copy"))
    visit.requester.verify(visit.approved.token)
    opened = visit.open(copy.token, tmp_path / "copy", tmp_path / "from-copy")
    assert records_in(tmp_path / "from-copy", opened) == VISIT["expect"]["released"]
    held = pages(lambda offset, limit: patient.held_under(visit.approved.consent.id, offset, limit))
    assert len(held) == visit.approved.released


def test_she_gives_unasked(patient_home, patient, dr_chen, tmp_path):
    patient_home.clock.moment = MORNING
    terms = pw.Narrowing(only=[pw.Category.IMMUNIZATIONS], purpose=pw.Purpose.PATIENT_REQUEST, seconds=DAY)
    review = patient.review_contact(dr_chen.requester.contact(), terms, pw.Language.DE)
    assert review.request is None and review.released > 0
    approved = patient.approve(review.digest, str(tmp_path / "unasked"))
    dr_chen.requester.verify(approved.token, "the lady with the pacemaker")
    opened = dr_chen.requester.open(approved.token, str(tmp_path / "unasked"), str(tmp_path / "given"),
                                    "the lady with the pacemaker")
    assert opened.parts.total == review.released
    assert opened.consent.patient == "the lady with the pacemaker"


def test_she_says_no(patient_home, patient, dr_chen):
    patient_home.clock.moment = MORNING
    item = patient.receive_request(dr_chen.requester.request(asked(VISIT["request"])))
    denial = patient.deny(item.id, "I do not know you")
    received = dr_chen.requester.receive(denial)
    assert received.is_DENIED() and received.reason == "I do not know you"
    with refused("consent.answered", pw.WalletError.NotPermitted):
        patient.deny(item.id)


def test_a_stale_review_is_not_signed(patient, visit, tmp_path):
    with refused("consent.review-stale", pw.WalletError.Expired):
        patient.approve(bytes(32), str(tmp_path / "never"))
    with refused("consent.review-stale", pw.WalletError.Expired):
        patient.approve(b"short", str(tmp_path / "never"))
    assert not (tmp_path / "never").exists()


def test_a_standing_rule_outranks_every_approval(patient_home, patient, tmp_path):
    patient_home.clock.moment = APPOINTMENT
    insurer = Practice(tmp_path, INSURER["vouched"], INSURER["directory"], APPOINTMENT)
    patient.trust(insurer.directory.contact())
    patient.trust(insurer.directory.list())
    label = member(pw.SensitivityLabel, INSURER["rule"]["label"])
    item = patient.receive_request(insurer.requester.request(asked(INSURER["request"])))
    assert word(item.who.standing) == INSURER["expect"]["standings"][0]

    def leaves():
        review = patient.review(item.id, pw.Narrowing(), pw.Language.ES)
        return review, [it for it in listed(patient, "released", review.digest) if label in it.labels]

    assert len(leaves()[1]) == INSURER["expect"]["labelled"]
    rule = patient.add_rule(member(pw.RequesterClass, INSURER["rule"]["class"]), [label], [])
    assert pages(patient.rules) == [rule]
    review, marked = leaves()
    assert marked == []
    assert any(pw.Because.RULE in it.because for it in listed(patient, "withheld", review.digest))
    approved = patient.approve(review.digest, str(tmp_path / "disclosure"))
    insurer.open(approved.token, tmp_path / "disclosure", tmp_path / "opened")
    theirs = text_in(tmp_path / "opened") + text_in(insurer.home.folder)
    for text in INSURER["expect"]["never"]:
        assert text.encode() not in theirs, text
    pretender = Practice(tmp_path / "pretender", INSURER["unvouched"], moment=APPOINTMENT)
    other = patient.receive_request(pretender.requester.request(asked(INSURER["request"])))
    assert word(other.who.standing) == INSURER["expect"]["standings"][1] and other.who.requester_class is None
    review = patient.review(other.id, pw.Narrowing(), pw.Language.EN)
    assert not [it for it in listed(patient, "released", review.digest) if label in it.labels]
    patient.remove_rule(rule.id)
    assert pages(patient.rules) == []


def test_a_directory_takes_its_word_back(patient_home, patient, dr_chen):
    patient_home.clock.moment = MORNING
    patient.trust(dr_chen.directory.contact())
    [vouched] = pages(dr_chen.directory.vouched)
    assert vouched.name == VISIT["clinic"]["name"] and vouched.revoked is None
    patient.trust(dr_chen.directory.revoke(vouched.id))
    item = patient.receive_request(dr_chen.requester.request(asked(VISIT["request"])))
    assert item.who.standing == pw.Standing.FIRST_CONTACT
    assert item.who.refused == "consent.credential-revoked"
    [trusted] = pages(patient.trusted)
    patient.distrust(trusted.id)
    assert pages(patient.trusted) == []


def test_an_envelope_travels_as_text_and_as_a_picture(visit):
    text = pw.envelope_to_text(visit.request)
    assert text.startswith("PMW1:") and pw.envelope_from_text(text) == visit.request
    code = pw.qr_code(visit.request)
    assert len(code.modules) == code.width ** 2 and set(code.modules) == {0, 1}
    with refused("qr.invalid", pw.WalletError.InvalidInput):
        pw.envelope_from_text("PMW1:not an envelope")
    assert pw.envelope_kind(b"anything") is None
