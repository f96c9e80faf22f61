import Allocated
import Foundation
import PatientWallet
import Testing

/// Objects that were let go of are gone: the tests run one after another, and each lets go of all.
struct LeakTests {
    @Test func nothingIsHeldAfterAThousandObjects() async throws {
        #expect(try Border.live().isNone)
        let stage = try Stage()
        try await stage.session().lock()
        for _ in 0..<20 { try make(50, stage) }
        #expect(try Border.live().isNone)
        let kept = try stage.wallet()
        #expect(try Border.live().wallets == 1)
        _ = try await kept.exists()
    }

    private static let runs = ProcessInfo.processInfo.environment["WALLET_LEAKS"] != nil

    @Test(.enabled(if: runs)) func memoryIsFlatOverTwoHundredCycles() async throws {
        #expect(try Border.live().isNone)
        for _ in 0..<20 { try await cycle() }
        // What the process occupies says less: an allocator keeps pages.
        let before = allocated()
        for _ in 0..<180 { try await cycle() }
        let grown = allocated() - before
        print("leaks: \(grown / 1024) KiB more after 180 cycles")
        #expect(grown < 1 << 20, "\(grown) bytes more")
        #expect(try Border.live().isNone)
    }

    private func cycle() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        _ = try await session.add(NewEntry(kind: .note, text: "a note"))
        try await session.lock()
    }

    private func make(_ count: Int, _ stage: Stage) throws {
        for _ in 0..<count {
            _ = try stage.wallet()
            _ = try Border.CancelToken()
        }
    }
}
