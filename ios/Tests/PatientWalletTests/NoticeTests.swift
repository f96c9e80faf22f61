import Foundation
import PatientWallet
import Testing

/// The wrong blood group, afterwards: a correction reaches who holds the old version, and what was
/// opened is erased.
struct NoticeTests {
    @Test func aCorrectionReachesWhoHoldsTheOldVersion() async throws {
        let told = try await Told()
        let (stage, patient, wanted) = (told.stage, told.patient, told.story.correction)
        try stage.clock.set("2025-04-09T09:30:00Z")
        let json = try String(contentsOf: Examples.file("data/\(wanted.file)"), encoding: .utf8)
        _ = try await patient.correct(
            told.record, to: json, author: wanted.author, reason: wanted.reason)
        let notices = try await patient.notices().items
        let readers = told.story.readers
        #expect(notices.count == 2)
        #expect(notices.allSatisfy { $0.kind == .correction && $0.answered == nil })
        let answered = try #require(notices.first { $0.audience == readers.answers.name })
        let silent = try #require(notices.first { $0.audience == readers.silent.name })
        #expect(answered.consents == [told.answers.consent])
        #expect(silent.consents == [told.silent.consent])
        for notice in notices {
            #expect(try Envelope.kind(of: notice.envelope) == .notice)
            #expect(try await patient.corrected(by: notice.id).items == [told.record])
        }

        let applied = try await told.surgery.applyNotice(answered.envelope)
        #expect(applied.id == answered.id && applied.folders == [told.answers.folder.path])
        let outdated = try #require(applied.outdated.first)
        #expect(applied.outdated.count == 1)
        let old = try String(contentsOfFile: outdated, encoding: .utf8)
        #expect(old.contains(told.story.expect.before))
        let answer = try #require(applied.answer)
        #expect(try await told.surgery.receive(answered.envelope) == .noticed(notice: applied))
        let added = try await patient.addReceipts([answer, answer])
        #expect(added.map(\.isNew) == [true, false])
        #expect(added.first?.receipt?.act == .noticeApplied)
        try await compare(told, answered, silent)
    }

    private func compare(_ told: Told, _ answered: Notice, _ silent: Notice) async throws {
        let patient = told.patient
        let notices = try await patient.notices().items
        let at = try seconds("2025-04-09T09:30:00Z")
        #expect(notices.first { $0.id == answered.id }?.answered == at)
        let still = try #require(notices.first { $0.id == silent.id })
        #expect(still.answered == nil)
        #expect(try await patient.reconcile().flagged.total == 0)
        try told.stage.clock.set("2025-04-16T09:30:00Z")
        let flagged = try await patient.reconcile().flagged.items
        #expect(flagged.map(\.id) == [silent.id] && flagged.map(\.about) == [.notice])
        #expect(flagged.map(\.name) == [told.story.readers.silent.name])
        #expect(flagged.first?.why.map { kebab($0.kind) } == [told.story.readers.flag])

        let holders = try await patient.holders(of: told.record).items
        #expect(Set(holders.map(\.consent)) == [told.answers.consent, told.silent.consent])
        #expect(holders.allSatisfy { $0.version == 1 && $0.erased == nil && $0.read != nil })
        // Who is given it again has the new version.
        let again = try await told.stage.give(patient, to: told.surgery, told.ask)
        let newest = try #require(
            try await patient.holders(of: told.record).items.first { $0.consent == again.consent })
        #expect(UInt64(newest.version) == told.story.expect.versions && newest.read == nil)
        #expect(try contents(of: again.folder).range(of: Data(told.story.expect.after.utf8)) != nil)
    }

    @Test func whatWasOpenedIsErased() async throws {
        let told = try await Told()
        let (patient, doctor, given) = (told.patient, told.doctor, told.silent)
        let wish = try await patient.askErasure(under: given.consent)
        #expect(wish.kind == .erasureWish && wish.consents == [given.consent])
        #expect(try await patient.askErasure(under: given.consent) == wish)
        let owed = try await patient.owedErasures().items
        #expect(owed.map(\.consent) == [given.consent])
        #expect(owed.map(\.audience) == [told.story.readers.silent.name])
        let noted = try await doctor.applyNotice(wish.envelope)
        #expect(noted.folders == [given.folder.path] && noted.answer == nil)
        #expect(try await doctor.consents().items.map(\.owed) == [.asked])

        let erased = try await doctor.eraseCopies(under: given.consent)
        #expect(erased.foreign.isEmpty && erased.missing.isEmpty && !erased.pending)
        #expect(!FileManager.default.fileExists(atPath: given.folder.path))
        #expect(FileManager.default.fileExists(atPath: told.answers.folder.path))
        #expect(try Envelope.kind(of: erased.statement) == .erasure)
        let added = try await patient.addReceipts([erased.statement])
        #expect(added.map(\.isNew) == [true] && added.first?.receipt?.act == .erased)
        let anew = try await doctor.erasureStatement(under: given.consent)
        #expect(try await patient.addReceipts([anew]).map(\.refused) == [nil])
        #expect(try await patient.notices().items.first?.answered != nil)
        #expect(try await patient.owedErasures().total == 0)
        let holders = try await patient.holders(of: told.record).items
        #expect(holders.first { $0.consent == given.consent }?.erased != nil)
        #expect(holders.first { $0.consent == told.answers.consent }?.erased == nil)
        let gone = try await refusal { try await doctor.eraseCopies(under: given.consent) }
        #expect(gone == .notFound(code: "consent.not-found"))
    }
}

/// A patient whose laboratory results two readers have opened.
private struct Told {
    let story: Story
    let stage: Stage
    let patient: Session
    let record: String
    let surgery, doctor: Requester
    let answers, silent: Given

    init() async throws {
        story = try Examples.story("wrong-blood-group")
        stage = try Stage()
        try stage.clock.set("2025-04-02T10:00:00Z")
        patient = try await stage.told()
        record = try await PatientWalletTests.record(patient, story.correction.reference).id
        surgery = try await stage.requester("surgery", story.readers.answers)
        doctor = try await stage.requester("doctor", story.readers.silent)
        let ask = try story.ask
        answers = try await stage.give(patient, to: surgery, ask)
        silent = try await stage.give(patient, to: doctor, ask)
        let signed = [answers, silent].map(\.opened.receipt.envelope)
        try #require(try await patient.addReceipts(signed).allSatisfy(\.isNew))
    }

    var ask: Ask { get throws { try story.ask } }
}

private struct Story: Decodable {
    struct Correction: Decodable { let reference, file, author, reason: String }
    struct Readers: Decodable {
        let answers, silent: Asker
        let `for`, flag: String
    }
    struct Expect: Decodable {
        let before, after: String
        let versions: UInt64
    }
    let correction: Correction
    let readers: Readers
    let expect: Expect

    var ask: Ask {
        get throws {
            Ask(
                purpose: .treatment, categories: [.laboratory],
                seconds: try duration(readers.for), retainSeconds: try duration("60d"))
        }
    }
}
