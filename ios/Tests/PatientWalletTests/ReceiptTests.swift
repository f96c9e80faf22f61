import Foundation
import PatientWallet
import Testing

/// Receipts: who read signs it, and the patient compares that with what was given.
struct ReceiptTests {
    private let asker = Asker(name: "Dr. Chen", class: "clinician")

    @Test func everyAccessIsSigned() async throws {
        let stage = try Stage()
        try stage.clock.set("2025-04-07T09:00:00Z")
        let patient = try await stage.told()
        let clinic = try await stage.requester("clinic", asker)
        let given = try await stage.give(patient, to: clinic, week())
        let opened = try #require(try await clinic.receipts().items.first)
        #expect(opened == given.opened.receipt)
        #expect(opened.act == .opened && opened.consent == given.consent)
        #expect(opened.records == given.approved.released)
        #expect(try Envelope.kind(of: opened.envelope) == .receipt)

        let alias = try #require(given.opened.parts.items.first?.alias)
        try stage.clock.set("2025-04-07T22:00:00Z")
        let machine = try await clinic.noteAccess(
            under: given.consent, byMachine: true, records: [alias])
        #expect(machine.act == .machine && machine.records == 1)
        try stage.clock.set("2025-04-08T09:00:00Z")
        let person = try await clinic.noteAccess(under: given.consent, person: "Wei Chen")
        #expect(person.act == .read && person.person == "Wei Chen")
        #expect(person.records == given.approved.released)
        try await handOut([opened, machine, person], clinic)
        try await takeIn([person, opened, machine], given, patient)
    }

    /// A receipt is handed out once, unless somebody asks for it again.
    private func handOut(_ signed: [GivenReceipt], _ clinic: Requester) async throws {
        #expect(try await clinic.receipts().items == signed)
        try await clinic.markGiven(signed.dropLast().map(\.id))
        #expect(try await clinic.receipts().items == signed.suffix(1))
        try await clinic.markGiven(signed.suffix(1).map(\.id))
        #expect(try await clinic.receipts().total == 0)
        #expect(try await clinic.receipts(again: true).items == signed)
    }

    /// In any order, and twice without harm.
    private func takeIn(
        _ signed: [GivenReceipt], _ given: Given, _ patient: Session
    ) async throws {
        let first = try await patient.addReceipts(signed.dropLast().map(\.envelope))
        #expect(first.map(\.isNew) == [true, true])
        let again = try await patient.addReceipts(signed.map(\.envelope))
        #expect(again.map(\.isNew) == [false, false, true])
        #expect(again.allSatisfy { $0.refused == nil })
        #expect(again.map(\.receipt?.id) == signed.map(\.id))

        let kept = try await patient.receipts(under: given.consent)
        #expect(kept.items.map(\.act) == [.opened, .machine, .read])
        #expect(kept.items.map(\.number) == [1, 2, 3])
        #expect(kept.items.map(\.person) == [nil, nil, "Wei Chen"])
        #expect(kept.items.allSatisfy { $0.audience == asker.name && $0.name == asker.name })
        #expect(try await patient.receipts(offset: 1, limit: 1).items == [kept.items[1]])

        // The opening and the reading are one line; the machine has its own.
        let lines = try await patient.accesses().items
        #expect(lines.map(\.kind) == [.person, .machine])
        #expect(lines.map(\.accesses) == [2, 1])
        #expect(lines.allSatisfy { $0.flags.isEmpty && $0.consent == given.consent })
        let (start, end) = ("2025-04-07T09:00:00Z", "2025-04-08T09:00:00Z")
        #expect(try lines.first?.first == seconds(start) && lines.first?.last == seconds(end))
        #expect(try await patient.reconcile().flagged.total == 0)
    }

    @Test func whatIsForgedOrForeignIsRefusedAlone() async throws {
        let stage = try Stage()
        let patient = try await stage.told()
        let clinic = try await stage.requester("clinic", asker)
        let given = try await stage.give(patient, to: clinic, week())
        let receipt = given.opened.receipt.envelope
        for place in [receipt.count / 2, receipt.count - 1] {
            var forged = receipt
            forged[forged.startIndex + place] ^= 1
            let added = try await patient.addReceipts([forged])
            #expect(added.map(\.refused) == ["receipt.invalid"])
            #expect(added.allSatisfy { $0.receipt == nil && !$0.isNew })
        }
        let other = try await stage.session("other")
        let foreign = try await other.addReceipts([receipt])
        #expect(foreign.map(\.refused) == ["receipt.foreign"])
        #expect(try await other.receipts().total == 0)
        let mixed = try await patient.addReceipts([given.approved.token, receipt])
        #expect(mixed.map(\.refused) == ["receipt.wrong-type", nil])
        #expect(try await patient.receipts().total == 1)
    }

