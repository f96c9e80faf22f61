import Foundation
import PatientWallet
import Testing

/// Files of records: streamed in and out, read in chunks, erased with their record.
struct AttachmentTests {
    @Test func aFileBelongsToItsRecord() async throws {
        let stage = try Stage()
        let session = try await stage.told()
        let device = try await record(session, "Device/dev-pacemaker")
        let card = try Examples.file("data/pacemaker-card.pdf")
        let new = NewAttachment(name: "card.pdf", record: device.id)
        let attached = try await session.attach(card, as: new).value
        #expect(attached.mediaType == "application/pdf")
        #expect(attached.record == device.id)
        #expect(attached.address.hasPrefix("b"))
        #expect(try await session.attachments(of: device.id).items == [attached])
        #expect(try await session.attachment(attached.id) == attached)
        let bytes = try Data(contentsOf: card)
        #expect(try await session.readAttachment(attached.id) == bytes)
        #expect(try await session.readAttachment(attached.id, at: attached.size).isEmpty)
        _ = try await session.erase(device.id)
        let gone = try await refusal { try await session.attachment(attached.id) }
        #expect(gone == .notFound(code: "attachment.not-found"))
    }

    @Test func aLargeFileGoesInAndOutInPieces() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        let (file, bytes) = try stage.large(megabytes: 3)
        let attached = try await session.attach(file, as: NewAttachment(name: "scan")).value
        #expect(attached.size == UInt64(bytes.count))
        // One that is for no record gets a record of its own.
        #expect(try await session.record(attached.record).resourceType == "DocumentReference")
        var read = Data()
        while case let piece = try await session.readAttachment(attached.id, at: UInt64(read.count)),
            !piece.isEmpty
        {
            #expect(piece.count <= 1 << 20)
            read += piece
        }
        #expect(read == bytes)
        let middle = try await session.readAttachment(attached.id, at: 1_500_000, length: 10)
        #expect(middle == bytes[1_500_000..<1_500_010])

        let saved = stage.path("saved")
        #expect(try await session.saveAttachment(attached.id, to: saved).value == attached.size)
        #expect(try Data(contentsOf: saved) == bytes)
        let again = try await refusal {
            try await session.saveAttachment(attached.id, to: saved).value
        }
        #expect(again == .notPermitted(code: "file.exists"))
        _ = try await session.saveAttachment(attached.id, to: saved, replacing: true).value
    }
}

extension Stage {
    /// Writes a file that nothing compresses; gives its bytes too.
    func large(megabytes: Int) throws -> (URL, Data) {
        let source = try FileHandle(forReadingFrom: URL(filePath: "/dev/urandom"))
        let bytes = try #require(try source.read(upToCount: megabytes << 20))
        try #require(bytes.count == megabytes << 20)
        let file = path("large-\(megabytes)")
        try bytes.write(to: file)
        return (file, bytes)
    }
}
