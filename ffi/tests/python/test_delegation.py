"""The proxy: a mother acts for her child towards one clinic, and no further than that."""

import json
from dataclasses import dataclass
from pathlib import Path

import patient_wallet as pw
import pytest
from wallets import DAY, FIRST_DAY, Home, at, imported, logged, members, pages, refused

MOTHER, CLINIC = "Elena Muster", "Dr. Chen"
LABORATORY = [pw.Category.LABORATORY]
MAY_BE_ALLOWED = [pw.ProxyAct.READ, pw.ProxyAct.APPROVE, pw.ProxyAct.DENY]
FORBIDDEN = {
    pw.ProxyAct.WIDEN: "delegation.widen",
    pw.ProxyAct.DELEGATE_ON: "delegation.delegate-on",
    pw.ProxyAct.RECOVER: "delegation.recover",
    pw.ProxyAct.ERASE: "delegation.erase",
}
LIA = {
    "resourceType": "Patient", "id": "lia", "birthDate": "2016-02-03",
    "name": [{"given": ["Lia"], "family": "Muster"}],
}
BEE = {
    "resourceType": "AllergyIntolerance", "id": "bee", "patient": {"reference": "Patient/lia"},
    "code": {"text": "Bee venom", "coding": [{"system": "http://snomed.info/sct", "code": "288328004"}]},
}


def result(name, loinc, text):
    """Writes a laboratory result."""
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    return {
        "resourceType": "Observation", "id": name, "status": "final", "subject": {"reference": "Patient/lia"},
        "category": [{"coding": [category]}], "effectiveDateTime": "2024-03-05",
        "code": {"text": text, "coding": [{"system": "http://loinc.org", "code": loinc}]},
        "valueQuantity": {"value": 6.1, "unit": "%"},
    }


@dataclass
class Family:
    """A child, the mother who acts for it until the first of July, and the clinic."""

    folder: Path
    homes: list
    child: pw.Session
    mother: pw.Session
    clinic: pw.Requester
    delegated: pw.Delegated = None
    trust: pw.Entrusted = None

    def imports(self, *resources):
        path = self.folder / "bundle.json"
        entries = [{"resource": it} for it in resources]
        path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
        imported(self.child, path)

    def delegates(self, **changes):
        """The mother may give laboratory results to one clinic."""
        terms = dict(
            offer=self.mother.offer_to_act(MOTHER), relation=pw.Relation.PARENT, contacts=[self.clinic.contact()],
            categories=LABORATORY, purposes=[pw.Purpose.TREATMENT], acts=MAY_BE_ALLOWED,
            until=self.now() + 90 * DAY, longest_seconds=30 * DAY,
        )
        return self.child.delegate(pw.Delegating(**{**terms, **changes}))

    def asks(self, asker=None, **changes):
        terms = dict(purpose=pw.Purpose.TREATMENT, categories=LABORATORY, seconds=7 * DAY, retain_seconds=30 * DAY)
        return (asker or self.clinic).request(pw.Ask(**{**terms, **changes}))

    def reviews(self, request, **narrowing):
        return self.mother.review_for(self.trust.id, request, pw.Narrowing(**narrowing), pw.Language.EN)

    def signs(self, name, review=None):
        """The mother signs what she has read, into a file of this name; gives the token's answer."""
        review = review or self.reviews(self.asks())
        approved = self.mother.approve_for(review.consent, str(self.folder / name))
        assert approved.consent == review.consent and approved.bytes == (self.folder / name).stat().st_size
        return approved

    def opens(self, approved, name):
        return self.clinic.open(approved.token, str(self.folder / name), str(self.folder / f"{name}-opened"))

    def records(self):
        return pages(lambda offset, limit: self.mother.entrusted_records(self.trust.id, offset, limit))

    def now(self):
        return self.homes[0].clock.moment

    def stand_at(self, moment):
        for home in self.homes:
            home.clock.moment = at(moment)


