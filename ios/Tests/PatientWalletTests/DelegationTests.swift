import Foundation
import PatientWallet
import Testing

/// A mother acts for her child, for one clinic and the laboratory only, until the child is of age.
struct DelegationTests {
    @Test func aMotherGivesForHerChild() async throws {
        let family = try await Family()
        let (child, mother, clinic) = (family.child, family.mother, family.clinic)
        let (delegated, entrusted) = try await family.delegate()
        #expect(delegated.records == 1)
        #expect(delegated.delegation.name == Family.elena)
        #expect(delegated.delegation.requesters == [Family.chen.name])
        #expect(try await child.delegations().items == [delegated.delegation])
        #expect(entrusted.patient == "Rossi" && entrusted.relation == .parent)
        #expect(!entrusted.isOver && entrusted.categories == [.laboratory])
        #expect(try await mother.entrusted().items == [entrusted])
        let records = try await mother.entrustedRecords(of: entrusted.id)
        let record = try #require(records.items.first)
        #expect(records.total == 1 && record.title == "Ferritin")
        let json = try await mother.entrustedResource(record.id, of: entrusted.id)
        #expect(json.contains("\"ferritin\""))

        let request = try await clinic.request(family.ask())
        let review = try await mother.review(request, for: entrusted.id)
        #expect(review.release.items == [record] && review.withhold.total == 0)
        #expect(review.sentence.contains("“\(Family.elena)” signs this for the patient"))
        let given = try await family.approve(review)
        #expect(given.approved.consent == review.consent && given.approved.released == 1)
        #expect(try await clinic.verify(given.approved.token).by == Family.elena)
        let folder = family.stage.path("opened")
        let opened = try await clinic.open(
            given.disclosure, token: given.approved.token, into: folder
        ).value
        #expect(try references(opened, in: folder) == ["Observation/ferritin"])
        try await report(given.approved, opened.receipt, entrusted, family)
    }

    /// The child's wallet learns what was signed, and takes it back.
    private func report(
        _ approved: ApprovedFor, _ receipt: GivenReceipt, _ entrusted: Entrusted, _ family: Family
    ) async throws {
        let child = family.child
        #expect(try await child.consents().total == 0)
        let report = try await family.mother.report(on: entrusted.id)
        let taken = try await child.takeReport(report)
        #expect(taken.map(\.by) == [Family.elena] && taken.map(\.isNew) == [true])
        #expect(taken.map(\.consent) == [approved.consent] && taken.map(\.records) == [1])
        #expect(try await child.takeReport(report).map(\.isNew) == [false])
        let consent = try #require(try await child.consents().items.first)
        #expect(consent.id == approved.consent && consent.by == Family.elena)
        #expect(consent.audience == Family.chen.name && consent.holds == 1)
        #expect(try await child.addReceipts([receipt.envelope]).map(\.isNew) == [true])
        #expect(try await child.reconcile().flagged.total == 0)
        let now = try seconds(Family.now)
        let accounting = try await child.accounting(since: now, until: now + 1)
        #expect(accounting.disclosures.items.map(\.by) == [Family.elena])
        let revoked = try #require(try await child.revoke([consent.id]).first)
        _ = try await family.clinic.receive(revoked.envelope)
        let after = try await refusal { try await family.clinic.verify(approved.token) }
        #expect(after == .notPermitted(code: "consent.revoked"))
    }

    @Test func whatNobodyMayDoIsRefusedByItsName() async throws {
        let family = try await Family()
        let (mother, clinic) = (family.mother, family.clinic)
        let (_, entrusted) = try await family.delegate()
        for act in [ProxyAct.read, .approve, .deny] {
            try await mother.mayAct(for: entrusted.id, act)
        }
        let forbidden: [(ProxyAct, String)] = [
            (.widen, "delegation.widen"), (.delegateOn, "delegation.delegate-on"),
            (.recover, "delegation.recover"), (.erase, "delegation.erase"),
        ]
        for (act, code) in forbidden {
            let refused = try await refusal { try await mother.mayAct(for: entrusted.id, act) }
            #expect(refused == .notPermitted(code: code))
            let delegated = try await refusal { try await family.delegate(acts: [.read, act]) }
            #expect(delegated.code == code, "nobody can allow it")
        }

        let more = try await clinic.request(family.ask([.laboratory, .allergies]))
        let widened = try await refusal { try await mother.review(more, for: entrusted.id) }
        #expect(widened == .notPermitted(code: "delegation.widen"))
        let narrowing = Narrowing(only: [.laboratory])
        let narrowed = try await mother.review(more, for: entrusted.id, narrowing: narrowing)
        #expect(narrowed.release.total == 1)
        let denial = try await mother.deny(more, for: entrusted.id, reason: "We moved")
        guard case .denied(_, _, let reason) = try await clinic.receive(denial) else {
            Issue.record("it is no denial")
            return
        }
        #expect(reason == "We moved")

        let alder = try await family.stage.requester(
            "alder", Asker(name: "Dr. Alder", class: "clinician"))
        let asked = try await alder.request(family.ask())
        let other = "delegation.other-requester"
        let reviewed = try await refusal { try await mother.review(asked, for: entrusted.id) }
        #expect(reviewed == .notPermitted(code: other))
        let denied = try await refusal { try await mother.deny(asked, for: entrusted.id) }
        #expect(denied == .notPermitted(code: other))
    }

