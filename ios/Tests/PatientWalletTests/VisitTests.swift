import Foundation
import PatientWallet
import Testing

/// The visit: a doctor asks for everything and opens exactly what the patient grants, for a week.
struct VisitTests {
    @Test func theDoctorOpensWhatThePatientGrants() async throws {
        let (stage, story) = (try Stage(), try Story.told())
        try stage.clock.set("2025-04-07T08:00:00Z")
        let patient = try await stage.told()
        let clinic = try await stage.requester("clinic", story.clinic)
        try await stage.vouched(clinic, story.clinic, by: story.directory, believedBy: patient)
        let item = try await ask(story, patient, clinic)

        try stage.clock.set("2025-04-07T09:00:00Z")
        try await look(story, patient, item)
        let narrowing = try story.terms.narrowing
        let review = try await patient.review(item.id, narrowing: narrowing)
        let leaving = try await released(patient, review)
        #expect(Set(leaving.compactMap(\.reference)) == story.expect.released)
        for denied in try labelsDenied(story.terms.deny) {
            #expect(leaving.allSatisfy { !$0.labels.contains(denied) })
        }
        #expect(review.sentence.contains(story.clinic.name))
        let files = (token: stage.path("token"), disclosure: stage.path("disclosure"))
        let approved = try await patient.approve(review.digest, to: files.disclosure).value
        try approved.token.write(to: files.token)
        #expect(approved.released == UInt64(story.expect.released.count))
        #expect(try approved.consent.expiresAt == seconds(story.expect.expiresAt))
        let again = try await refusal {
            try await patient.approve(review.digest, to: stage.path("x")).value
        }
        #expect(again.code == "consent.review-stale")

        try stage.clock.set("2025-04-07T15:00:00Z")
        try await open(story, stage, clinic, approved, patient)
        try await clinic.lock()
        try stage.copy("clinic", to: stage.path("untold"))
        stage.copyKeystore("clinic", to: "untold")

        try stage.clock.set("2025-04-09T18:00:00Z")
        try await takeBack(story, stage, patient, approved)
        try stage.clock.set("2025-04-14T09:00:00Z")
        try await expire(story, stage, approved)
        let log = try await patient.log(LogQuery(limit: UInt32(story.expect.log.count)))
        #expect(log.items.map { kebab($0.kind) } == story.expect.log)
    }

    private func ask(
        _ story: Story, _ patient: Session, _ clinic: Requester
    ) async throws -> InboxItem {
        #expect(try await clinic.profile().hasCredential)
        let request = try await clinic.request(story.request.ask)
        #expect(try Envelope.kind(of: request) == .request)
        let text = try Envelope.text(of: request)
        let item = try await patient.receiveRequest(try Envelope.bytes(of: text))
        #expect(item.who.name == story.clinic.name)
        #expect(kebab(item.who.standing) == story.expect.standing)
        #expect(try item.who.requesterClass == requesterClass(story.clinic.class))
        #expect(item.who.vouchedBy == story.directory)
        #expect(item.request.text == story.request.text)
        let replayed = try await refusal { try await patient.receiveRequest(request) }
        #expect(replayed.code == "consent.replayed")
        #expect(try await patient.inbox().items.map(\.id) == [item.id])
        return item
    }

