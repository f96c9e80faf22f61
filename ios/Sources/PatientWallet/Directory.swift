import Foundation
import PatientWalletFFI

/// An unlocked home of a directory: it vouches for requesters, and takes that back.
public actor Directory {
    nonisolated let border: PatientWalletFFI.Directory
    nonisolated let lane: Lane

    /// Runs this home on its wallet's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        lane.executor.asUnownedSerialExecutor()
    }

    private init(_ border: PatientWalletFFI.Directory, _ lane: Lane) {
        self.border = border
        self.lane = lane
    }

    /// Makes a home for a directory in an empty place.
    public static func create(
        in wallet: Wallet, passphrase: Secret, name: String
    ) async throws(WalletError) -> Directory {
        try await open(wallet) {
            try .create(wallet: $0, passphrase: passphrase.spent(), name: name)
        }
    }

    /// Makes a home for a directory from words that were kept elsewhere first.
    public static func create(
        in wallet: Wallet, from words: Secret, passphrase: Secret, name: String
    ) async throws(WalletError) -> Directory {
        try await open(wallet) {
            try .createFrom(
                wallet: $0, words: words.spent(), passphrase: passphrase.spent(), name: name)
        }
    }

    /// Opens the home of a directory.
    public static func unlock(
        _ wallet: Wallet, passphrase: Secret
    ) async throws(WalletError) -> Directory {
        try await open(wallet) { try .unlock(wallet: $0, passphrase: passphrase.spent()) }
    }

    /// Locks: stops the call that runs, waits for that, and forgets every key.
    public nonisolated func lock() async throws(WalletError) {
        let border = self.border
        try await lane.urgent { try border.lock() }.get()
    }

    /// Tells its name.
    public func name() throws(WalletError) -> String {
        try answered { try border.name() }
    }

    /// Gives the contact that patients believe; it holds for a year.
    public func contact() throws(WalletError) -> Data {
        try answered { try border.contact() }
    }

    /// Vouches for the requester of a contact: gives the credential.
    ///
    /// The contact is its own word only. That name, class and key belong together is for whoever
    /// calls this to have found out.
    public func vouch(for contact: Data, _ vouch: Vouch) throws(WalletError) -> Data {
        try answered { try border.vouch(contact: contact, vouch: vouch) }
    }

    /// Takes a credential back, and gives the list that says so.
    public func revoke(_ credential: String) throws(WalletError) -> Data {
        try answered { try border.revoke(credential: credential) }
    }

    /// Signs the list of credentials taken back, as of now.
    public func list() throws(WalletError) -> Data {
        try answered { try border.list() }
    }

    /// Lists the credentials that were issued.
    public func vouched(
        offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> VouchedPage {
        try answered { try border.vouched(offset: offset, limit: limit) }
    }

    private static func open(
        _ wallet: Wallet,
        _ call: @escaping @Sendable (PatientWalletFFI.Wallet) throws -> PatientWalletFFI.Directory
    ) async throws(WalletError) -> Directory {
        Directory(try await wallet.call(call), wallet.lane)
    }
}