    @Test func afterTheEndNothingNewIsLetIn() async throws {
        let family = try await Family()
        let (delegated, entrusted) = try await family.delegate()
        let request = try await family.clinic.request(family.ask())
        let held = try await family.approve(family.mother.review(request, for: entrusted.id))
        let ended = try await family.child.endDelegation(delegated.delegation.id)
        #expect(ended.map(\.audience) == [Family.chen.name])
        let received = try await family.clinic.receive(try #require(ended.first).envelope)
        #expect(received == .revoked(hasGaps: false))
        let again = try await family.clinic.request(family.ask())
        let later = try await family.approve(family.mother.review(again, for: entrusted.id))
        for given in [held, later] {
            let verify = try await refusal {
                try await family.clinic.verify(given.approved.token)
            }
            #expect(verify == .notPermitted(code: "consent.delegation-revoked"))
        }
        #expect(try await family.child.delegations().items.map(\.ended) == [seconds(Family.now)])
        let packet = try await refusal {
            try await family.child.delegationPacket(delegated.delegation.id)
        }
        #expect(packet.code == "delegation.ended")
    }

    @Test func aChildOfAgeDecidesAlone() async throws {
        let family = try await Family()
        let (mother, clinic) = (family.mother, family.clinic)
        let late = try await refusal {
            try await family.delegate(until: "2028-02-03T00:00:01Z")
        }
        #expect(late == .invalidInput(code: "delegation.of-age", position: nil))
        let (_, entrusted) = try await family.delegate()
        let first = try await clinic.request(family.ask())
        let given = try await family.approve(mother.review(first, for: entrusted.id))
        _ = try await clinic.verify(given.approved.token)

        try family.stage.clock.set(Family.birthday)
        let request = try await clinic.request(family.ask())
        let review = try await refusal { try await mother.review(request, for: entrusted.id) }
        #expect(review == .expired(code: "delegation.ended"))
        let denial = try await refusal { try await mother.deny(request, for: entrusted.id) }
        #expect(denial == review)
        let records = try await refusal { try await mother.entrustedRecords(of: entrusted.id) }
        #expect(records == review)
        #expect(try await mother.entrusted().items.map(\.isOver) == [true])
        let verify = try await refusal { try await clinic.verify(given.approved.token) }
        #expect(verify == .expired(code: "consent.expired"))
        // What was signed in time can still be told; from now on the child answers.
        let report = try await mother.report(on: entrusted.id)
        #expect(try await family.child.takeReport(report).count == 1)
        let own = try await family.stage.give(family.child, to: clinic, family.ask())
        #expect(own.opened.consent.by == nil)
    }
}

/// A child, the mother who acts for it, and the clinic that both go to.
private struct Family {
    static let now = "2028-01-31T10:00:00Z"
    static let birthday = "2028-02-03T00:00:00Z"
    static let elena = "Elena Rossi"
    static let chen = Asker(name: "Dr. Chen", class: "clinician")

    let stage: Stage
    let child, mother: Session
    let clinic: Requester

    init() async throws {
        stage = try Stage()
        try stage.clock.set(Self.now)
        child = try await stage.session("child")
        mother = try await stage.session("mother")
        clinic = try await stage.requester("clinic", Self.chen)
        let file = try stage.write("mia.ndjson", Self.record.joined(separator: "\n"))
        let report = try await child.importFile(file).value
        try #require(report.new == 3 && report.refused.total == 0)
    }

    /// The mother offers, the child delegates, the mother takes it in.
    func delegate(
        until: String = Self.birthday, acts: [ProxyAct] = [.read, .approve, .deny]
    ) async throws -> (Delegated, Entrusted) {
        let offer = try await mother.offerToAct(as: Self.elena)
        let delegated = try await child.delegate(
            Delegating(
                offer: offer, relation: .parent, contacts: [clinic.contact()],
                categories: [.laboratory], purposes: [.treatment], acts: acts,
                until: seconds(until), longestSeconds: duration("2d")))
        return (delegated, try await mother.acceptDelegation(delegated.packet))
    }

    func ask(_ categories: [RecordCategory] = [.laboratory]) throws -> Ask {
        Ask(
            purpose: .treatment, categories: categories, seconds: try duration("1d"),
            retainSeconds: try duration("30d"))
    }

    func approve(
        _ review: ReviewFor
    ) async throws -> (approved: ApprovedFor, disclosure: URL) {
        let disclosure = stage.path("disclosure-\(review.consent)")
        return (try await mother.approveFor(review.consent, into: disclosure).value, disclosure)
    }

    private static let record = [
        #"{"resourceType":"Patient","id":"mia","name":[{"family":"Rossi"}],"birthDate":"2010-02-03"}"#,
        #"{"resourceType":"AllergyIntolerance","id":"bee","code":{"text":"Bee venom"},"patient":{"reference":"Patient/mia"}}"#,
        #"{"resourceType":"Observation","id":"ferritin","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"text":"Ferritin"},"subject":{"reference":"Patient/mia"},"effectiveDateTime":"2027-11-02"}"#,
    ]
}