    private func look(_ story: Story, _ patient: Session, _ item: InboxItem) async throws {
        let asked = try await patient.review(item.id)
        #expect(asked.released == story.expect.asked.records)
        let all = try await released(patient, asked)
        for (word, count) in story.expect.asked.labelled {
            let label = try label(word)
            #expect(all.count { $0.labels.contains(label) } == count)
        }
        let narrowed = try await patient.review(item.id, narrowing: story.terms.narrowing)
        let unread = Dictionary(grouping: try await released(patient, narrowed), by: \.category)
        #expect(
            Dictionary(uniqueKeysWithValues: unread.map { (kebab($0), $1.count) })
                == story.expect.unread)
        let withheld = try await patient.withheld(narrowed.digest, limit: 1000)
        #expect(withheld.total == narrowed.withheld)
        #expect(withheld.items.allSatisfy { !$0.because.isEmpty })
        #expect(withheld.items.contains { $0.because.contains(.freeText) })
        for reference in story.lookedThrough {
            _ = try await patient.relabel(record(patient, reference).id)
        }
    }

    private func open(
        _ story: Story, _ stage: Stage, _ clinic: Requester, _ approved: Approved,
        _ patient: Session
    ) async throws {
        let verified = try await clinic.verify(approved.token)
        #expect(verified.id == approved.consent.id)
        #expect(verified.purpose == .treatment)
        let disclosure = stage.path("disclosure")
        let checked = try await clinic.check(disclosure, token: approved.token).value
        #expect(checked.parts == approved.released)
        let folder = stage.path("opened")
        let opened = try await clinic.open(disclosure, token: approved.token, into: folder).value
        #expect(try references(opened, in: folder) == story.expect.released)
        var here = try contents(of: folder) + contents(of: stage.path("clinic"))
        here += try contents(of: disclosure) + contents(of: stage.path("token"))
        let there = try Data(contentsOf: Examples.file("data/\(story.data)"))
        for text in story.expect.never {
            #expect(there.range(of: Data(text.utf8)) != nil)
            #expect(here.range(of: Data(text.utf8)) == nil)
        }
        let held = try await patient.held(under: approved.consent.id, limit: 1000)
        #expect(held.total == approved.released)
    }

    private func takeBack(
        _ story: Story, _ stage: Stage, _ patient: Session, _ approved: Approved
    ) async throws {
        let id = try #require(try await patient.consents().items.first?.id)
        let revoked = try await patient.revoke([id])
        #expect(revoked.map(\.audience) == [story.clinic.name])
        #expect(try await patient.consents().items.first?.state == .revoked)
        let clinic = try await Requester.unlock(stage.wallet("clinic"), passphrase: passphrase())
        let received = try await clinic.receive(try #require(revoked.first).envelope)
        #expect(received == .revoked(hasGaps: false))
        let code = story.expect.afterRevocation
        let verify = try await refusal { try await clinic.verify(approved.token) }
        #expect(verify == .notPermitted(code: code))
        let again = stage.path("again")
        let open = try await refusal {
            try await clinic.open(
                stage.path("disclosure"), token: approved.token, into: again
            ).value
        }
        #expect(open.code == code)
        #expect(!FileManager.default.fileExists(atPath: again.path))
        let held = try await clinic.consents()
        #expect(held.items.map { kebab($0.state) } == [story.expect.states[0]])
        try await clinic.lock()
    }

    private func expire(_ story: Story, _ stage: Stage, _ approved: Approved) async throws {
        let untold = try await Requester.unlock(stage.wallet("untold"), passphrase: passphrase())
        let verify = try await refusal { try await untold.verify(approved.token) }
        #expect(verify == .expired(code: story.expect.afterExpiry))
        let open = try await refusal {
            try await untold.open(
                stage.path("disclosure"), token: approved.token, into: stage.path("again")
            ).value
        }
        #expect(open.code == story.expect.afterExpiry)
        let held = try await untold.consents()
        #expect(held.items.map { kebab($0.state) } == [story.expect.states[1]])
    }

    private struct Story: Decodable {
        struct Asked: Decodable {
            let records: UInt64
            let labelled: [String: Int]
        }
        struct Expect: Decodable {
            let standing, expiresAt, afterRevocation, afterExpiry: String
            let asked: Asked
            let unread: [String: Int]
            let released: Set<String>
            let never, states, log: [String]
        }
        let data, directory: String
        let clinic: Asker
        let request: Wish
        let lookedThrough: [String]
        let terms: Terms
        let expect: Expect

        static func told() throws -> Story { try Examples.story("visit") }
    }
}
