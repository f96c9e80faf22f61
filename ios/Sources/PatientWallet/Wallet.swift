import Foundation
import PatientWalletFFI

/// A locked wallet: a folder, and what the device lends. Everything begins here.
public actor Wallet {
    let border: PatientWalletFFI.Wallet
    let lane = Lane()

    /// Runs this wallet on a thread of its own.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        lane.executor.asUnownedSerialExecutor()
    }

    /// Names a wallet; the folder is made when the wallet is, and nothing is read yet.
    public init(
        folder: URL, keystore: any Keystore, clock: any WalletClock = DeviceClock(),
        options: WalletOptions = WalletOptions()
    ) throws(WalletError) {
        border = try answered {
            try PatientWalletFFI.Wallet(
                folder: folder.path, keystore: KeystoreBridge(keystore), clock: ClockBridge(clock),
                options: options)
        }
    }

    /// Tells whether there is a wallet.
    public func exists() throws(WalletError) -> Bool {
        try answered { try border.exists() }
    }

    /// Makes a wallet with fresh words and opens it.
    public func create(
        _ passphrase: Secret, words: WordCount = .twentyFour
    ) throws(WalletError) -> Session {
        try open { try $0.create(passphrase: passphrase.spent(), words: words) }
    }

    /// Makes a wallet for words that the patient has seen already, and opens it.
    public func create(
        from words: Secret, passphrase: Secret
    ) throws(WalletError) -> Session {
        try open { try $0.createFrom(words: words.spent(), passphrase: passphrase.spent()) }
    }

    /// Comes back with the words: opens the wallet that is here under a new passphrase, or makes one
    /// with the same identity where there is none.
    public func restore(
        from words: Secret, passphrase: Secret
    ) throws(WalletError) -> Session {
        try open { try $0.restore(words: words.spent(), passphrase: passphrase.spent()) }
    }

    /// Comes back from a backup file under a new passphrase: all of it or nothing.
    public nonisolated func restore(
        backup file: URL, key: BackupKey, passphrase: Secret, replacing replace: Replace = .older
    ) -> Work<Session> {
        let (border, lane) = (self.border, self.lane)
        return Work(lane) { listener, cancel in
            let session = try border.restoreBackup(
                path: file.path, key: key.spent(), passphrase: passphrase.spent(), replace: replace,
                progress: listener, cancel: cancel)
            return Session(session, lane)
        }
    }

    /// Opens the wallet with the passphrase.
    public func unlock(_ passphrase: Secret) throws(WalletError) -> Session {
        try open { try $0.unlock(passphrase: passphrase.spent()) }
    }

    /// Opens the wallet after the device has recognised the patient.
    public func unlockWithBiometrics() throws(WalletError) -> Session {
        try open { try $0.unlockWithBiometrics() }
    }

    /// Opens a damaged wallet, or one that was rolled back, for reading what is whole.
    public func unlockReadOnly(with authentication: Authentication) throws(WalletError) -> Session {
        try open { try $0.unlockReadOnly(with: authentication.spent()) }
    }

    /// Makes a call on this wallet's thread.
    func call<Value: Sendable>(
        _ call: @Sendable (PatientWalletFFI.Wallet) throws -> Value
    ) throws(WalletError) -> Value {
        try answered { try call(border) }
    }

    private func open(
        _ call: (PatientWalletFFI.Wallet) throws -> PatientWalletFFI.Session
    ) throws(WalletError) -> Session {
        do { return Session(try call(border), lane) } catch { throw WalletError(error) }
    }
}
