import Foundation
import PatientWalletFFI

/// A receipt or an erasure statement that a reader handed in.
public typealias Receipt = PatientWalletFFI.Receipt
/// A page of what readers handed in, in the order of the accesses.
public typealias ReceiptPage = PatientWalletFFI.ReceiptPage
/// What a reader did, as it signed.
public typealias ReceiptAct = PatientWalletFFI.ReceiptAct
/// What came of one envelope that was handed in.
public typealias AddedReceipt = PatientWalletFFI.AddedReceipt
/// What came of comparing what readers signed with what was given.
public typealias Reconciliation = PatientWalletFFI.Reconciliation
/// Something that the patient should look at.
public typealias Flagged = PatientWalletFFI.Flagged
/// A page of what the patient should look at, the latest first.
public typealias FlaggedPage = PatientWalletFFI.FlaggedPage
/// What a flag is about.
public typealias FlaggedAbout = PatientWalletFFI.FlaggedAbout
/// Why somebody should look.
public typealias Flag = PatientWalletFFI.Flag
/// What is wrong.
public typealias FlagKind = PatientWalletFFI.FlagKind
/// One line of the log of accesses.
public typealias AccessLine = PatientWalletFFI.AccessLine
/// A page of the log of accesses, the latest first.
public typealias AccessLinePage = PatientWalletFFI.AccessLinePage
/// How a record was read.
public typealias LineKind = PatientWalletFFI.LineKind
/// Every disclosure of a time.
public typealias Accounting = PatientWalletFFI.Accounting
/// One disclosure of an accounting.
public typealias Accounted = PatientWalletFFI.Accounted
/// A page of disclosures.
public typealias AccountedPage = PatientWalletFFI.AccountedPage
/// How an accounting is written.
public typealias AccountingFormat = PatientWalletFFI.AccountingFormat
/// A notice that was signed for a reader, and what came of it.
public typealias Notice = PatientWalletFFI.Notice
/// A page of notices, the newest first.
public typealias NoticePage = PatientWalletFFI.NoticePage
/// What a patient tells a reader.
public typealias NoticeKind = PatientWalletFFI.NoticeKind
/// What a reader owes to erase.
public typealias OwedErasure = PatientWalletFFI.OwedErasure
/// A page of what readers owe to erase, what they owe longest first.
public typealias OwedErasurePage = PatientWalletFFI.OwedErasurePage
/// Somebody who was given a record under a consent.
public typealias Holder = PatientWalletFFI.Holder
/// A page of holders, the latest first.
public typealias HolderPage = PatientWalletFFI.HolderPage

/// What readers hand back, compared with what was given; who holds what, and what is told them.
extension Session {
    /// Takes in receipts and erasure statements, in any order and twice without harm.
    public func addReceipts(_ envelopes: [Data]) throws(WalletError) -> [AddedReceipt] {
        try call { try $0.addReceipts(envelopes: envelopes) }
    }

    /// Lists what readers handed in, about one consent or about all, in the order of the accesses.
    public func receipts(
        under consent: String? = nil, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> ReceiptPage {
        try call { try $0.receipts(consent: consent, offset: offset, limit: limit) }
    }

    /// Compares what readers handed in with what was given: what the patient should look at.
    public func reconcile(
        language: Language = .en, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> Reconciliation {
        try call { try $0.reconcile(language: language, offset: offset, limit: limit) }
    }

    /// Lists every access, the latest first: folded where nothing is wrong.
    public func accesses(
        offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> AccessLinePage {
        try call { try $0.accesses(offset: offset, limit: limit) }
    }

    /// Lists what was given from a moment until before another.
    public func accounting(since: UInt64, until: UInt64) throws(WalletError) -> Accounting {
        try call { try $0.accounting(since: since, until: until) }
    }

    /// Writes what was given from a moment until before another into a file, to be handed on.
    public func writeAccounting(
        to file: URL, since: UInt64, until: UInt64, language: Language = .en,
        format: AccountingFormat = .html, replacing: Bool = false
    ) throws(WalletError) {
        try call {
            try $0.writeAccounting(
                path: file.path, since: since, until: until, language: language, format: format,
                replace: replacing)
        }
    }

    /// Lists the notices that were signed for readers, the newest first.
    public func notices(offset: UInt64 = 0, limit: UInt32 = 100) throws(WalletError) -> NoticePage {
        try call { try $0.notices(offset: offset, limit: limit) }
    }

    /// Lists the records that a notice is about.
    public func corrected(
        by notice: String, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> IdPage {
        try call { try $0.corrected(notice: notice, offset: offset, limit: limit) }
    }

    /// Signs the wish that a reader erase what it opened under a consent.
    public func askErasure(under consent: String) throws(WalletError) -> Notice {
        try call { try $0.askErasure(consent: consent) }
    }

    /// Lists what readers owe to erase, what they owe longest first.
    public func owedErasures(
        offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> OwedErasurePage {
        try call { try $0.owedErasures(offset: offset, limit: limit) }
    }

    /// Lists who was given a record, under each consent, the latest first.
    public func holders(
        of record: String, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> HolderPage {
        try call { try $0.holders(record: record, offset: offset, limit: limit) }
    }
}
