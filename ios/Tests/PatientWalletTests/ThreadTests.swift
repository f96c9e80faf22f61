import Foundation
import PatientWallet
import Testing

/// Many at once, a lock in the middle, and calls after the end.
struct ThreadTests {
    @Test func eightTasksShareASession() async throws {
        let stage = try Stage()
        let session = try await stage.told()
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for turn in 0..<10 {
                        let id = try await session.add(
                            NewEntry(kind: .note, text: "note \(number) \(turn)"))
                        guard try await session.read(id).json.contains("DocumentReference"),
                            try await session.find(Query(text: "note")).total > 0
                        else { return 0 }
                    }
                    return 10
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(done == 80)
        #expect(try await session.status().records == 278)
        #expect(try await session.verify().value.faults.total == 0)
    }

    @Test func eightThreadsShareTheBorder() async throws {
        let stage = try Stage()
        let session = try Border.wallet(stage.path("home")).create(
            passphrase: Data("x".utf8), words: .twelve)
        let errors = Shared(0)
        await withCheckedContinuation { continuation in
            let left = Shared(8)
            for number in 0..<8 {
                Thread.detachNewThread {
                    for turn in 0..<10 {
                        let entry = NewEntry(kind: .note, text: "note \(number) \(turn)")
                        do { _ = try session.add(entry: entry) } catch { errors.with { $0 += 1 } }
                    }
                    let still = left.with { left in
                        left -= 1
                        return left
                    }
                    if still == 0 { continuation.resume() }
                }
            }
        }
        #expect(errors.now == 0)
        #expect(try session.status().records == 80)
        try session.lock()
    }

    @Test func aLockStopsTheCallThatRuns() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        let (file, _) = try stage.large(megabytes: 48)
        let work = session.attach(file, as: NewAttachment(name: "scan"))
        let begun = Shared(false)
        let task = Task {
            for try await step in work.steps where !begun.now {
                if case .progress = step { begun.with { $0 = true } }
            }
        }
        while !begun.now { try await Task.sleep(for: .milliseconds(1)) }
        // Short calls wait for the long one; the lock does not wait for them.
        let short = Task { try await session.status() }
        try await session.lock()
        #expect(try await refusal { try await task.value } == .cancelled(code: "wallet.cancelled"))
        #expect(try await refusal { try await short.value } == .locked(code: "wallet.locked"))
        let again = try await stage.wallet().unlock(passphrase())
        #expect(try await again.status().attachments == 0)
    }

    @Test func everyCallAfterTheLockSaysSo() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        try await session.lock()
        try await session.lock()
        #expect(try await session.isLocked())
        let file = stage.path("x")
        let calls: [@Sendable () async throws -> Any] = [
            { try await session.status() }, { try await session.find() },
            { try await session.read("00") }, { try await session.importFile(file).value },
            { try await session.consents() }, { try await session.log() },
            { try await session.verify().value }, { try await session.resume() },
            { try await session.backup(to: file, with: .biometrics).value },
            { try await session.eraseWallet() as Any },
        ]
        for call in calls {
            #expect(try await refusal(of: call) == .locked(code: "wallet.locked"))
        }
    }

    @Test func aCallFromInsideACallbackIsRefused() async throws {
        final class Curious: Border.ProgressListener {
            let session: Border.Session
            let answers = Shared<Set<String>>([])
            init(_ session: Border.Session) { self.session = session }
            func progress(done: UInt64, total: UInt64?) throws {
                for call in [{ _ = try self.session.status() }, { try self.session.lock() }] {
                    do {
                        try call()
                        answers.with { _ = $0.insert("done") }
                    } catch Border.WalletError.Busy(let code) {
                        answers.with { _ = $0.insert(code) }
                    }
                }
            }
        }
        let stage = try Stage()
        let session = try Border.wallet(stage.path("home")).create(
            passphrase: Data("x".utf8), words: .twelve)
        let listener = Curious(session)
        let file = try Examples.file("data/patient.json").path
        let report = try session.importFile(
            path: file, options: ImportOptions(), progress: listener, cancel: nil)
        #expect(report.new == 198)
        #expect(listener.answers.now == ["wallet.busy"])
        try session.lock()
    }

    @Test func aDefectInsideClosesTheSession() async throws {
        let stage = try Stage()
        let session = try Border.wallet(stage.path("home")).create(
            passphrase: Data("x".utf8), words: .twelve)
        let text = try marked()
        do {
            try session.testingPanic(text: text)
            Issue.record("it went on")
        } catch {
            #expect(!"\(error) \(error.localizedDescription)".contains(text))
        }
        do {
            _ = try session.status()
            Issue.record("it is open")
        } catch Border.WalletError.Locked(let code) {
            #expect(code == "wallet.locked")
        }
        let facade = try await stage.wallet("other").create(passphrase(), words: .twelve)
        #expect(try await facade.status().records == 0)
    }
}