@pytest.fixture
def strangers(tmp_path):
    """The family before anybody was asked to act."""
    homes = [Home(tmp_path / name, FIRST_DAY) for name in ("child", "mother", "clinic")]
    child, mother = (home.create() for home in homes[:2])
    clinic = pw.Requester.create(homes[2].wallet, b"keys of the practice", CLINIC, pw.RequesterClass.CLINICIAN)
    family = Family(tmp_path, homes, child, mother, clinic)
    family.imports(LIA, result("hba1c", "4548-4", "HbA1c"), BEE)
    yield family
    for home in (child, mother, clinic):
        home.lock()


@pytest.fixture
def family(strangers):
    strangers.delegated = strangers.delegates()
    strangers.trust = strangers.mother.accept_delegation(strangers.delegated.packet)
    return strangers


def test_the_mother_reads_what_she_was_given_and_nothing_else(family):
    assert (family.trust.patient, family.trust.requesters) == ("Lia Muster", [CLINIC])
    assert family.trust.acts == MAY_BE_ALLOWED and not family.trust.is_over
    assert pages(family.mother.entrusted) == [family.trust]
    assert pages(family.child.delegations) == [family.delegated.delegation]
    assert family.delegated.records == 1
    [record] = family.records()
    assert record.title.startswith("HbA1c")
    resource = json.loads(family.mother.entrusted_resource(family.trust.id, record.id))
    assert resource["code"]["coding"][0]["code"] == "4548-4"
    with refused("record.not-found", pw.WalletError.NotFound):
        family.mother.entrusted_resource(family.trust.id, "00" * 16)


def test_she_gives_for_the_child_and_the_child_sees_who_signed(family):
    request = family.asks()
    review = family.reviews(request)
    assert MOTHER in review.sentence and CLINIC in review.sentence
    assert [it.id for it in review.release.items] == [it.id for it in family.records()]
    approved = family.signs("given", review)
    with refused("consent.answered", pw.WalletError.NotPermitted):
        family.reviews(request)
    verified = family.clinic.verify(approved.token)
    assert (verified.by, verified.id) == (MOTHER, approved.consent)
    opened = family.opens(approved, "given")
    [part] = opened.parts.items
    assert "4548-4" in (family.folder / "given-opened" / part.path).read_text()

    assert pages(family.child.consents) == []
    report = family.mother.report(family.trust.id)
    [done] = family.child.take_report(report)
    assert (done.by, done.audience, done.consent, done.is_new) == (MOTHER, CLINIC, approved.consent, True)
    [again] = family.child.take_report(report)
    assert not again.is_new
    [consent] = pages(family.child.consents)
    assert (consent.id, consent.by, consent.holds) == (approved.consent, MOTHER, 1)
    [entry] = logged(family.child, kind=pw.AuditKind.CONSENTED)
    assert entry.actor == pw.Actor.PROXY
    assert [it.by for it in family.child.accounting(0, family.now() + 1).disclosures.items] == [MOTHER]
    [receipt] = family.child.add_receipts([opened.receipt.envelope])
    assert receipt.is_new and receipt.receipt.audience == CLINIC
    assert family.child.reconcile(pw.Language.EN, 0, 1000).flagged.items == []


@pytest.mark.parametrize("act, code", FORBIDDEN.items())
def test_what_nobody_may_do_is_refused_by_its_name(family, act, code):
    with refused(code, pw.WalletError.NotPermitted):
        family.mother.may_act_for(family.trust.id, act)
    with refused(code, pw.WalletError.NotPermitted):
        family.delegates(acts=[pw.ProxyAct.READ, act])
    for allowed in MAY_BE_ALLOWED:
        family.mother.may_act_for(family.trust.id, allowed)
    assert len(pages(family.child.delegations)) == 1


