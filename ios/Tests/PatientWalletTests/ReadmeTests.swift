import Foundation
import PatientWallet
import Testing

/// What ios/README.md shows is the code that is compiled and run here.
struct ReadmeTests {
    @Test func theFirstRecordIsThere() async throws {
        #expect(try await firstRecord(in: Stage().path("home")) == "Penicillin")
    }

    @Test func anErrorIsCaughtByItsCase() async throws {
        let wallet = try Stage().wallet()
        do {
            _ = try await wallet.unlock(passphrase())
            Issue.record("it was opened")
        } catch .notFound {
            #expect(try await !wallet.exists())
        } catch .tryLater(_, let seconds) {
            Issue.record("\(seconds) s")
        } catch {
            Issue.record(error)
        }
    }

    @Test func theReadmeShowsThisVeryCode() throws {
        func read(_ name: String) throws -> String {
            try String(contentsOf: Examples.file("../ios/\(name)"), encoding: .utf8)
        }
        let readme = try read("README.md")
        let code = try read("Tests/PatientWalletTests/FirstRecord.swift")
        #expect(readme.contains("```swift\n\(code)```\n"))
        #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count < 30)
    }
}
