import Foundation
import PatientWalletFFI

/// A long call that nobody has begun yet: `value` and `steps` each make it.
///
/// Cancelling the task that waits, or leaving the loop over `steps`, cancels the call; it then
/// leaves nothing half done. One that takes a secret spends it, and can be made once.
public struct Work<Value: Sendable>: Sendable {
    typealias Call = @Sendable (any ProgressListener, CancelToken) throws -> Value

    private let lane: Lane
    private let call: Call

    init(_ lane: Lane, _ call: @escaping Call) {
        self.lane = lane
        self.call = call
    }

    /// Makes the call and waits for its end.
    public var value: Value {
        get async throws(WalletError) {
            let token = try answered { try CancelToken() }
            let call = self.call
            let lane = self.lane
            let result = await withTaskCancellationHandler {
                await lane.long { try call(Listener { _ in }, token) }
            } onCancel: {
                token.stop()
            }
            return try result.get()
        }
    }

    /// Makes the call and tells how far it comes; what is thrown is a `WalletError`.
    ///
    /// Who is slow to listen misses steps in between, never the last one.
    public var steps: AsyncThrowingStream<Step<Value>, any Error> {
        let call = self.call
        let lane = self.lane
        return AsyncThrowingStream(bufferingPolicy: .bufferingNewest(64)) { continuation in
            let token: CancelToken
            do {
                token = try CancelToken()
            } catch {
                continuation.finish(throwing: WalletError(error))
                return
            }
            continuation.onTermination = { _ in token.stop() }
            lane.begin {
                let listener = Listener { continuation.yield(.progress($0)) }
                switch answer({ try call(listener, token) }) {
                case .success(let value):
                    continuation.yield(.done(value))
                    continuation.finish()
                case .failure(let error):
                    continuation.finish(throwing: error)
                }
            }
        }
    }
}

/// One step of a long call.
public enum Step<Value: Sendable>: Sendable {
    /// The call has come this far.
    case progress(WorkProgress)
    /// The call is over; nothing comes after this.
    case done(Value)
}

/// How far a long call has come.
public struct WorkProgress: Sendable, Hashable {
    /// What is done, in the units of the call.
    public let done: UInt64
    /// What there is to do, where that is known.
    public let total: UInt64?
}

extension CancelToken {
    /// Cancels the call; one that is over hears nothing of it.
    fileprivate func stop() {
        try? cancel()
    }
}

/// Hands progress on.
private final class Listener: ProgressListener {
    private let heard: @Sendable (WorkProgress) -> Void

    init(_ heard: @escaping @Sendable (WorkProgress) -> Void) {
        self.heard = heard
    }

    func progress(done: UInt64, total: UInt64?) throws {
        heard(WorkProgress(done: done, total: total))
    }
}
