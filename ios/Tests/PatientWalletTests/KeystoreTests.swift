import Foundation
import PatientWallet
import Testing

/// A device whose keystore refuses, is slow, throws; a clock that stops; a defect inside.
struct KeystoreTests {
    @Test(arguments: [
        (KeystoreError.cancelled, WalletError.cancelled(code: "keystore.cancelled")),
        (.lockedOut, .keystoreUnavailable(code: "keystore.locked-out")),
        (.unavailable, .keystoreUnavailable(code: "keystore.unavailable")),
        (.invalidated, .keyInvalidated(code: "wallet.biometrics-lost")),
        (.missing, .keyInvalidated(code: "wallet.biometrics-lost")),
    ])
    func eachAnswerOfAPromptHasItsOwnError(told: KeystoreError, wanted: WalletError) async throws {
        let stage = try Stage()
        let session = try await stage.session()
        try await session.enableBiometrics(with: .passphrase(passphrase()))
        try await session.lock()
        stage.keystore().refuse(told, onlyPrompts: true)
        let error = try await refusal { try await stage.wallet().unlockWithBiometrics() }
        #expect(error == wanted)
        stage.keystore().refuse(nil)
        let again = try await stage.wallet().unlockWithBiometrics()
        try await again.disableBiometrics(with: .passphrase(passphrase()))
        try await again.lock()
        let none = try await refusal { try await stage.wallet().unlockWithBiometrics() }
        #expect(none == .keyInvalidated(code: "vault.no-such-slot"))
    }

    @Test func aKeystoreThatRefusesLeavesNoWallet() async throws {
        let stage = try Stage()
        stage.keystore().refuse(.unavailable)
        let error = try await refusal { try await stage.wallet().create(passphrase()) }
        #expect(error == .keystoreUnavailable(code: "keystore.unavailable"))
        stage.keystore().refuse(nil)
        #expect(try await stage.wallet().exists() == false)
        _ = try await stage.session()
    }

    @Test func whateverAKeystoreThrowsSaysNothing() async throws {
        let stage = try Stage()
        let keystore = Border.LoudKeystore(try marked())
        let wallet = try Border.wallet(stage.path("home"), keystore: keystore)
        do {
            _ = try wallet.create(passphrase: Data("x".utf8), words: .twelve)
            Issue.record("it was created")
        } catch Border.WalletError.KeystoreUnavailable(let code) {
            #expect(code == "keystore.unavailable")
        }
    }

    @Test func aSlowKeystoreHoldsUpOnlyItsOwnWallet() async throws {
        let stage = try Stage()
        try await stage.session("slow").lock()
        let quick = try await stage.session("quick")
        let gate = Gate()
        stage.keystore("slow").state.with { $0.gate = gate }
        async let slow = stage.wallet("slow").unlock(passphrase())
        try await gate.reached()
        for _ in 0..<5 { _ = try await quick.status() }
        gate.open()
        _ = try await slow
        #expect(!gate.gaveUp)
    }

    @Test func aClockThatStopsLocks() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        stage.clock.fail()
        let error = try await refusal { try await session.status() }
        #expect(error == .locked(code: "wallet.no-clock"))
        stage.clock.fail(false)
        let after = try await refusal { try await session.status() }
        #expect(after == .locked(code: "wallet.locked"))
        stage.clock.fail()
        let unlock = try await refusal { try await stage.wallet().unlock(passphrase()) }
        #expect(unlock == .locked(code: "wallet.no-clock"))
    }

    @Test func aSessionThatIsLeftAloneLocks() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        stage.clock.sleep(ms: 299_000)
        #expect(try await session.lockIfDue() == false)
        _ = try await session.status()
        stage.clock.sleep(ms: 300_000)
        #expect(try await session.isLocked())
        let after = try await refusal { try await session.status() }
        #expect(after.code == "wallet.locked")
    }

    @Test func aSuspendedSessionGoesOn() async throws {
        let stage = try Stage()
        let session = try await stage.session()
        try await session.suspend()
        let meanwhile = try await refusal { try await session.status() }
        #expect(meanwhile == .locked(code: "wallet.suspended"))
        try await session.resume()
        #expect(try await session.status().records == 0)
        #expect(try await session.clockLag() == 0)
        try await session.confirmClock()
    }

    @Test func theClockOfTheDeviceGoesOn() throws {
        let clock = DeviceClock()
        #expect(clock.now() > 1_700_000_000)
        let before = clock.monotonicMs()
        Thread.sleep(forTimeInterval: 0.02)
        #expect(clock.monotonicMs() >= before + 20)
    }
}
