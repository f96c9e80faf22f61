import Foundation
import PatientWallet

func firstRecord(in folder: URL) async throws -> String {
    let wallet = try Wallet(folder: folder, keystore: MemoryKeystore())
    let session = try await wallet.create(Secret("only to try this out"))
    let id = try await session.add(NewEntry(kind: .allergy, text: "Penicillin"))
    let title = try await session.record(id).title
    try await session.lock()
    return title
}

/// For a test. An app keeps the items in the Keychain, under a key of the Secure Enclave.
final class MemoryKeystore: Keystore, @unchecked Sendable {
    private var items: [String: Data] = [:]
    private let lock = NSLock()

    func put(_ secret: Data, named name: String, policy: KeystorePolicy) {
        lock.withLock { items[name] = secret }
    }
    func get(_ name: String) throws(KeystoreError) -> Data {
        guard let item = lock.withLock({ items[name] }) else { throw .missing }
        return item
    }
    func delete(_ name: String) { lock.withLock { items[name] = nil } }
}
