import Foundation
import PatientWallet
import Testing

/// What one language made, every other opens: tools/exchange.sh calls this twice.
struct ExchangeTests {
    private static let make = ProcessInfo.processInfo.environment["WALLET_EXCHANGE_MAKE"]
    private static let open = ProcessInfo.processInfo.environment["WALLET_EXCHANGE_OPEN"]

    struct Facts: Codable {
        let language, clinicName, clinicPassphrase, words, consentId: String
        let released: [String]
        let records: UInt64
    }

    @Test(.enabled(if: make != nil)) func makesWhatOthersOpen() async throws {
        let folder = URL(filePath: try #require(Self.make))
        let stage = try Stage()
        try stage.clock.set("2025-04-07T09:00:00Z")
        let asker = Asker(name: "Clinic of swift", class: "clinician")
        let clinic = try await stage.requester("clinic", asker)
        let ask = Ask(
            purpose: .treatment, categories: [.laboratory], seconds: try duration("30d"),
            retainSeconds: try duration("30d"))
        let request = try await clinic.request(ask)
        try await clinic.lock()
        try stage.copy("clinic", to: folder.appending(path: "clinic"))
        let items = stage.keystore("clinic").state.now.items.mapValues(hex)
        try JSONEncoder().encode(items).write(to: folder.appending(path: "clinic.keystore.json"))

        let patient = try await stage.told()
        let item = try await patient.receiveRequest(request)
        let terms = Narrowing(only: [.laboratory], seconds: try duration("7d"))
        let review = try await patient.review(item.id, narrowing: terms)
        let references = try await released(patient, review).compactMap(\.reference).sorted()
        let disclosure = folder.appending(path: "disclosure.pmw")
        let approved = try await patient.approve(review.digest, to: disclosure).value
        let checkpoint = try await patient.checkpoint()
        let proof = try await patient.prove(1)
        _ = try await patient.backup(
            to: folder.appending(path: "backup.pmw"), with: .passphrase(passphrase())
        ).value
        let revoked = try await patient.revoke([approved.consent.id])
        let written = [
            "request.pmw": request, "token.pmw": approved.token, "checkpoint.pmw": checkpoint,
            "proof.pmw": proof, "revocation.pmw": try #require(revoked.first).envelope,
            "token.txt": Data(try Envelope.text(of: approved.token).utf8),
        ]
        for (name, bytes) in written { try bytes.write(to: folder.appending(path: name)) }
        let words = try await patient.dangerousWords(with: .passphrase(passphrase()))
        let facts = Facts(
            language: "swift", clinicName: asker.name,
            clinicPassphrase: passphrase().withBytes { String(decoding: $0, as: UTF8.self) },
            words: words.withBytes { String(decoding: $0, as: UTF8.self) },
            consentId: approved.consent.id, released: references, records: 198)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try encoder.encode(facts).write(to: folder.appending(path: "facts.json"))
    }

    @Test(.enabled(if: open != nil)) func opensWhatOthersMade() async throws {
        let folder = URL(filePath: try #require(Self.open))
        let languages = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(languages.contains("swift"))
        for language in languages {
            try await open(language, folder.appending(path: language))
        }
    }

    private func open(_ language: String, _ folder: URL) async throws {
        let stage = try Stage()
        try stage.clock.set("2025-04-07T10:00:00Z")
        let read = { (name: String) in try Data(contentsOf: folder.appending(path: name)) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let facts = try decoder.decode(Facts.self, from: read("facts.json"))

        let request = try read("request.pmw")
        let item = try await stage.session("fresh").receiveRequest(request)
        tell(
            language, "request",
            try Envelope.kind(of: request) == .request
                && item.who.name == facts.clinicName)

        let token = try read("token.pmw")
        try FileManager.default.copyItem(
            at: folder.appending(path: "clinic"), to: stage.path("clinic"))
        let items = try JSONDecoder().decode(
            [String: String].self, from: read("clinic.keystore.json"))
        let secrets = try items.mapValues(bytes)
        stage.keystore("clinic").state.with { $0.items = secrets }
        let clinic = try await Requester.unlock(
            stage.wallet("clinic"), passphrase: Secret(facts.clinicPassphrase))
        let verified = try await clinic.verify(token)
        tell(language, "token", verified.id == facts.consentId)

        let opened = stage.path("opened")
        let parts = try await clinic.open(
            folder.appending(path: "disclosure.pmw"), token: token, into: opened
        ).value
        tell(language, "disclosure", try references(parts, in: opened).sorted() == facts.released)

        _ = try await clinic.receive(read("revocation.pmw"))
        let refused = try await refusal { try await clinic.verify(token) }
        tell(language, "revocation", refused.code == "consent.revoked")

        let text = String(decoding: try read("token.txt"), as: UTF8.self)
        tell(language, "text", try Envelope.bytes(of: text) == token)

        let findings = try await Envelope.checkLogFiles([read("checkpoint.pmw"), read("proof.pmw")])
        tell(language, "log", findings.map(\.kind) == [.checkpoint, .entry(seq: 1)])

        let back = try await stage.wallet("back").restore(
            backup: folder.appending(path: "backup.pmw"), key: .words(Secret(facts.words)),
            passphrase: Secret("a new one")
        ).value
        let found = try await back.find(Query(text: "blood group")).items.map(\.reference)
        let count = try await back.status().records
        tell(language, "backup", count == facts.records && found == ["Observation/lab-blood-group"])
    }

    private func tell(_ language: String, _ what: String, _ holds: Bool) {
        #expect(holds, "\(language) \(what)")
        if holds { print("exchange \(language) \(what)") }
    }

    private func hex(_ data: Data) -> String {
        data.map { String(format: "%02x", $0) }.joined()
    }

    private func bytes(_ hex: String) throws -> Data {
        let digits = Array(hex)
        return Data(
            try stride(from: 0, to: digits.count - 1, by: 2).map {
                try #require(UInt8(String(digits[$0...($0 + 1)]), radix: 16))
            })
    }
}
