import Foundation
import PatientWallet
import Testing

/// Somebody who asks for records, as the stories describe them.
struct Asker: Decodable {
    let name: String
    let `class`: String
}

/// What somebody asks for, as the stories describe it.
struct Wish: Decodable {
    let purpose: String
    let categories: String
    let `for`: String
    let text: String?

    var ask: Ask {
        get throws {
            Ask(
                purpose: try PatientWalletTests.purpose(purpose),
                categories: try categoriesAsked(categories), seconds: try duration(`for`),
                retainSeconds: try duration("30d"), text: text)
        }
    }
}

/// The patient's terms, as the stories describe them.
struct Terms: Decodable {
    let only: String
    let deny: String
    let `for`: String

    var narrowing: Narrowing {
        get throws {
            Narrowing(
                only: try categoriesAsked(only), deny: try labelsDenied(deny),
                seconds: try duration(`for`))
        }
    }
}

extension Stage {
    /// Makes a home for somebody who asks.
    func requester(_ home: String, _ asker: Asker) async throws -> Requester {
        try await Requester.create(
            in: wallet(home), passphrase: passphrase(), name: asker.name,
            class: requesterClass(asker.class))
    }

    /// Makes a directory that vouches for them, and lets the patient believe it.
    func vouched(
        _ requester: Requester, _ asker: Asker, by name: String, believedBy patient: Session
    ) async throws {
        let directory = try await Directory.create(
            in: wallet("directory"), passphrase: passphrase(), name: name)
        let vouch = Vouch(
            requesterClass: try requesterClass(asker.class), seconds: try duration("365d"))
        let credential = try await directory.vouch(for: requester.contact(), vouch)
        try await requester.addCredential(credential)
        _ = try await patient.trust(directory.contact())
        let believed = try await patient.trust(directory.list())
        #expect(!believed.isStale)
        #expect(believed.name == name)
        #expect(try await directory.vouched().items.map(\.name) == [asker.name])
        try await directory.lock()
    }
}

/// What a patient gave somebody, who opened it into a folder.
struct Given {
    let approved: Approved
    let folder: URL
    let opened: OpenedDisclosure

    var consent: String { approved.consent.id }
}

extension Stage {
    /// Lets a requester ask, the patient approve as it was asked, and the requester open that.
    func give(_ patient: Session, to requester: Requester, _ ask: Ask) async throws -> Given {
        let item = try await patient.receiveRequest(requester.request(ask))
        let review = try await patient.review(item.id)
        let (disclosure, folder) = (path("disclosure-\(item.id)"), path("opened-\(item.id)"))
        let approved = try await patient.approve(review.digest, to: disclosure).value
        let opened = try await requester.open(
            disclosure, token: approved.token, into: folder
        ).value
        return Given(approved: approved, folder: folder, opened: opened)
    }
}

/// Gives every record that a preview would release.
func released(_ session: Session, _ review: Review) async throws -> [Record] {
    let page = try await session.released(review.digest, limit: 1000)
    try #require(page.total == review.released && page.next == nil)
    return page.items
}

/// Reads the references of what was opened.
func references(_ opened: OpenedDisclosure, in folder: URL) throws -> Set<String> {
    struct Resource: Decodable { let resourceType, id: String }
    return Set(
        try opened.parts.items.map { part in
            let json = try Data(contentsOf: folder.appending(path: part.path))
            let resource = try JSONDecoder().decode(Resource.self, from: json)
            return "\(resource.resourceType)/\(resource.id)"
        })
}
