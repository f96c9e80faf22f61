import Foundation
import PatientWallet
import Testing

/// Long calls: progress in order, and a cancel that leaves nothing half done.
struct WorkTests {
    @Test func progressIsInOrderAndTheAnswerComesLast() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        let file = try Examples.file("data/patient.json")
        var (heard, report): ([WorkProgress], ImportReport?) = ([], nil)
        for try await step in session.importFile(file).steps {
            #expect(report == nil)
            switch step {
            case .progress(let progress): heard.append(progress)
            case .done(let value): report = value
            }
        }
        #expect(report?.new == 198)
        #expect(!heard.isEmpty)
        #expect(heard.map(\.done) == heard.map(\.done).sorted())
        for progress in heard {
            if let total = progress.total { #expect(progress.done <= total) }
        }
    }

    @Test func aCancelledTaskLeavesNothing() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        let (file, _) = try stage.large(megabytes: 24)
        let work = session.attach(file, as: NewAttachment(name: "scan"))
        let task = Task {
            for try await step in work.steps {
                // As soon as it is at work.
                if case .progress = step { withUnsafeCurrentTask { $0?.cancel() } }
            }
            return Task.isCancelled
        }
        #expect(try await task.value)
        try await nothingIsThere(session, stage)

        // It looks at the clock first, and there the cancel finds it.
        let gate = Gate()
        stage.clock.hold(gate)
        let waiting = Task { try await work.value }
        try await gate.reached()
        waiting.cancel()
        gate.open()
        let error = try await refusal { try await waiting.value }
        #expect(error == .cancelled(code: "wallet.cancelled"))
        #expect(!gate.gaveUp)
        try await nothingIsThere(session, stage)
    }

    @Test func leavingTheLoopLeavesNothing() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        let (file, _) = try stage.large(megabytes: 24)
        for try await _ in session.attach(file, as: NewAttachment(name: "scan")).steps { break }
        try await nothingIsThere(session, stage)
    }

    @Test func aCancelledBackupLeavesNoFile() async throws {
        let stage = try Stage()
        let session = try await stage.told()
        let (file, _) = try stage.large(megabytes: 8)
        _ = try await session.attach(file, as: NewAttachment(name: "scan")).value
        let backup = stage.path("backup")
        let work = session.backup(to: backup, with: .passphrase(passphrase()))
        for try await step in work.steps { if case .progress = step { break } }
        _ = try await session.status()
        #expect(try names(in: stage.folder) == ["home", "large-8"])
    }

    @Test func aCallThatIsCancelledBeforeItBeginsDoesNothing() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        let work = session.importFile(try Examples.file("data/patient.json"))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await work.value
        }
        #expect(try await refusal { try await task.value } == .cancelled(code: "wallet.cancelled"))
        #expect(try await session.status().records == 0)
    }

    @Test func anErrorEndsTheSteps() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        let file = try stage.write("no.json", "{")
        let error = try await refusal {
            for try await _ in session.importFile(file).steps {}
            return ()
        }
        #expect(error.code.hasPrefix("import."))
    }

    private func nothingIsThere(_ session: Session, _ stage: Stage) async throws {
        let status = try await session.status()
        #expect(status.records == 0 && status.attachments == 0)
        #expect(try await session.verify().value.faults.total == 0)
        let files = stage.path("home").appending(path: "attachments")
        if FileManager.default.fileExists(atPath: files.path) {
            #expect(try names(in: files).isEmpty)
        }
    }

    private func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
}
