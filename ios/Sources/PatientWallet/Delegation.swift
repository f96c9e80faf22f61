import Foundation
import PatientWalletFFI

/// What a patient lets somebody do.
public typealias Delegating = PatientWalletFFI.Delegating
/// Somebody who may act for the patient.
public typealias Delegation = PatientWalletFFI.Delegation
/// A page of delegations, the oldest first.
public typealias DelegationPage = PatientWalletFFI.DelegationPage
/// A delegation and the packet that carries it.
public typealias Delegated = PatientWalletFFI.Delegated
/// How whoever acts stands to the patient.
public typealias Relation = PatientWalletFFI.Relation
/// Something that somebody could do for a patient.
public typealias ProxyAct = PatientWalletFFI.ProxyAct
/// A patient whom this wallet acts for.
public typealias Entrusted = PatientWalletFFI.Entrusted
/// A page of patients whom this wallet acts for.
public typealias EntrustedPage = PatientWalletFFI.EntrustedPage
/// A record of a patient whom this wallet acts for.
public typealias EntrustedRecord = PatientWalletFFI.EntrustedRecord
/// A page of records of a patient whom this wallet acts for.
public typealias EntrustedRecordPage = PatientWalletFFI.EntrustedRecordPage
/// What an approval in a patient's name would do, before anything is signed.
public typealias ReviewFor = PatientWalletFFI.ReviewFor
/// A record of the patient that would not be released.
public typealias WithheldFor = PatientWalletFFI.WithheldFor
/// A page of records that would not be released.
public typealias WithheldForPage = PatientWalletFFI.WithheldForPage
/// A consent that was signed in a patient's name.
public typealias ApprovedFor = PatientWalletFFI.ApprovedFor
/// Something that was signed in the patient's name, as it came in.
public typealias DoneFor = PatientWalletFFI.DoneFor

/// Acting for a patient: handing over, taking in, acting, reporting, ending.
extension Session {
    /// Lets somebody act for the patient, and gives the packet for them.
    public func delegate(_ delegating: Delegating) throws(WalletError) -> Delegated {
        try call { try $0.delegate(delegating: delegating) }
    }

    /// Lists those who may act for the patient, the oldest first.
    public func delegations(
        offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> DelegationPage {
        try call { try $0.delegations(offset: offset, limit: limit) }
    }

    /// Gives the packet of a delegation anew, with the records as they are now.
    public func delegationPacket(_ delegation: String) throws(WalletError) -> Delegated {
        try call { try $0.delegationPacket(delegation: delegation) }
    }

    /// Ends that somebody acts for the patient: one signed object for each requester.
    public func endDelegation(_ delegation: String) throws(WalletError) -> [Revoked] {
        try call { try $0.endDelegation(delegation: delegation) }
    }

    /// Takes in what somebody who acts for the patient reports; twice does no harm.
    public func takeReport(_ report: Data) throws(WalletError) -> [DoneFor] {
        try call { try $0.takeReport(report: report) }
    }

    /// Offers to act for a patient: gives the contact for them.
    public func offerToAct(as name: String) throws(WalletError) -> Data {
        try call { try $0.offerToAct(name: name) }
    }

    /// Takes in the packet that a patient handed over, or a newer one.
    public func acceptDelegation(_ packet: Data) throws(WalletError) -> Entrusted {
        try call { try $0.acceptDelegation(packet: packet) }
    }

    /// Lists the patients whom this wallet acts for.
    public func entrusted(
        offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> EntrustedPage {
        try call { try $0.entrusted(offset: offset, limit: limit) }
    }

    /// Demands that this wallet may do something for a patient now.
    public func mayAct(for entrusted: String, _ act: ProxyAct) throws(WalletError) {
        try call { try $0.mayActFor(entrusted: entrusted, act: act) }
    }

    /// Lists the records of a patient whom this wallet acts for, the newest first.
    public func entrustedRecords(
        of entrusted: String, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> EntrustedRecordPage {
        try call { try $0.entrustedRecords(entrusted: entrusted, offset: offset, limit: limit) }
    }

    /// Gives the FHIR JSON of a record of a patient whom this wallet acts for.
    public func entrustedResource(
        _ record: String, of entrusted: String
    ) throws(WalletError) -> String {
        try call { try $0.entrustedResource(entrusted: entrusted, record: record) }
    }

    /// Shows what an approval in a patient's name would release: nothing is granted by it.
    public func review(
        _ request: Data, for entrusted: String, narrowing: Narrowing = Narrowing(),
        language: Language = .en
    ) throws(WalletError) -> ReviewFor {
        try call {
            try $0.reviewFor(
                entrusted: entrusted, request: request, narrowing: narrowing, language: language)
        }
    }

    /// Signs what was reviewed in a patient's name and writes the disclosure into a new file.
    public nonisolated func approveFor(_ consent: String, into file: URL) -> Work<ApprovedFor> {
        work { try $0.approveFor(consent: consent, path: file.path, progress: $1, cancel: $2) }
    }

    /// Denies a request in a patient's name and gives the signed denial.
    public func deny(
        _ request: Data, for entrusted: String, reason: String? = nil
    ) throws(WalletError) -> Data {
        try call { try $0.denyFor(entrusted: entrusted, request: request, reason: reason) }
    }

    /// Gives what was signed in a patient's name, sealed to the patient.
    public func report(on entrusted: String) throws(WalletError) -> Data {
        try call { try $0.report(entrusted: entrusted) }
    }
}