def test_more_than_is_covered_is_refused_and_so_is_another_requester(family):
    everything = family.asks(categories=members(pw.Category, "all"))
    for request in (everything, family.asks(seconds=31 * DAY), family.asks(purpose=pw.Purpose.RESEARCH)):
        with refused("delegation.widen", pw.WalletError.NotPermitted):
            family.reviews(request)
    assert family.reviews(everything, only=LABORATORY).release.total == 1
    stranger = pw.Requester.create(Home(family.folder / "stranger").wallet, b"keys of somebody", "Dr. Bell",
                                   pw.RequesterClass.CLINICIAN)
    with refused("delegation.other-requester", pw.WalletError.NotPermitted):
        family.reviews(family.asks(stranger))
    stranger.lock()
    [trust] = pages(family.mother.entrusted)
    assert trust.signed == 0


def test_who_may_only_deny_reads_nothing_and_the_child_hears_of_the_denial(strangers):
    family = strangers
    family.delegated = family.delegates(acts=[pw.ProxyAct.DENY])
    family.trust = family.mother.accept_delegation(family.delegated.packet)
    request = family.asks()
    with refused("delegation.not-allowed", pw.WalletError.NotPermitted):
        family.records()
    with refused("delegation.not-allowed", pw.WalletError.NotPermitted):
        family.reviews(request)
    received = family.clinic.receive(family.mother.deny_for(family.trust.id, request, "We have moved"))
    assert received.is_DENIED() and received.reason == "We have moved"
    [done] = family.child.take_report(family.mother.report(family.trust.id))
    assert (done.by, done.denied, done.consent) == (MOTHER, received.request, None)


def test_after_the_patient_ended_it_no_new_token_is_taken(family):
    before = family.signs("before")
    family.clinic.verify(before.token)
    family.stand_at("2025-04-04T10:00:00Z")
    [revoked] = family.child.end_delegation(family.delegated.delegation.id)
    assert revoked.audience == CLINIC
    [ended] = pages(family.child.delegations)
    assert ended.ended == family.now()
    assert family.clinic.receive(revoked.envelope).is_REVOKED()
    later = family.signs("later")
    with refused("consent.delegation-revoked", pw.WalletError.NotPermitted):
        family.clinic.verify(later.token)
    with refused("consent.delegation-revoked", pw.WalletError.NotPermitted):
        family.opens(later, "later")
    assert not (family.folder / "later-opened").exists()
    with refused("delegation.ended", pw.WalletError.Expired):
        family.child.delegation_packet(family.delegated.delegation.id)
    # What the clinic knew before holds on, until it is taken back itself.
    assert family.clinic.verify(before.token).id == before.consent


def test_when_its_time_is_over_or_the_child_is_of_age_nobody_acts(family):
    waiting = family.reviews(family.asks())
    family.stand_at("2025-07-01T10:00:00Z")
    assert family.delegated.delegation.until == family.now()
    [trust] = pages(family.mother.entrusted)
    assert trust.is_over
    request = family.asks()
    for act in (family.records, lambda: family.reviews(request),
                lambda: family.mother.deny_for(family.trust.id, request)):
        with refused("delegation.ended", pw.WalletError.Expired):
            act()
    with refused("consent.request-expired", pw.WalletError.Expired):
        family.signs("waiting", waiting)
    assert not (family.folder / "waiting").exists()
    family.stand_at("2034-02-02T10:00:00Z")
    with refused("delegation.of-age", pw.WalletError.InvalidInput):
        family.delegates()


def test_a_packet_is_for_one_and_a_newer_one_brings_what_is_new(family):
    other = Home(family.folder / "other").create()
    with refused("delegation.undecryptable", pw.WalletError.Damaged):
        other.accept_delegation(family.delegated.packet)
    other.lock()
    family.stand_at("2025-04-03T10:00:00Z")
    family.imports(result("ferritin", "2276-4", "Ferritin"))
    newer = family.child.delegation_packet(family.delegated.delegation.id)
    assert family.mother.accept_delegation(newer.packet).id == family.trust.id
    assert len(family.records()) == newer.records == 2
    with refused("consent.replayed", pw.WalletError.NotPermitted):
        family.mother.accept_delegation(family.delegated.packet)
