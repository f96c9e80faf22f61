import Foundation
import PatientWallet
import Testing

/// The wrong blood group: a correction keeps the original and says who, when and why.
struct CorrectionTests {
    @Test func theRecordGoesInAsItIs() async throws {
        let (stage, story) = (try Stage(), try Story.told())
        let session = try await stage.session()
        let report = try await session.importFile(Examples.file("data/\(story.data)")).value
        #expect(report.entries == story.expect.entries)
        #expect(report.new == story.expect.records)
        #expect(report.refused.total == story.expect.refused)

        let all = try await everything(session)
        let counts = Dictionary(grouping: all, by: \.category).mapValues(\.count)
        for (name, count) in story.expect.byCategory {
            #expect(counts[try category(name)] == count, "\(name)")
        }
        for (name, least) in story.expect.sensitive {
            let label = try label(name)
            #expect(all.count { $0.labels.contains(label) } >= least, "\(name)")
        }
        let byReference = Dictionary(grouping: all) { $0.reference ?? "" }
        for wanted in story.expect.labelled {
            let labels = byReference[wanted.reference]?.first?.labels ?? []
            #expect(labels.contains(try label(wanted.label)), "\(wanted.reference)")
        }
        for reference in story.expect.unlabelled {
            #expect(byReference[reference]?.first?.labels == [], "\(reference)")
        }
        for kept in story.expect.keptExactly {
            let id = try #require(byReference[kept.reference]?.first?.id)
            #expect(try await session.read(id).json.contains("\"value\": \(kept.digits)"))
        }
        try await session.lock()
    }

    @Test func aCopyOfTheFilesTellsNothing() async throws {
        let (stage, story) = (try Stage(), try Story.told())
        let session = try await stage.told()
        try await session.lock()
        let bytes = try contents(of: stage.path("home"))
        let names = story.patient.name.split(separator: " ").map(String.init)
        #expect(bytes.count > 100_000)
        for text in names + [story.patient.birthDate, story.expect.before, "resourceType"] {
            #expect(bytes.range(of: Data(text.utf8)) == nil)
        }
    }

    @Test func aCorrectionKeepsTheOriginal() async throws {
        let (stage, story) = (try Stage(), try Story.told())
        let (wanted, expect) = (story.correction, story.expect)
        try stage.clock.set("2025-04-02T10:00:00Z")
        let session = try await stage.told()
        for search in expect.searches {
            let found = try await everything(session, Query(text: search.text))
            #expect(found.compactMap(\.reference).sorted() == search.references)
        }
        let code = wanted.find.code.split(separator: "|").map(String.init)
        let byCode = try await session.find(Query(system: code[0], code: code[1]))
        #expect(byCode.total == wanted.find.matches)
        let id = try #require(byCode.items.first?.id)
        #expect(try await session.record(id).reference == wanted.reference)
        #expect(try await session.read(id).json.contains(expect.before))

        try stage.clock.set("2025-04-09T09:30:00Z")
        let json = try String(contentsOf: Examples.file("data/\(wanted.file)"), encoding: .utf8)
        let version = try await session.correct(
            id, to: json, author: wanted.author, reason: wanted.reason)
        #expect(version == 2)
        #expect(try await session.read(id).json.contains(expect.after))
        #expect(try await session.read(id, version: 1).json.contains(expect.before))
        let history = try await session.history(of: id)
        #expect(history.total == expect.versions)
        let last = try #require(history.items.last)
        #expect(last.record.author == wanted.author)
        #expect(last.reason == wanted.reason)
        #expect(try last.record.at == seconds("2025-04-09T09:30:00Z"))

        let status = try await session.status()
        #expect(status.records == expect.records)
        #expect(status.versions == expect.records + 1)
        try await session.lock()
        let wrong = try await refusal {
            try await stage.wallet().unlock(Secret("somebody else's passphrase"))
        }
        #expect(wrong == .wrongPassphrase(code: expect.wrongPassphrase))
    }

    private struct Story: Decodable {
        struct Patient: Decodable { let name, birthDate: String }
        struct Find: Decodable {
            let text, code: String
            let matches: UInt64
        }
        struct Correction: Decodable {
            let find: Find
            let reference, file, author, reason: String
        }
        struct Search: Decodable {
            let text: String
            let references: [String]
        }
        struct Kept: Decodable { let reference, digits: String }
        struct Labelled: Decodable { let reference, label: String }
        struct Expect: Decodable {
            let entries, records, refused, versions: UInt64
            let byCategory: [String: Int]
            let before, after, wrongPassphrase: String
            let searches: [Search]
            let keptExactly: [Kept]
            let sensitive: [String: Int]
            let labelled: [Labelled]
            let unlabelled: [String]
        }
        let data: String
        let patient: Patient
        let correction: Correction
        let expect: Expect

        static func told() throws -> Story { try Examples.story("wrong-blood-group") }
    }
}