    @Test func whatWasNotGivenIsFlagged() async throws {
        let stage = try Stage()
        try stage.clock.set("2025-04-07T09:00:00Z")
        let patient = try await stage.told()
        let clinic = try await stage.requester("clinic", asker)
        let given = try await stage.give(patient, to: clinic, week())
        try stage.clock.set("2025-04-08T09:00:00Z")
        _ = try await clinic.noteAccess(under: given.consent)
        let study = try await clinic.noteAccess(under: given.consent, purpose: .research)
        try stage.clock.set("2025-04-14T09:00:00Z")
        let late = try await clinic.noteAccess(under: given.consent, person: "Wei Chen")
        let envelopes = try await clinic.receipts().items.map(\.envelope)
        #expect(try await patient.addReceipts(envelopes).allSatisfy(\.isNew))

        let told = try await patient.reconcile()
        #expect(told.accesses == 4)
        let flagged = told.flagged.items
        #expect(flagged.map { $0.why.map(\.kind) } == [[.afterExpiry], [.wrongPurpose]])
        #expect(flagged.map(\.id) == [late.id, study.id])
        #expect(flagged.map(\.person) == ["Wei Chen", nil])
        #expect(flagged.allSatisfy { $0.about == .access && $0.name == asker.name })
        #expect(flagged.allSatisfy { $0.consent == given.consent })
        #expect(flagged.allSatisfy { $0.records.count == given.approved.released })
        #expect(flagged.first?.why.first?.sentence == "The consent had expired.")
        let german = try await patient.reconcile(language: .de, limit: 1).flagged
        #expect(german.items.first?.why.first?.sentence == "Die Einwilligung war abgelaufen.")
        #expect(german.total == 2 && german.next == 1)
        let lines = try await patient.accesses().items
        #expect(lines.map(\.flags) == [[.afterExpiry], [], [.wrongPurpose]])
        #expect(lines.map(\.accesses) == [1, 2, 1])
    }

    @Test func anAccountingIsHandedOn() async throws {
        let stage = try Stage()
        try stage.clock.set("2025-04-07T09:00:00Z")
        let patient = try await stage.told()
        let clinic = try await stage.requester("clinic", asker)
        let given = try await stage.give(patient, to: clinic, week())
        let since = try seconds("2025-04-07T09:00:00Z")
        let accounting = try await patient.accounting(since: since, until: since + 1)
        let disclosed = try #require(accounting.disclosures.items.first)
        #expect(accounting.disclosures.total == 1 && accounting.made == since)
        #expect(disclosed.id == given.approved.disclosure && disclosed.consent == given.consent)
        #expect(disclosed.audience == asker.name && disclosed.by == nil)
        #expect(disclosed.at == since && disclosed.purpose == .treatment)
        #expect(disclosed.records == given.approved.released)
        let later = try await patient.accounting(since: since + 1, until: since + 2)
        #expect(later.disclosures.total == 0)

        let (page, text) = (stage.path("accounting.html"), stage.path("accounting.txt"))
        try await patient.writeAccounting(to: page, since: since, until: since + 1)
        try await patient.writeAccounting(
            to: text, since: since, until: since + 1, format: .text)
        let (html, plain) = (try read(page), try read(text))
        #expect(html.contains(asker.name) && plain.contains(asker.name))
        #expect(html.contains("<html") && !html.contains("<script") && !plain.contains("<html"))
        let there = try await refusal {
            try await patient.writeAccounting(to: page, since: since, until: since + 1)
        }
        #expect(there == .notPermitted(code: "file.exists"))
        #expect(try read(page) == html)
        try await patient.writeAccounting(
            to: page, since: since, until: since + 1, language: .de, replacing: true)
        #expect(try read(page) != html)
    }

    private func week() throws -> Ask {
        Ask(
            purpose: .treatment, categories: [.laboratory], seconds: try duration("7d"),
            retainSeconds: try duration("30d"))
    }

    private func read(_ file: URL) throws -> String {
        try String(contentsOf: file, encoding: .utf8)
    }
}
