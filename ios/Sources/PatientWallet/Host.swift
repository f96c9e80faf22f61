import Foundation
import PatientWalletFFI

/// A place of the device for small secrets, backed by its secure hardware where it has any.
///
/// It is asked on a thread of the wallet and may wait for a prompt. It must not call the wallet.
/// `put` returns when the item is durable, and replacing or deleting one destroys its old key.
public protocol Keystore: Sendable {
    /// Keeps a secret under a name, replacing what was there.
    func put(_ secret: Data, named name: String, policy: KeystorePolicy) throws(KeystoreError)
    /// Reads a secret.
    func get(_ name: String) throws(KeystoreError) -> Data
    /// Destroys a secret; deleting what is not there succeeds.
    func delete(_ name: String) throws(KeystoreError)
}

/// Why a keystore did not do what it was asked; the patient's way back differs for each.
public enum KeystoreError: Error, Sendable, Hashable {
    /// The patient turned the prompt away.
    case cancelled
    /// Too many failed attempts at the prompt.
    case lockedOut
    /// The item exists no more because the enrolled biometrics changed.
    case invalidated
    /// There is no such item.
    case missing
    /// The keystore cannot answer now, or does not support the policy; says nothing about the item.
    case unavailable
}

/// How an item of the keystore may be read.
public enum KeystorePolicy: Sendable, Hashable {
    /// Without asking anybody, while the device is unlocked.
    case silent
    /// Only after the patient was recognised there and then; gone when new biometrics are enrolled.
    case userPresence
}

/// The time, as the device knows it.
public protocol WalletClock: Sendable {
    /// Tells the seconds since 1970; a wallet whose clock throws is locked.
    func now() throws -> UInt64
    /// Tells milliseconds since some fixed moment; never goes back, goes on while the device sleeps.
    func monotonicMs() throws -> UInt64
}

/// The clock of the device.
public struct DeviceClock: WalletClock {
    private static let start = ContinuousClock.now

    /// Makes the clock.
    public init() {}

    /// Tells the seconds since 1970.
    public func now() -> UInt64 {
        UInt64(max(0, Date().timeIntervalSince1970))
    }

    /// Tells milliseconds since the clock was first asked.
    public func monotonicMs() -> UInt64 {
        let (seconds, attoseconds) = Self.start.duration(to: .now).components
        return UInt64(max(0, seconds)) * 1000 + UInt64(max(0, attoseconds / 1_000_000_000_000_000))
    }
}

/// Hands a keystore over the border, where its errors have other names.
final class KeystoreBridge: PatientWalletFFI.Keystore {
    private let keystore: any Keystore

    init(_ keystore: any Keystore) {
        self.keystore = keystore
    }

    func put(name: String, secret: Data, policy: PatientWalletFFI.Policy) throws {
        let policy: KeystorePolicy =
            switch policy {
            case .silent: .silent
            case .userPresence: .userPresence
            }
        try bridged { () throws(KeystoreError) in
            try keystore.put(secret, named: name, policy: policy)
        }
    }

    func get(name: String) throws -> Data {
        try bridged { () throws(KeystoreError) in try keystore.get(name) }
    }

    func delete(name: String) throws {
        try bridged { () throws(KeystoreError) in try keystore.delete(name) }
    }

    private func bridged<Value>(
        _ call: () throws(KeystoreError) -> Value
    ) throws(PatientWalletFFI.KeystoreError) -> Value {
        do {
            return try call()
        } catch {
            switch error {
            case .cancelled: throw .Cancelled
            case .lockedOut: throw .LockedOut
            case .invalidated: throw .Invalidated
            case .missing: throw .Missing
            case .unavailable: throw .Unavailable
            }
        }
    }
}

/// Hands a clock over the border; whatever it throws becomes one fixed word.
final class ClockBridge: PatientWalletFFI.WalletClock {
    private let clock: any WalletClock

    init(_ clock: any WalletClock) {
        self.clock = clock
    }

    func now() throws -> UInt64 {
        do { return try clock.now() } catch { throw CallbackError.Failed }
    }

    func monotonicMs() throws -> UInt64 {
        do { return try clock.monotonicMs() } catch { throw CallbackError.Failed }
    }
}
