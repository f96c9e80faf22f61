import Foundation
@preconcurrency import Dispatch

/// Runs the jobs of an actor one after another on a dispatch queue, so that a call that waits for a
/// disk or a prompt holds up nobody but its own wallet.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label, qos: .userInitiated)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        queue.async { job.runSynchronously(on: executor) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}

/// The three threads of one wallet: its actors, its long calls, and the door, which always opens.
final class Lane: Sendable {
    /// Runs the short calls: the actors of this wallet.
    let executor = QueueExecutor(label: "org.patientwallet.calls")
    private let work = DispatchQueue(label: "org.patientwallet.work", qos: .userInitiated)
    private let door = DispatchQueue(label: "org.patientwallet.door", qos: .userInitiated)

    /// Runs a long call, after those that were begun before it.
    func long<Value: Sendable>(
        _ call: @escaping @Sendable () throws -> Value
    ) async -> Result<Value, WalletError> {
        await Self.run(on: work, call)
    }

    /// Runs a call that waits for no other: to lock.
    func urgent<Value: Sendable>(
        _ call: @escaping @Sendable () throws -> Value
    ) async -> Result<Value, WalletError> {
        await Self.run(on: door, call)
    }

    /// Runs a long call whose answer goes elsewhere.
    func begin(_ call: @escaping @Sendable () -> Void) {
        work.async(execute: call)
    }

    private static func run<Value: Sendable>(
        on queue: DispatchQueue, _ call: @escaping @Sendable () throws -> Value
    ) async -> Result<Value, WalletError> {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: answer(call)) }
        }
    }
}

/// Makes a call and turns whatever it throws into the one error of the wallet.
func answered<Value>(_ call: () throws -> Value) throws(WalletError) -> Value {
    try answer(call).get()
}

/// Makes a call and keeps what it threw as the one error of the wallet.
func answer<Value>(_ call: () throws -> Value) -> Result<Value, WalletError> {
    do {
        return .success(try call())
    } catch {
        return .failure(WalletError(error))
    }
}
