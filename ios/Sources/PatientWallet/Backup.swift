import Foundation
import PatientWalletFFI

/// Ways back: backups, their rehearsal, the words, the passphrase, biometrics.
extension Session {
    /// Writes the whole wallet into a sealed file, which the words open, and the export passphrase
    /// where one is given.
    public nonisolated func backup(
        to file: URL, with authentication: Authentication, exportPassphrase: Secret? = nil,
        replacing: Bool = false
    ) -> Work<BackupReport> {
        work {
            try $0.backup(
                with: authentication.spent(), exportPassphrase: exportPassphrase?.spent(),
                path: file.path, replace: replacing, progress: $1, cancel: $2)
        }
    }

    /// Opens a backup file to its end, without changing anything, and tells what it would bring back.
    public nonisolated func rehearse(_ file: URL, key: BackupKey) -> Work<Rehearsal> {
        work { try $0.rehearse(path: file.path, key: key.spent(), progress: $1, cancel: $2) }
    }

    /// Sets a new passphrase.
    public func changePassphrase(
        to new: Secret, with authentication: Authentication
    ) throws(WalletError) {
        try call { try $0.changePassphrase(with: authentication.spent(), new: new.spent()) }
    }

    /// Lets the device open the wallet once it has recognised the patient.
    public func enableBiometrics(with authentication: Authentication) throws(WalletError) {
        try call { try $0.enableBiometrics(with: authentication.spent()) }
    }

    /// Lets the device open the wallet no more.
    public func disableBiometrics(with authentication: Authentication) throws(WalletError) {
        try call { try $0.disableBiometrics(with: authentication.spent()) }
    }

    /// Gives the recovery words, blanks between them, to be shown to the patient and to nobody else:
    /// whoever reads them holds the wallet.
    public func dangerousWords(with authentication: Authentication) throws(WalletError) -> Secret {
        var words = try call { try $0.dangerousWords(with: authentication.spent()) }
        return Secret(wiping: &words)
    }
}
