import Foundation
import PatientWalletFFI

/// An unlocked wallet: locked by `lock()`, when the last reference goes, or by five minutes without a
/// call.
///
/// Its calls take turns; `lock()` waits for none of them but stops the one that runs.
public actor Session {
    nonisolated let border: PatientWalletFFI.Session
    nonisolated let lane: Lane

    /// Runs this session on its wallet's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        lane.executor.asUnownedSerialExecutor()
    }

    init(_ border: PatientWalletFFI.Session, _ lane: Lane) {
        self.border = border
        self.lane = lane
    }

    /// Locks: stops the call that runs, waits for that, and forgets every key. To lock again does
    /// nothing.
    public nonisolated func lock() async throws(WalletError) {
        let border = self.border
        try await lane.urgent { try border.lock() }.get()
    }

    /// Tells whether it is locked, without waiting for a call that runs.
    public nonisolated func isLocked() async throws(WalletError) -> Bool {
        let border = self.border
        return try await lane.urgent { try border.isLocked() }.get()
    }

    /// Locks when nothing was asked for the idle time, and tells whether it is locked: for a timer
    /// of the app, every minute.
    public nonisolated func lockIfDue() async throws(WalletError) -> Bool {
        let border = self.border
        return try await lane.urgent { try border.lockIfDue() }.get()
    }

    /// Lets go of the files, so that another process may have the wallet, and keeps the keys.
    public func suspend() throws(WalletError) {
        try call { try $0.suspend() }
    }

    /// Takes the files again.
    public func resume() throws(WalletError) {
        try call { try $0.resume() }
    }

    /// Tells what was found wrong when the wallet was opened; none for a whole one.
    public func faults(offset: UInt64 = 0, limit: UInt32 = 100) throws(WalletError) -> FaultPage {
        try call { try $0.faults(offset: offset, limit: limit) }
    }

    /// Tells how the wallet stands.
    public func status() throws(WalletError) -> Status {
        try call { try $0.status() }
    }

    /// Looks at every byte of the wallet.
    public nonisolated func verify() -> Work<Verification> {
        work { try $0.verify(progress: $1, cancel: $2) }
    }

    /// Makes a short call.
    func call<Value>(
        _ call: (PatientWalletFFI.Session) throws -> Value
    ) throws(WalletError) -> Value {
        do { return try call(border) } catch { throw WalletError(error) }
    }

    /// Prepares a long call.
    nonisolated func work<Value: Sendable>(
        _ call: @escaping @Sendable (
            PatientWalletFFI.Session, any ProgressListener, CancelToken
        ) throws -> Value
    ) -> Work<Value> {
        let border = self.border
        return Work(lane) { listener, cancel in try call(border, listener, cancel) }
    }
}
