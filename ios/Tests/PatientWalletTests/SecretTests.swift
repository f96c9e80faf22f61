import Foundation
import Testing

@testable import PatientWallet

/// What is secret or tells of somebody's health stays where it is.
struct SecretTests {
    @Test func aSecretIsWipedWhereItLay() throws {
        var typed = Data((0..<64).map { UInt8($0) })
        let secret = Secret(wiping: &typed)
        #expect(typed.isEmpty)
        #expect(secret.count == 64)
        let place = try #require(secret.withBytes { $0.baseAddress })
        #expect(secret.withBytes { Array($0) } == (0..<64).map { UInt8($0) })
        do {
            let spent = secret.spent()
            #expect(spent.count == 64 && secret.count == 0)
            #expect(spent.withUnsafeBytes { $0.baseAddress } == place)
        }
        #expect(secret.spent().isEmpty)
        let other = Secret("abc")
        other.wipe()
        #expect(other.count == 0)
        #expect(Secret("").spent().isEmpty)
    }

    /// A sanitizer's own memory is too large to be searched.
    private static let isSanitized = ProcessInfo.processInfo.environment["WALLET_SANITIZED"] != nil

    @Test(.enabled(if: !isSanitized)) func noCopyOfAPassphraseIsLeftInMemory() async throws {
        let (stage, needle) = (try Stage(), try Needle())
        let secret = needle.secret()
        #expect(try needle.copies() == 1)
        let session = try await stage.wallet().create(secret, words: .twelve)
        #expect(try needle.copies() == 0)
        try await session.changePassphrase(
            to: Secret("another one"), with: .passphrase(needle.secret()))
        try await session.lock()
        #expect(try needle.copies() == 0)
        let wrong = try await refusal { try await stage.wallet().unlock(needle.secret()) }
        #expect(wrong.code == "wallet.wrong-passphrase")
        #expect(try needle.copies() == 0)
    }

    @Test func erasedBytesAreZero() {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 1)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 7)
        erase(bytes)
        #expect(bytes.allSatisfy { $0 == 0 })
    }

    @Test func aSecretShowsNothingOfItself() throws {
        let text = try marked()
        let secret = Secret(text)
        var dumped = ""
        dump(secret, to: &dumped)
        dump(Authentication.passphrase(secret), to: &dumped)
        for shown in [
            "\(secret)", String(reflecting: secret), "\(BackupKey.words(secret))", dumped,
        ] {
            #expect(!shown.contains(text))
        }
    }

    @Test func errorsTellNothingOfTheRecord() async throws {
        let (stage, text) = (try Stage(), try marked())
        let session = try await stage.wallet().create(Secret(text), words: .twelve)
        let id = try await session.add(NewEntry(kind: .note, text: text))
        let bundle = try stage.write("\(text).json", #"{"resourceType": "\#(text)", "id": "x"}"#)
        let file = stage.path("home")
        let calls: [@Sendable () async throws -> Any] = [
            { try await session.importFile(bundle).value },
            { try await session.correct(id, to: "{\(text)", author: text, reason: text) },
            { try await session.record(text) },
            { try await session.add(NewEntry(kind: .allergy, text: text, code: text)) },
            { try await session.attach(stage.path(text), as: NewAttachment(name: text)).value },
            { try await session.receiveRequest(Data(text.utf8)) },
            { try await session.backup(to: file, with: .words(Secret(text))).value },
            { try await session.rehearse(bundle, key: .passphrase(Secret(text))).value },
            { try await stage.wallet().unlock(Secret(text)) },
            { try Envelope.bytes(of: text) },
            { try await Envelope.checkLogFiles([Data(text.utf8)]) },
            { try await session.acceptDelegation(Data(text.utf8)) },
            { try await session.takeReport(Data(text.utf8)) },
            { try await session.corrected(by: text) },
            { try await session.writeAccounting(to: bundle, since: 0, until: 1) },
        ]
        for call in calls {
            let error = try await refusal(of: call)
            var dumped = ""
            dump(error, to: &dumped)
            let told =
                "\(error) \(error.localizedDescription) \(String(reflecting: error)) \(dumped)"
            #expect(!told.contains(text))
            #expect(error != .broken)
        }
        try await session.lock()
        #expect(try contents(of: stage.path("home")).range(of: Data(text.utf8)) == nil)
    }

    @Test func aDefectTellsNothing() {
        struct Defect: LocalizedError {
            let errorDescription: String? = "Penicillin"
        }
        let error = WalletError(Defect())
        #expect(error == .broken)
        #expect(error.code == "wallet.broken" && error.localizedDescription == "wallet.broken")
    }
}
