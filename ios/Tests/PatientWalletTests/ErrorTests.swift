import Foundation
import PatientWallet
import Testing

/// Every variant of the one error, by a call that ends with it.
struct ErrorTests {
    /// Variants that nothing can end with yet: they come with the recovery by guardians.
    private static let notYet: Set<String> = ["notEnoughShares"]

    @Test func everyVariantOccurs() async throws {
        let stage = try Stage()
        var errors = try await ofTheDoor(stage)
        errors += try await ofRecords(stage)
        errors += try await ofFiles(stage)
        errors += try await ofTheDevice(stage)
        let occurred = Set(errors.map(variant))
        #expect(occurred == Set(Self.all).subtracting(Self.notYet))
        for error in errors {
            #expect(error.code.wholeMatch(of: /[a-z]+\.[a-z-]+/) != nil, "\(error.code)")
            #expect("\(error)" == error.code && error.localizedDescription == error.code)
        }
    }

    private func ofTheDoor(_ stage: Stage) async throws -> [WalletError] {
        let wallet = try stage.wallet()
        let none = try await refusal { try await wallet.unlock(passphrase()) }
        #expect(none == .notFound(code: "wallet.none"))
        let session = try await wallet.create(passphrase(), words: .twelve)
        try await session.lock()
        let exists = try await refusal { try await wallet.create(passphrase()) }
        #expect(exists == .notPermitted(code: "wallet.exists"))
        let open = try await wallet.unlock(passphrase())
        let busy = try await refusal { try await wallet.unlock(passphrase()) }
        #expect(busy == .busy(code: "wallet.busy"))
        try await open.lock()
        let locked = try await refusal { try await open.status() }
        #expect(locked == .locked(code: "wallet.locked"))
        var wrong: [WalletError] = []
        for _ in 1...6 {
            wrong.append(try await refusal { try await wallet.unlock(Secret("no")) })
        }
        #expect(
            wrong.prefix(5).allSatisfy { $0 == .wrongPassphrase(code: "wallet.wrong-passphrase") })
        guard case .tryLater("wallet.try-later", let seconds) = wrong[5] else {
            Issue.record("a sixth attempt is free")
            return []
        }
        #expect(seconds > 0)
        return [none, exists, busy, locked] + wrong
    }

    private func ofRecords(_ stage: Stage) async throws -> [WalletError] {
        let session = try await stage.session("records")
        let nobody = String(repeating: "0", count: 32)
        let missing = try await refusal { try await session.record(nobody) }
        #expect(missing == .notFound(code: "record.not-found"))
        let malformed = try await refusal { try await session.record("no id") }
        #expect(malformed == .invalidInput(code: "record.invalid-id", position: nil))
        let words = Secret("zoo zoo zoo zoo zoo zo zoo zoo zoo zoo zoo wrong")
        let word = try await refusal {
            try await stage.wallet("other").create(from: words, passphrase: passphrase())
        }
        #expect(word == .invalidInput(code: "keys.unknown-word", position: 6))
        let stale = try await refusal {
            try await session.approve(Data(count: 32), to: stage.path("stale")).value
        }
        #expect(stale == .expired(code: "consent.review-stale"))
        return [missing, malformed, word, stale]
    }

    private func ofFiles(_ stage: Stage) async throws -> [WalletError] {
        let session = try await stage.session("files")
        let absent = stage.path("absent.json")
        let unread = try await refusal { try await session.importFile(absent).value }
        #expect(unread == .storage(code: "file.unreadable"))
        let forged = try await refusal { try await Envelope.checkLogFiles([Data("no".utf8)]) }
        #expect(forged == .damaged(code: "audit.invalid"))
        let work = session.importFile(try Examples.file("data/patient.json"))
        let task = Task { try await work.value }
        task.cancel()
        let cancelled = try await refusal { try await task.value }
        #expect(cancelled == .cancelled(code: "wallet.cancelled"))
        try await session.lock()

        // Bytes 60 to 63 of a SQLite file say which version of the schema it has.
        let vault = stage.path("files").appending(path: "vault.db")
        let file = try FileHandle(forUpdating: vault)
        try file.seek(toOffset: 60)
        try file.write(contentsOf: Data([0, 0, 0, 99]))
        try file.close()
        let newer = try await refusal { try await stage.wallet("files").unlock(passphrase()) }
        #expect(newer == .unsupportedVersion(code: "vault.newer-format"))
        return [unread, forged, cancelled, newer]
    }

    private func ofTheDevice(_ stage: Stage) async throws -> [WalletError] {
        try await stage.session("device").lock()
        let keystore = stage.keystore("device")
        keystore.refuse(.unavailable)
        let away = try await refusal { try await stage.wallet("device").unlock(passphrase()) }
        #expect(away == .keystoreUnavailable(code: "keystore.unavailable"))
        keystore.refuse(nil)
        keystore.state.with { $0.items = [:] }
        let lost = try await refusal { try await stage.wallet("device").unlock(passphrase()) }
        #expect(lost == .keyInvalidated(code: "wallet.device-secret-lost"))
        return [away, lost, .broken]
    }

    /// A new variant has to be sorted in here before this compiles.
    private func variant(_ error: WalletError) -> String {
        switch error {
        case .locked: "locked"
        case .wrongPassphrase: "wrongPassphrase"
        case .tryLater: "tryLater"
        case .busy: "busy"
        case .notFound: "notFound"
        case .invalidInput: "invalidInput"
        case .notPermitted: "notPermitted"
        case .expired: "expired"
        case .notEnoughShares: "notEnoughShares"
        case .damaged: "damaged"
        case .unsupportedVersion: "unsupportedVersion"
        case .keystoreUnavailable: "keystoreUnavailable"
        case .keyInvalidated: "keyInvalidated"
        case .cancelled: "cancelled"
        case .storage: "storage"
        case .broken: "broken"
        }
    }

    private static let all = [
        "locked", "wrongPassphrase", "tryLater", "busy", "notFound", "invalidInput",
        "notPermitted", "expired", "notEnoughShares", "damaged", "unsupportedVersion",
        "keystoreUnavailable", "keyInvalidated", "cancelled", "storage", "broken",
    ]
}
