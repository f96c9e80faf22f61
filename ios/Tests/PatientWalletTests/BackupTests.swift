import Foundation
import PatientWallet
import Testing

/// The USB stick: the whole wallet in one file, and back on another device with only the words.
struct BackupTests {
    @Test func everythingComesBack() async throws {
        let stage = try Stage()
        let story: Story = try Examples.story("usb-stick")
        try stage.clock.set("2025-06-01T10:00:00Z")
        let session = try await stage.told()
        let device = try await record(session, story.attachment.reference)
        let card = try Examples.file("data/\(story.attachment.file)")
        let new = NewAttachment(name: story.attachment.file, record: device.id)
        let attached = try await session.attach(card, as: new).value
        #expect(attached.mediaType == story.attachment.mediaType)
        _ = try await session.exportFile(to: stage.path("before.json"))
        let checkpoint = try await session.checkpoint()
        let words = try await session.dangerousWords(with: .passphrase(passphrase()))
        let written = words.withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(written.split(separator: " ").count == 12)

        let stick = stage.path("wallet.backup")
        let made = try await session.backup(to: stick, with: .passphrase(passphrase())).value
        #expect(made.attachments == story.expect.attachments)
        #expect(made.missing.total == 0)
        let key = BackupKey.words(Secret(written))
        let rehearsed = try await session.rehearse(stick, key: key).value
        #expect(rehearsed.good && rehearsed.records == made.records)
        let ways = try await session.status().waysBack
        #expect(ways.contains { $0.way == .backupWithWords && $0.good && $0.rehearsed != nil })
        try await session.lock()

        try stage.clock.set("2025-06-08T19:30:00Z")
        let phone = try stage.wallet("new-phone")
        let nothing = try await refusal { try await phone.unlock(passphrase()) }
        #expect(nothing == .notFound(code: story.expect.without))
        let back = try await phone.restore(
            backup: stick, key: .words(Secret(written)), passphrase: Secret("a new one")
        ).value
        #expect(try await back.status().records == made.records)
        _ = try await back.exportFile(to: stage.path("after.json"))
        let before = try Data(contentsOf: stage.path("before.json"))
        #expect(before.count > 100_000)
        #expect(try Data(contentsOf: stage.path("after.json")) == before)
        #expect(try await back.readAttachment(attached.id) == Data(contentsOf: card))

        let proof = try await back.prove(since: checkpoint)
        let findings = try await Envelope.checkLogFiles([checkpoint, proof], language: .de)
        let expected = story.expect.continuation
        #expect(
            findings.map(\.kind) == [
                .checkpoint,
                .continuation(restored: expected.restored, missing: expected.missing),
            ])
        _ = try await back.add(NewEntry(kind: .note, text: story.since))
        try await back.lock()
        let older = try await refusal {
            try await phone.restore(
                backup: stick, key: .words(Secret(written)), passphrase: Secret("a new one")
            ).value
        }
        #expect(older.code == story.expect.older)
        let still = try await phone.unlock(Secret("a new one"))
        #expect(try await still.find(Query(text: story.since)).total == 1)
    }

    @Test func anExportPassphraseOpensABackup() async throws {
        let stage = try Stage()
        let session = try await stage.told()
        let drawn = try Envelope.generatePassphrase()
        let written = drawn.withBytes { String(decoding: $0, as: UTF8.self) }
        let file = stage.path("backup")
        let same = try await refusal {
            try await session.backup(
                to: file, with: .passphrase(passphrase()), exportPassphrase: passphrase()
            ).value
        }
        #expect(same.code == "backup.same-passphrase")
        _ = try await session.backup(
            to: file, with: .passphrase(passphrase()), exportPassphrase: Secret(written)
        ).value
        let wrong = try await refusal {
            try await session.rehearse(file, key: .passphrase(Secret("no"))).value
        }
        #expect(wrong == .wrongPassphrase(code: "backup.wrong-key"))
        #expect(try await session.rehearse(file, key: .passphrase(Secret(written))).value.good)
    }

    @Test func wordsAndPassphraseOpenTheWallet() async throws {
        let stage = try Stage()
        let session = try await stage.told()
        let with = { Authentication.passphrase(passphrase()) }
        let words = try await session.dangerousWords(with: with())
        let written = words.withBytes { String(decoding: $0, as: UTF8.self) }
        try await session.changePassphrase(to: Secret("another one"), with: with())
        try await session.lock()
        let old = try await refusal { try await stage.wallet().unlock(passphrase()) }
        #expect(old.code == "wallet.wrong-passphrase")
        let again = try await stage.wallet().restore(from: words, passphrase: passphrase())
        #expect(words.count == 0)
        #expect(try await again.status().records == 198)
        try await again.lock()
        let reading = try await stage.wallet().unlockReadOnly(with: .words(Secret(written)))
        let change = try await refusal {
            try await reading.add(NewEntry(kind: .note, text: "x"))
        }
        #expect(change == .notPermitted(code: "vault.read-only"))
        #expect(try Envelope.suggestWords(for: "abandn").contains("abandon"))
    }

    private struct Story: Decodable {
        struct File: Decodable { let file, reference, mediaType: String }
        struct Continuation: Decodable {
            let restored: Bool
            let missing: UInt64
        }
        struct Expect: Decodable {
            let attachments: UInt64
            let without, older: String
            let continuation: Continuation
        }
        let attachment: File
        let since: String
        let expect: Expect
    }
}
