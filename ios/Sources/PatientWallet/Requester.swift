import Foundation
import PatientWalletFFI

/// An unlocked home of somebody who asks patients for records: a clinic, a specialist, an insurer.
public actor Requester {
    nonisolated let border: PatientWalletFFI.Requester
    nonisolated let lane: Lane

    /// Runs this home on its wallet's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        lane.executor.asUnownedSerialExecutor()
    }

    private init(_ border: PatientWalletFFI.Requester, _ lane: Lane) {
        self.border = border
        self.lane = lane
    }

    /// Makes a home for a requester in an empty place.
    public static func create(
        in wallet: Wallet, passphrase: Secret, name: String, class kind: RequesterClass
    ) async throws(WalletError) -> Requester {
        try await open(wallet) {
            try .create(
                wallet: $0, passphrase: passphrase.spent(), name: name, requesterClass: kind)
        }
    }

    /// Makes a home for a requester from words that were kept elsewhere first.
    public static func create(
        in wallet: Wallet, from words: Secret, passphrase: Secret, name: String,
        class kind: RequesterClass
    ) async throws(WalletError) -> Requester {
        try await open(wallet) {
            try .createFrom(
                wallet: $0, words: words.spent(), passphrase: passphrase.spent(), name: name,
                requesterClass: kind)
        }
    }

    /// Opens the home of a requester.
    public static func unlock(
        _ wallet: Wallet, passphrase: Secret
    ) async throws(WalletError) -> Requester {
        try await open(wallet) { try .unlock(wallet: $0, passphrase: passphrase.spent()) }
    }

    /// Locks: stops the call that runs, waits for that, and forgets every key.
    public nonisolated func lock() async throws(WalletError) {
        let border = self.border
        try await lane.urgent { try border.lock() }.get()
    }

    /// Tells who it is.
    public func profile() throws(WalletError) -> Profile {
        try answered { try border.profile() }
    }

    /// Gives the contact: who it is, signed by itself.
    public func contact() throws(WalletError) -> Data {
        try answered { try border.contact() }
    }

    /// Keeps what a directory says of it, to be shown with every request.
    public func addCredential(_ credential: Data) throws(WalletError) {
        try answered { try border.addCredential(credential: credential) }
    }

    /// Signs a request.
    public func request(_ ask: Ask) throws(WalletError) -> Data {
        try answered { try border.request(ask: ask) }
    }

    /// Verifies a consent token with what is here, and keeps it; `patient` is the requester's own
    /// name for the patient.
    public func verify(
        _ token: Data, patient: String? = nil
    ) throws(WalletError) -> VerifiedConsent {
        try answered { try border.verify(token: token, patient: patient) }
    }

    /// Takes in a denial, a revocation or a notice.
    public func receive(_ envelope: Data) throws(WalletError) -> Received {
        try answered { try border.receive(envelope: envelope) }
    }

    /// Lists the consents that were received, the newest first.
    public func consents(
        offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> HeldConsentPage {
        try answered { try border.consents(offset: offset, limit: limit) }
    }

    /// Checks a disclosure under its token to its end; that it is opened is not noted yet.
    public nonisolated func check(
        _ file: URL, token: Data, patient: String? = nil
    ) -> Work<CheckedDisclosure> {
        let border = self.border
        return Work(lane) { listener, cancel in
            try border.check(
                token: token, path: file.path, patient: patient, progress: listener,
                cancel: cancel)
        }
    }

    /// Opens a disclosure under its token into a new folder.
    public nonisolated func open(
        _ file: URL, token: Data, into folder: URL, patient: String? = nil
    ) -> Work<OpenedDisclosure> {
        let border = self.border
        return Work(lane) { listener, cancel in
            try border.open(
                token: token, path: file.path, folder: folder.path, patient: patient,
                progress: listener, cancel: cancel)
        }
    }

    /// Lists the receipts that were not handed out yet, or with `again` all, the oldest first.
    public func receipts(
        under consent: String? = nil, again: Bool = false, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> GivenReceiptPage {
        try answered {
            try border.receipts(consent: consent, again: again, offset: offset, limit: limit)
        }
    }

    /// Notes that receipts were handed out.
    public func markGiven(_ receipts: [String]) throws(WalletError) {
        try answered { try border.markGiven(receipts: receipts) }
    }

    /// Signs a receipt of a further access; no record named stands for all under the consent.
    public func noteAccess(
        under consent: String, byMachine: Bool = false, records: [String] = [],
        purpose: Purpose? = nil, person: String? = nil
    ) throws(WalletError) -> GivenReceipt {
        try answered {
            try border.noteAccess(
                consent: consent, byMachine: byMachine, records: records, purpose: purpose,
                person: person)
        }
    }

    /// Takes in a patient's notice: a correction is answered, a wish to erase is noted.
    public func applyNotice(_ envelope: Data) throws(WalletError) -> AppliedNotice {
        try answered { try border.applyNotice(envelope: envelope) }
    }

    /// Erases what was opened under a consent, with the keys, and signs that it is gone.
    public func eraseCopies(under consent: String) throws(WalletError) -> ErasedCopies {
        try answered { try border.eraseCopies(consent: consent) }
    }

    /// Signs once more that what was opened under a consent was erased.
    public func erasureStatement(under consent: String) throws(WalletError) -> Data {
        try answered { try border.erasureStatement(consent: consent) }
    }

    private static func open(
        _ wallet: Wallet,
        _ call: @escaping @Sendable (PatientWalletFFI.Wallet) throws -> PatientWalletFFI.Requester
    ) async throws(WalletError) -> Requester {
        Requester(try await wallet.call(call), wallet.lane)
    }
}
