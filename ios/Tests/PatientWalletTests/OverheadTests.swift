import Foundation
import PatientWallet
import Testing

/// What a call across the border costs, printed: WALLET_OVERHEAD=1 ios/test.sh.
struct OverheadTests {
    static let runs = ProcessInfo.processInfo.environment["WALLET_OVERHEAD"] != nil

    @Test(.enabled(if: runs)) func aPageOfAThousandRecordsAndAChunk() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        let resources = (0..<1000).map { number in
            #"{"resourceType":"Observation","id":"o\#(number)","status":"final","#
                + #""code":{"text":"Measurement \#(number)"},"effectiveDateTime":"2024-01-02"}"#
        }
        let file = try stage.write("thousand.ndjson", resources.joined(separator: "\n"))
        #expect(try await session.importFile(file).value.new == 1000)
        let page = try await microseconds {
            let page = try await session.find(Query(limit: 1000))
            #expect(page.items.count == 1000)
        }
        let (large, _) = try stage.large(megabytes: 2)
        let attached = try await session.attach(large, as: NewAttachment(name: "scan")).value
        let chunk = try await microseconds {
            let chunk = try await session.readAttachment(attached.id)
            #expect(chunk.count == 1 << 20)
        }
        print("overhead page_us=\(page) chunk_us=\(chunk)")
    }

    /// Gives the best of many calls.
    private func microseconds(_ call: () async throws -> Void) async throws -> Int {
        var times: [Duration] = []
        for _ in 0..<31 {
            let begun = ContinuousClock.now
            try await call()
            times.append(begun.duration(to: .now))
        }
        let best = try #require(times.min()).components
        return Int(best.seconds) * 1_000_000 + Int(best.attoseconds / 1_000_000_000_000)
    }
}
