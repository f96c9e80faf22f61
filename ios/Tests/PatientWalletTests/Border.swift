import Foundation
import PatientWalletFFI

/// The generated code under the facade, whose types have the facade's names.
enum Border {
    typealias Wallet = PatientWalletFFI.Wallet
    typealias Session = PatientWalletFFI.Session
    typealias WalletError = PatientWalletFFI.WalletError
    typealias CancelToken = PatientWalletFFI.CancelToken
    typealias ProgressListener = PatientWalletFFI.ProgressListener

    /// Counts the objects that this process holds.
    static func live() throws -> LiveObjects { try testingLiveObjects() }

    /// Names a wallet whose device is of the generated code's kind too.
    static func wallet(_ folder: URL, keystore: any Keystore = MemoryKeystore()) throws -> Wallet {
        try Wallet(
            folder: folder.path, keystore: keystore, clock: StillClock(),
            options: WalletOptions(kdf: KdfCost(memoryKib: 19 * 1024, passes: 2)))
    }

    /// A keystore in memory.
    final class MemoryKeystore: Keystore {
        private let items = Shared<[String: Data]>([:])

        func put(name: String, secret: Data, policy: Policy) throws {
            items.with { $0[name] = secret }
        }

        func get(name: String) throws -> Data {
            guard let item = items.now[name] else { throw KeystoreError.Missing }
            return item
        }

        func delete(name: String) throws { items.with { $0[name] = nil } }
    }

    /// A keystore that throws what it should not.
    final class LoudKeystore: Keystore {
        struct Loud: Error { let text: String }
        let text: String

        init(_ text: String) { self.text = text }

        func put(name: String, secret: Data, policy: Policy) throws { throw Loud(text: text) }
        func get(name: String) throws -> Data { throw Loud(text: text) }
        func delete(name: String) throws { throw Loud(text: text) }
    }

    private final class StillClock: WalletClock {
        func now() throws -> UInt64 { 1_743_588_000 }
        func monotonicMs() throws -> UInt64 { 1 }
    }
}

extension LiveObjects {
    var isNone: Bool {
        [wallets, sessions, requesters, directories, cancelTokens].allSatisfy { $0 == 0 }
    }
}
