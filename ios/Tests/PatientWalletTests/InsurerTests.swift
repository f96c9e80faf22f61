import Foundation
import PatientWallet
import Testing

/// The insurer: a standing rule outranks whatever is approved later.
struct InsurerTests {
    @Test func aRuleOutranksAnApproval() async throws {
        let stage = try Stage()
        let story: Story = try Examples.story("insurer")
        try stage.clock.set("2025-06-16T08:00:00Z")
        let patient = try await stage.told()
        let insurer = try await stage.requester("insurer", story.vouched)
        try await stage.vouched(insurer, story.vouched, by: story.directory, believedBy: patient)
        let item = try await patient.receiveRequest(insurer.request(story.request.ask))
        #expect(kebab(item.who.standing) == story.expect.standings[0])
        let label = try label(story.rule.label)
        let before = try await released(patient, patient.review(item.id))
        #expect(before.count { $0.labels.contains(label) } == story.expect.labelled)

        let rule = try await patient.addRule(
            for: requesterClass(story.rule.class), labels: [label])
        #expect(try await patient.rules().items == [rule])
        let review = try await patient.review(item.id)
        #expect(try await released(patient, review).allSatisfy { !$0.labels.contains(label) })
        let withheld = try await patient.withheld(review.digest, limit: 1000)
        #expect(withheld.items.count { $0.because.contains(.rule) } >= story.expect.ruled)
        let disclosure = stage.path("disclosure")
        let approved = try await patient.approve(review.digest, to: disclosure).value
        #expect(approved.released == review.released)
        #expect(approved.consent.denied.contains(label))
        let folder = stage.path("opened")
        _ = try await insurer.open(disclosure, token: approved.token, into: folder).value
        let here = try contents(of: folder) + contents(of: disclosure)
        for text in story.expect.never { #expect(here.range(of: Data(text.utf8)) == nil) }
        try await pretend(story, stage, patient)
    }

    /// The same insurer under another name, which nobody vouches for.
    private func pretend(_ story: Story, _ stage: Stage, _ patient: Session) async throws {
        let pretender = try await stage.requester("pretender", story.unvouched)
        let item = try await patient.receiveRequest(pretender.request(story.request.ask))
        #expect(kebab(item.who.standing) == story.expect.standings[1])
        #expect(item.who.requesterClass == nil)
        let label = try label(story.rule.label)
        let review = try await patient.review(item.id)
        #expect(try await released(patient, review).allSatisfy { !$0.labels.contains(label) })
        let denial = try await patient.deny(item.id, reason: "I do not know you")
        let received = try await pretender.receive(denial)
        guard case .denied(let request, _, let reason) = received else {
            Issue.record("it is no denial")
            return
        }
        #expect(request == item.id && reason == "I do not know you")
        let inbox = try await patient.inbox().items
        #expect(inbox.first { $0.id == item.id }?.state == .denied)
    }

    private struct Story: Decodable {
        struct Rule: Decodable { let `class`, label: String }
        struct Expect: Decodable {
            let labelled, ruled: Int
            let never, standings: [String]
        }
        let directory: String
        let rule: Rule
        let vouched, unvouched: Asker
        let request: Wish
        let expect: Expect
    }
}
