import Foundation
import PatientWalletFFI

/// Requests, and what the patient answers.
extension Session {
    /// Takes in a request: it waits in the inbox, and nothing is granted by it.
    public func receiveRequest(_ envelope: Data) throws(WalletError) -> InboxItem {
        try call { try $0.receiveRequest(envelope: envelope) }
    }

    /// Lists the requests that came in, the newest first.
    public func inbox(offset: UInt64 = 0, limit: UInt32 = 100) throws(WalletError) -> InboxPage {
        try call { try $0.inbox(offset: offset, limit: limit) }
    }

    /// Shows what an approval of a request would release: nothing is granted by it.
    public func review(
        _ request: String, narrowing: Narrowing = Narrowing(), language: Language = .en
    ) throws(WalletError) -> Review {
        try call {
            try $0.review(request: request, narrowing: narrowing, language: language)
        }
    }

    /// Shows what an approval would release to whom a contact names, who did not ask.
    public func review(
        contact: Data, narrowing: Narrowing, language: Language = .en
    ) throws(WalletError) -> Review {
        try call {
            try $0.reviewContact(contact: contact, narrowing: narrowing, language: language)
        }
    }

    /// Lists the records that a preview would release, the newest first.
    public func released(
        _ digest: Data, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> RecordPage {
        try call { try $0.released(digest: digest, offset: offset, limit: limit) }
    }

    /// Lists the files that would go with the records of a preview.
    public func releasedFiles(
        _ digest: Data, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> AttachmentPage {
        try call { try $0.releasedFiles(digest: digest, offset: offset, limit: limit) }
    }

    /// Lists the records that a preview would not release, with the reasons.
    public func withheld(
        _ digest: Data, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> WithheldPage {
        try call { try $0.withheld(digest: digest, offset: offset, limit: limit) }
    }

    /// Signs what was reviewed, by its digest, and writes the disclosure into a new file.
    public nonisolated func approve(_ digest: Data, to file: URL) -> Work<Approved> {
        work { try $0.approve(digest: digest, path: file.path, progress: $1, cancel: $2) }
    }

    /// Denies a request and gives the signed denial.
    public func deny(_ request: String, reason: String? = nil) throws(WalletError) -> Data {
        try call { try $0.deny(request: request, reason: reason) }
    }
}

/// Consents that were given, and taking them back.
extension Session {
    /// Lists the consents that were given, the newest first.
    public func consents(
        offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> ConsentPage {
        try call { try $0.consents(offset: offset, limit: limit) }
    }

    /// Lists the records that somebody holds under a consent.
    public func held(
        under consent: String, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> IdPage {
        try call { try $0.heldUnder(consent: consent, offset: offset, limit: limit) }
    }

    /// Shows what is new under a consent since the last disclosure.
    public func reviewRefresh(of consent: String) throws(WalletError) -> Refreshment {
        try call { try $0.reviewRefresh(consent: consent) }
    }

    /// Writes what is new under a consent into a new file.
    public nonisolated func refresh(
        _ consent: String, digest: Data, to file: URL
    ) -> Work<Approved> {
        work {
            try $0.refresh(
                consent: consent, digest: digest, path: file.path, progress: $1, cancel: $2)
        }
    }

    /// Shows what was disclosed under a consent, to be given once more.
    public func reviewAgain(_ consent: String) throws(WalletError) -> Refreshment {
        try call { try $0.reviewAgain(consent: consent) }
    }

    /// Writes what was disclosed under a consent into a new file once more.
    public nonisolated func discloseAgain(
        _ consent: String, digest: Data, to file: URL
    ) -> Work<Approved> {
        work {
            try $0.discloseAgain(
                consent: consent, digest: digest, path: file.path, progress: $1, cancel: $2)
        }
    }

    /// Takes consents back: one signed object for each requester.
    public func revoke(_ consents: [String]) throws(WalletError) -> [Revoked] {
        try call { try $0.revoke(consents: consents) }
    }

    /// Takes every consent back.
    public func revokeEverything() throws(WalletError) -> [Revoked] {
        try call { try $0.revokeEverything() }
    }
}

/// Whom the patient believes, and what is never given.
extension Session {
    /// Makes a standing rule that denies labels and categories to a class of readers, or to
    /// everybody.
    public func addRule(
        for readers: RequesterClass? = nil, labels: [SensitivityLabel] = [],
        categories: [RecordCategory] = []
    ) throws(WalletError) -> Rule {
        try call { try $0.addRule(requesterClass: readers, labels: labels, categories: categories) }
    }

    /// Lists the standing rules.
    public func rules(offset: UInt64 = 0, limit: UInt32 = 100) throws(WalletError) -> RulePage {
        try call { try $0.rules(offset: offset, limit: limit) }
    }

    /// Drops a standing rule.
    public func removeRule(_ id: String) throws(WalletError) {
        try call { try $0.removeRule(id: id) }
    }

    /// Believes a directory by its contact, or takes in its list of what it has taken back.
    public func trust(_ envelope: Data) throws(WalletError) -> TrustedDirectory {
        try call { try $0.trust(envelope: envelope) }
    }

    /// Lists the directories that the patient believes.
    public func trusted(
        offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> DirectoryPage {
        try call { try $0.trusted(offset: offset, limit: limit) }
    }

    /// Believes a directory no more.
    public func distrust(_ id: String) throws(WalletError) {
        try call { try $0.distrust(id: id) }
    }

    /// Lists those to whom something was given or denied.
    public func knownRequesters(
        offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> KnownRequesterPage {
        try call { try $0.knownRequesters(offset: offset, limit: limit) }
    }

    /// Tells by how many seconds the device's clock stands before the log's last entries; while it
    /// does, the later time counts for consents.
    public func clockLag() throws(WalletError) -> UInt64 {
        try call { try $0.clockLag() }
    }

    /// Says that the device's clock is right, and the log's time was ahead.
    public func confirmClock() throws(WalletError) {
        try call { try $0.confirmClock() }
    }
}
