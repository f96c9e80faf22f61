import Foundation
import PatientWallet
import Testing

/// A folder of its own for one test, with a clock and a keystore that the test holds.
final class Stage: Sendable {
    let folder: URL
    let clock = FixedClock()
    private let keystores = Shared<[String: FakeKeystore]>([:])

    init() throws {
        let name = "stage-\(UUID().uuidString)"
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ name: String) -> URL {
        folder.appending(path: name)
    }

    /// Gives the keystore of a home: one device for each.
    func keystore(_ home: String = "home") -> FakeKeystore {
        keystores.with { keystores in
            if let keystore = keystores[home] { return keystore }
            let keystore = FakeKeystore()
            keystores[home] = keystore
            return keystore
        }
    }

    /// Names a wallet in the folder, with key derivation at the floor.
    func wallet(_ home: String = "home") throws -> Wallet {
        try Wallet(folder: path(home), keystore: keystore(home), clock: clock, options: .floor)
    }

    /// Copies the files of a home; its device is not copied.
    func copy(_ home: String, to other: URL) throws {
        try FileManager.default.copyItem(at: path(home), to: other)
    }

    /// Lets the device of a home hold what another one holds now.
    func copyKeystore(_ home: String, to other: String) {
        let held = keystore(home).state.now
        keystore(other).state.with { $0 = held }
    }

    /// Makes a wallet and opens it.
    func session(_ home: String = "home") async throws -> Session {
        try await wallet(home).create(passphrase(), words: .twelve)
    }

    /// Makes a wallet with the record of the stories.
    func told(_ home: String = "home") async throws -> Session {
        let session = try await session(home)
        let report = try await session.importFile(Examples.file("data/patient.json")).value
        try #require(report.refused.total == 0)
        return session
    }

    func write(_ name: String, _ text: String) throws -> URL {
        let file = path(name)
        try Data(text.utf8).write(to: file)
        return file
    }
}

extension WalletOptions {
    static let floor = WalletOptions(kdf: KdfCost(memoryKib: 19 * 1024, passes: 2))
}

/// A fresh copy of the passphrase of every home: a call spends it.
func passphrase() -> Secret { Secret("only to try this out") }

/// The stories' inputs and expected facts.
enum Examples {
    static func file(_ name: String) throws -> URL {
        let folder = try #require(ProcessInfo.processInfo.environment["WALLET_EXAMPLES"])
        return URL(filePath: folder).appending(path: name)
    }

    static func story<Story: Decodable>(_ name: String) throws -> Story {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Story.self, from: Data(contentsOf: file("stories/\(name).json")))
    }
}

/// Text that must not come out anywhere: ios/test.sh searches everything that was printed.
func marked() throws -> String {
    try #require(ProcessInfo.processInfo.environment["WALLET_MARK"])
}

/// Seconds since 1970 of a moment in RFC 3339.
func seconds(_ moment: String) throws -> UInt64 {
    UInt64(try Date(moment, strategy: .iso8601).timeIntervalSince1970)
}

/// A value that threads share.
final class Shared<Value: Sendable>: @unchecked Sendable {
    private var value: Value
    private let lock = NSLock()

    init(_ value: Value) { self.value = value }

    func with<Answer>(_ body: (inout Value) throws -> Answer) rethrows -> Answer {
        try lock.withLock { try body(&value) }
    }

    var now: Value { with { $0 } }
}

/// Holds threads until a test lets them go on, a minute at most.
final class Gate: Sendable {
    private let state = NSCondition()
    private let told = Shared((reached: false, isOpen: false, gaveUp: false))

    var gaveUp: Bool { told.now.gaveUp }

    /// Is called by what is held.
    func pass() {
        let end = Date(timeIntervalSinceNow: 60)
        told.with { $0.reached = true }
        state.withLock {
            while !told.now.isOpen {
                if !state.wait(until: end) { told.with { $0 = (true, true, true) } }
            }
        }
    }

