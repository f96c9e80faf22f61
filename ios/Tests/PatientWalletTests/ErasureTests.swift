import Foundation
import PatientWallet
import Testing

/// The right to be forgotten: one record is erased, its keys destroyed, not hidden.
struct ErasureTests {
    @Test func anErasedRecordIsGone() async throws {
        let stage = try Stage()
        let story: Story = try Examples.story("right-to-be-forgotten")
        try stage.clock.set("2025-05-02T18:00:00Z")
        let first = try await stage.told()
        let found = try await first.find(Query(text: story.record.find))
        #expect(found.total == story.expect.matches)
        let record = try #require(found.items.first)
        #expect(record.reference == story.record.reference)
        #expect(try await first.read(record.id).json.contains(story.record.says))
        try await first.lock()
        try stage.copy("home", to: stage.path("old"))

        let session = try await stage.wallet().unlock(passphrase())
        let before = try #require(try await session.status().records)
        let erased = try await session.erase(record.id)
        #expect(!erased.pending)
        let read = try await refusal { try await session.read(record.id) }
        #expect(read == .notFound(code: story.expect.erased))
        #expect(try await session.find(Query(text: story.record.find)).total == 0)
        #expect(try await session.status().records == before - 1)
        #expect(try await session.verify().value.faults.total == 0)
        let log = try await session.log(LogQuery(record: record.id))
        #expect(log.items.map { kebab($0.kind) } == story.expect.log)
        try await prove(erased.statement)
        let anew = try await session.erasureStatement(of: record.id)
        try await prove(anew)
        try await session.lock()

        // The copy of then meets the device of today.
        stage.copyKeystore("home", to: "old")
        let older = try await refusal { try await stage.wallet("old").unlock(passphrase()) }
        #expect(older == .damaged(code: "vault.rolled-back"))
        let old = try await stage.wallet("old").unlockReadOnly(with: .passphrase(passphrase()))
        let note = try await refusal { try await old.read(record.id) }
        #expect(note.code == story.expect.oldCopy)
        let all = try await refusal { try await old.find() }
        #expect(all.code == story.expect.oldCopy)
        #expect(try await old.status().records == nil)
    }

    @Test func anErasedWalletIsGone() async throws {
        let stage = try Stage()
        let session = try await stage.told()
        let statement = try #require(try await session.eraseWallet())
        try await prove(statement)
        let after = try await refusal { try await session.status() }
        #expect(after == .locked(code: "wallet.locked"))
        #expect(try await stage.wallet().exists() == false)
        #expect(stage.keystore().state.now.items.isEmpty)
    }

    /// Anybody checks a statement, with no wallet.
    private func prove(_ statement: Data) async throws {
        #expect(try Envelope.kind(of: statement) == .erasure)
        let findings = try await Envelope.checkLogFiles([statement])
        #expect(findings.map(\.kind) == [.erasure])
        #expect(findings.allSatisfy { !$0.sentence.isEmpty })
    }

    private struct Story: Decodable {
        struct Meant: Decodable { let find, reference, says: String }
        struct Expect: Decodable {
            let matches: UInt64
            let erased, oldCopy: String
            let log: [String]
        }
        let record: Meant
        let expect: Expect
    }
}
