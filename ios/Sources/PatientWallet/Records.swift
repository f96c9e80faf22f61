import Foundation
import PatientWalletFFI

/// Records: taken in, found, read, corrected, labelled, erased, given out.
extension Session {
    /// Takes in a file: Bundle, NDJSON or one resource, plain or gzip. All of it or nothing.
    public nonisolated func importFile(
        _ file: URL, options: ImportOptions = ImportOptions()
    ) -> Work<ImportReport> {
        work { try $0.importFile(path: file.path, options: options, progress: $1, cancel: $2) }
    }

    /// Finds records, the newest first.
    public func find(_ query: Query = Query()) throws(WalletError) -> RecordPage {
        try call { try $0.find(query: query) }
    }

    /// Describes the latest version of a record.
    public func record(_ id: String) throws(WalletError) -> Record {
        try call { try $0.record(id: id) }
    }

    /// Opens a version of a record, the latest unless another is named.
    public func read(_ id: String, version: UInt32? = nil) throws(WalletError) -> Resource {
        try call { try $0.read(id: id, version: version) }
    }

    /// Lists the versions of a record, first to last.
    public func history(
        of id: String, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> VersionPage {
        try call { try $0.history(id: id, offset: offset, limit: limit) }
    }

    /// Adds what a patient writes down, and gives the id of the record.
    public func add(_ entry: NewEntry) throws(WalletError) -> String {
        try call { try $0.add(entry: entry) }
    }

    /// Appends a corrected version with its author and reason, and gives its number.
    public func correct(
        _ id: String, to json: String, author: String, reason: String
    ) throws(WalletError) -> UInt32 {
        try call { try $0.correct(id: id, json: json, author: author, reason: reason) }
    }

    /// Adds labels to a record and takes others away; gives the number of the new version.
    public func relabel(
        _ id: String, add: [SensitivityLabel] = [], remove: [SensitivityLabel] = []
    ) throws(WalletError) -> UInt32 {
        try call { try $0.relabel(id: id, add: add, remove: remove) }
    }

    /// Erases a record: its keys are destroyed.
    public func erase(_ id: String) throws(WalletError) -> Erased {
        try call { try $0.erase(id: id) }
    }

    /// Signs anew what says that a record was erased.
    public func erasureStatement(of id: String) throws(WalletError) -> Data {
        try call { try $0.erasureStatement(id: id) }
    }

    /// Erases the whole wallet, and locks; gives the statement if the wallet could still sign one.
    public nonisolated func eraseWallet() async throws(WalletError) -> Data? {
        let border = self.border
        return try await lane.urgent { try border.eraseWallet() }.get()
    }

    /// Writes the records that a query finds into a file; its offset and limit do not count.
    public func exportFile(
        to file: URL, query: Query = Query(), format: ExportFormat = .bundle,
        replacing: Bool = false
    ) throws(WalletError) -> ExportReport {
        try call {
            try $0.exportFile(path: file.path, query: query, format: format, replace: replacing)
        }
    }
}
