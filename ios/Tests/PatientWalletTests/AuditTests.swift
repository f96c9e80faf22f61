import Foundation
import PatientWallet
import Testing

/// The log: what happened, in words, and proof of it for others.
struct AuditTests {
    @Test func theLogTellsWhatHappened() async throws {
        let stage = try Stage()
        let session = try await stage.told()
        let id = try await session.add(NewEntry(kind: .allergy, text: "Peanuts"))
        let log = try await session.log(LogQuery(record: id))
        let entry = try #require(log.items.first)
        #expect(log.items.count == 1)
        #expect(entry.kind == .added && entry.actor == .patient && entry.record == id)
        let german = try await session.log(LogQuery(record: id), language: .de)
        #expect(german.items.first?.sentence != entry.sentence)
        #expect(!entry.sentence.contains("Peanuts"))
    }

    @Test func pagesPutTogetherAreTheLog() async throws {
        let stage = try Stage()
        let session = try await stage.told()
        let whole = try await session.log(LogQuery(limit: 1000))
        #expect(whole.next == nil && whole.damaged.isEmpty)
        #expect(try await session.status().logSize == UInt64(whole.items.count))
        var (seen, before): ([UInt64], UInt64?) = ([], nil)
        repeat {
            let page = try await session.log(LogQuery(before: before, limit: 7))
            #expect(page.items.count <= 7)
            seen += page.items.map(\.seq)
            before = page.next
        } while before != nil
        #expect(seen == whole.items.map(\.seq))
    }

    @Test func othersCheckTheLogWithNoWallet() async throws {
        let stage = try Stage()
        let session = try await stage.told()
        let earlier = try await session.checkpoint()
        _ = try await session.add(NewEntry(kind: .condition, text: "Hay fever"))
        let seq = try #require(try await session.log(LogQuery(limit: 1)).items.first?.seq)
        let entry = try await session.prove(seq)
        let since = try await session.prove(since: earlier)
        let findings = try await Envelope.checkLogFiles([earlier, entry, since], language: .es)
        #expect(
            findings.map(\.kind) == [
                .checkpoint, .entry(seq: seq), .continuation(restored: false, missing: 0),
            ])
        var forged = entry
        forged[forged.count / 2] ^= 1
        let error = try await refusal { try await Envelope.checkLogFiles([forged]) }
        #expect(error.code.hasPrefix("audit."))
    }

    @Test func aCheckpointIsAPictureToo() async throws {
        let stage = try Stage()
        let checkpoint = try await stage.session().checkpoint()
        let code = try await Envelope.qrCode(of: checkpoint)
        #expect(UInt32(code.modules.count) == code.width * code.width)
        #expect(code.width == UInt32(code.version) * 4 + 17)
        #expect(Set(code.modules) == [0, 1])
        let text = try Envelope.text(of: checkpoint)
        #expect(text.hasPrefix("PMW1:"))
        #expect(try Envelope.bytes(of: text) == checkpoint)
        #expect(try Envelope.kind(of: Data("nothing".utf8)) == nil)
    }

    @Test func whatIsShownHasANameInEveryLanguage() throws {
        for language in [Language.en, .de, .es] {
            let names = try categories.map { try Envelope.name(of: $0, in: language) }
            #expect(Set(names).count == categories.count)
            #expect(try Envelope.keptTable(in: language).count > 3)
            #expect(try !Envelope.name(of: KeptBy.keys, in: language).isEmpty)
            #expect(try !Envelope.name(of: SensitivityLabel.hiv, in: language).isEmpty)
            #expect(try !Envelope.name(of: Purpose.payment, in: language).isEmpty)
            #expect(try !Envelope.name(of: RequesterClass.school, in: language).isEmpty)
            #expect(try !Envelope.name(of: Because.rule, in: language).isEmpty)
            #expect(try !Envelope.name(of: ConsentState.used, in: language).isEmpty)
            #expect(try !Envelope.name(of: RequestState.narrowed, in: language).isEmpty)
        }
        let allergies = try [Language.en, .de].map {
            try Envelope.name(of: RecordCategory.allergies, in: $0)
        }
        #expect(allergies == ["allergies", "Allergien"])
        #expect(try !Envelope.presets().isEmpty)
    }
}
