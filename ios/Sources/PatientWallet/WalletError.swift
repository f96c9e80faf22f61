import Foundation
import PatientWalletFFI

/// Why a call did nothing, named by what an app does about it.
///
/// Each has a stable `code`, the key of an app's own sentence; none has any text of the record.
public enum WalletError: Error, Sendable, Hashable {
    /// The wallet is locked: unlock it again.
    case locked(code: String)
    /// The passphrase or the words do not open this: ask again.
    case wrongPassphrase(code: String)
    /// There were too many wrong attempts: wait.
    case tryLater(code: String, seconds: UInt64)
    /// Somebody else is at it: try again.
    case busy(code: String)
    /// There is no such thing: show the list again.
    case notFound(code: String)
    /// What was given cannot be used: ask for something else.
    case invalidInput(code: String, position: UInt32?)
    /// This may not be done.
    case notPermitted(code: String)
    /// Its time is over: ask for a new one.
    case expired(code: String)
    /// More shares are needed.
    case notEnoughShares(code: String)
    /// It is damaged: keep it, and take a backup.
    case damaged(code: String)
    /// A newer app made this: update.
    case unsupportedVersion(code: String)
    /// The device's keystore does not answer now: try again.
    case keystoreUnavailable(code: String)
    /// The device lost its part of the key: ask for another way in.
    case keyInvalidated(code: String)
    /// It was cancelled; nothing was changed.
    case cancelled(code: String)
    /// The disk does not do what it should.
    case storage(code: String)
    /// Something is wrong inside; the session is closed.
    case broken

    /// The stable code, the key of an app's own sentence.
    public var code: String {
        switch self {
        case .locked(let code), .wrongPassphrase(let code), .tryLater(let code, _), .busy(let code),
            .notFound(let code), .invalidInput(let code, _), .notPermitted(let code),
            .expired(let code), .notEnoughShares(let code), .damaged(let code),
            .unsupportedVersion(let code), .keystoreUnavailable(let code),
            .keyInvalidated(let code), .cancelled(let code), .storage(let code):
            code
        case .broken: "wallet.broken"
        }
    }

    /// Takes what a call threw; what is unknown says nothing of itself.
    init(_ error: any Error) {
        switch error {
        case let error as WalletError: self = error
        case let error as PatientWalletFFI.WalletError: self.init(error)
        default: self = .broken
        }
    }

    private init(_ error: PatientWalletFFI.WalletError) {
        self =
            switch error {
            case .Locked(let code): .locked(code: code)
            case .WrongPassphrase(let code): .wrongPassphrase(code: code)
            case .TryLater(let code, let seconds): .tryLater(code: code, seconds: seconds)
            case .Busy(let code): .busy(code: code)
            case .NotFound(let code): .notFound(code: code)
            case .InvalidInput(let code, let position):
                .invalidInput(code: code, position: position)
            case .NotPermitted(let code): .notPermitted(code: code)
            case .Expired(let code): .expired(code: code)
            case .NotEnoughShares(let code): .notEnoughShares(code: code)
            case .Damaged(let code): .damaged(code: code)
            case .UnsupportedVersion(let code): .unsupportedVersion(code: code)
            case .KeystoreUnavailable(let code): .keystoreUnavailable(code: code)
            case .KeyInvalidated(let code): .keyInvalidated(code: code)
            case .Cancelled(let code): .cancelled(code: code)
            case .Storage(let code): .storage(code: code)
            }
    }
}

extension WalletError: LocalizedError, CustomStringConvertible {
    /// The code, and nothing else.
    public var description: String { code }

    /// The code, and nothing else.
    public var errorDescription: String? { code }
}
