import Foundation
import PatientWalletFFI

/// The audit log: what happened, and proof of it for others.
extension Session {
    /// Tells what happened, the latest first.
    public func log(
        _ query: LogQuery = LogQuery(), language: Language = .en
    ) throws(WalletError) -> LogPage {
        try call { try $0.log(query: query, language: language) }
    }

    /// Signs the state of the log.
    public func checkpoint() throws(WalletError) -> Data {
        try call { try $0.checkpoint() }
    }

    /// Proves that an entry stands in the log.
    public func prove(_ seq: UInt64) throws(WalletError) -> Data {
        try call { try $0.prove(seq: seq) }
    }

    /// Proves that the log continues the one of an earlier checkpoint.
    public func prove(since earlier: Data) throws(WalletError) -> Data {
        try call { try $0.proveSince(earlier: earlier) }
    }
}
