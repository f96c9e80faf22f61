// From nothing to a first record: create, take a file in, find, lock. first FOLDER FILE

import Foundation
import PatientWalletFFI

final class Memory: Keystore, @unchecked Sendable {
    private var items: [String: Data] = [:]

    func put(name: String, secret: Data, policy: Policy) throws {
        items[name] = secret
    }

    func get(name: String) throws -> Data {
        guard let secret = items[name] else { throw KeystoreError.Missing }
        return secret
    }

    func delete(name: String) throws {
        items[name] = nil
    }
}

final class Clock: WalletClock {
    func now() throws -> UInt64 { 1_744_016_400 }

    func monotonicMs() throws -> UInt64 { 1 }
}

let (folder, file) = (CommandLine.arguments[1], CommandLine.arguments[2])
let options = WalletOptions(kdf: KdfCost(memoryKib: 19456, passes: 2))
let wallet = try Wallet(folder: folder, keystore: Memory(), clock: Clock(), options: options)
let session = try wallet.create(passphrase: Data("seven herons over the lake".utf8), words: .twentyFour)
_ = try session.importFile(path: file, options: ImportOptions())
let found = try session.find(query: Query(text: "blood group"))
try session.lock()
do {
    _ = try session.find(query: Query())
} catch WalletError.Locked(let code) {
    print(found.items.first?.reference ?? "nothing", code)
}