    func reached() async throws {
        while !told.now.reached { try await Task.sleep(for: .milliseconds(1)) }
    }

    func open() {
        state.withLock {
            told.with { $0.isOpen = true }
            state.broadcast()
        }
    }
}

/// A clock that stands until somebody sets it.
final class FixedClock: WalletClock {
    struct Stopped: Error {}
    private let time = Shared(
        (now: UInt64(1_743_588_000), monotonicMs: UInt64(1_000), fails: false))
    private let gate = Shared<Gate?>(nil)

    func now() throws -> UInt64 { try told().now }
    func monotonicMs() throws -> UInt64 { try told().monotonicMs }

    /// Sets the time of day; the other clock goes on with it.
    func set(_ moment: String) throws {
        let to = try seconds(moment)
        time.with {
            $0.monotonicMs += 1
            $0.now = to
        }
    }

    func sleep(ms: UInt64) { time.with { $0.monotonicMs += ms } }
    func fail(_ fails: Bool = true) { time.with { $0.fails = fails } }

    /// Lets whoever asks wait at a gate.
    func hold(_ gate: Gate) { self.gate.with { $0 = gate } }

    private func told() throws -> (now: UInt64, monotonicMs: UInt64, fails: Bool) {
        gate.now?.pass()
        let told = time.now
        if told.fails { throw Stopped() }
        return told
    }
}

/// A keystore in memory that can be told to refuse.
final class FakeKeystore: Keystore {
    struct State: Sendable {
        var items: [String: Data] = [:]
        var prompted: Set<String> = []
        var refusal: KeystoreError?
        /// Only items for which a prompt is shown refuse.
        var onlyPrompts = false
        var gate: Gate?
        var calls = 0
    }
    let state = Shared(State())

    func put(_ secret: Data, named name: String, policy: KeystorePolicy) throws(KeystoreError) {
        try answer(policy == .userPresence)
        state.with {
            $0.items[name] = secret
            if policy == .userPresence { $0.prompted.insert(name) }
        }
    }

    func get(_ name: String) throws(KeystoreError) -> Data {
        try answer(state.now.prompted.contains(name))
        guard let item = state.now.items[name] else { throw .missing }
        return item
    }

    func delete(_ name: String) throws(KeystoreError) {
        try answer(false)
        state.with { $0.items[name] = nil }
    }

    func refuse(_ refusal: KeystoreError?, onlyPrompts: Bool = false) {
        state.with {
            $0.refusal = refusal
            $0.onlyPrompts = onlyPrompts
        }
    }

    private func answer(_ isPrompt: Bool) throws(KeystoreError) {
        let told = state.with { state in
            state.calls += 1
            return state
        }
        told.gate?.pass()
        if let refusal = told.refusal, isPrompt || !told.onlyPrompts { throw refusal }
    }
}

/// Gives the error that a call must end with.
func refusal(
    _ location: SourceLocation = #_sourceLocation,
    of call: () async throws -> Any
) async throws -> WalletError {
    do {
        _ = try await call()
    } catch let error as WalletError {
        return error
    }
    try #require(Bool(false), "the call was not refused", sourceLocation: location)
    return .broken
}

/// Gives every record that a query finds, page by page.
func everything(_ session: Session, _ query: Query = Query()) async throws -> [Record] {
    var (found, next): ([Record], UInt64?) = ([], 0)
    while let offset = next {
        let page = try await session.find(query.page(at: offset, limit: 50))
        found += page.items
        next = page.next
    }
    return found
}

/// Gives the record with the reference of its source.
func record(_ session: Session, _ reference: String) async throws -> Record {
    let all = try await everything(session)
    return try #require(all.first { $0.reference == reference })
}

extension Query {
    func page(at offset: UInt64, limit: UInt32) -> Query {
        Query(
            category: category, label: label, unclassified: unclassified, system: system,
            code: code, since: since, until: until, text: text, offset: offset, limit: limit)
    }
}
