import Foundation
import PatientWalletFFI

/// What travels: its kinds, its text, its QR code; and what needs no wallet.
public enum Envelope {
    /// Tells what some bytes claim to be; nothing when they are no signed object.
    public static func kind(of envelope: Data) throws(WalletError) -> SignedKind? {
        try answered { try envelopeKind(envelope: envelope) }
    }

    /// Writes an envelope as text, as it stands in a QR code.
    public static func text(of envelope: Data) throws(WalletError) -> String {
        try answered { try envelopeToText(envelope: envelope) }
    }

    /// Reads an envelope out of its text.
    public static func bytes(of text: String) throws(WalletError) -> Data {
        try answered { try envelopeFromText(text: text) }
    }

    /// Draws the QR code of an envelope.
    public static func qrCode(of envelope: Data) async throws(WalletError) -> QrCode {
        try answered { try PatientWalletFFI.qrCode(envelope: envelope) }
    }

    /// Verifies audit files of any kinds with no wallet: each by itself, and that no two contradict
    /// each other. The findings stand in the order of the files.
    public static func checkLogFiles(
        _ files: [Data], language: Language = .en
    ) async throws(WalletError) -> [LogFinding] {
        try answered { try PatientWalletFFI.checkLogFiles(files: files, language: language) }
    }

    /// Draws an export passphrase of seven words.
    public static func generatePassphrase() throws(WalletError) -> Secret {
        var drawn = try answered { try PatientWalletFFI.generatePassphrase() }
        return Secret(wiping: &drawn)
    }

    /// Suggests recovery words for what was typed.
    public static func suggestWords(for typed: String) throws(WalletError) -> [String] {
        try answered { try PatientWalletFFI.suggestWords(typed: typed) }
    }

    /// Lists the terms that a disclosure can begin with.
    public static func presets() throws(WalletError) -> [PresetTerms] {
        try answered { try PatientWalletFFI.presets() }
    }

    /// Gives the table of what a consent promises, and who keeps it.
    public static func keptTable(in language: Language) throws(WalletError) -> [Kept] {
        try answered { try PatientWalletFFI.keptTable(language: language) }
    }

    /// Names who keeps a promise.
    public static func name(of by: KeptBy, in language: Language) throws(WalletError) -> String {
        try answered { try keptByName(by: by, language: language) }
    }

    /// Names a category.
    public static func name(
        of category: RecordCategory, in language: Language
    ) throws(WalletError) -> String {
        try answered { try categoryName(category: category, language: language) }
    }

    /// Names a label.
    public static func name(
        of label: SensitivityLabel, in language: Language
    ) throws(WalletError) -> String {
        try answered { try labelName(label: label, language: language) }
    }

    /// Names a purpose, as the end of a sentence.
    public static func name(
        of purpose: Purpose, in language: Language
    ) throws(WalletError) -> String {
        try answered { try purposeName(purpose: purpose, language: language) }
    }

    /// Names what a requester is.
    public static func name(
        of readers: RequesterClass, in language: Language
    ) throws(WalletError) -> String {
        try answered { try requesterClassName(requesterClass: readers, language: language) }
    }

    /// Tells why a record is not released.
    public static func name(
        of because: Because, in language: Language
    ) throws(WalletError) -> String {
        try answered { try becauseName(because: because, language: language) }
    }

    /// Tells how far a consent has come.
    public static func name(
        of state: ConsentState, in language: Language
    ) throws(WalletError) -> String {
        try answered { try consentStateName(state: state, language: language) }
    }

    /// Tells how far a request has come.
    public static func name(
        of state: RequestState, in language: Language
    ) throws(WalletError) -> String {
        try answered { try requestStateName(state: state, language: language) }
    }
}
