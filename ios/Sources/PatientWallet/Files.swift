import Foundation
import PatientWalletFFI

/// Attachments: large files of records, streamed from and to files, or read in chunks.
extension Session {
    /// Attaches a file.
    public nonisolated func attach(_ file: URL, as new: NewAttachment) -> Work<Attachment> {
        work { try $0.attach(path: file.path, new: new, progress: $1, cancel: $2) }
    }

    /// Lists the attachments of a record.
    public func attachments(
        of record: String, offset: UInt64 = 0, limit: UInt32 = 100
    ) throws(WalletError) -> AttachmentPage {
        try call { try $0.attachments(record: record, offset: offset, limit: limit) }
    }

    /// Describes an attachment.
    public func attachment(_ id: String) throws(WalletError) -> Attachment {
        try call { try $0.attachment(id: id) }
    }

    /// Reads bytes of an attachment from an offset: 1 MiB at most, fewer at its end, none beyond.
    public func readAttachment(
        _ id: String, at offset: UInt64 = 0, length: UInt32 = 1 << 20
    ) throws(WalletError) -> Data {
        try call { try $0.readAttachment(id: id, offset: offset, length: length) }
    }

    /// Writes an attachment into a file, and gives its bytes.
    public nonisolated func saveAttachment(
        _ id: String, to file: URL, replacing: Bool = false
    ) -> Work<UInt64> {
        work {
            try $0.saveAttachment(
                id: id, path: file.path, replace: replacing, progress: $1, cancel: $2)
        }
    }
}
