package org.patientwallet

import java.io.File

/** Takes in a request: it waits in the inbox. */
public suspend fun Session.receiveRequest(envelope: ByteArray): InboxItem =
    call { it.receiveRequest(envelope) }

/** Lists the requests that came in, the newest first. */
public suspend fun Session.inbox(offset: ULong = 0u, limit: UInt = PAGE): InboxPage =
    call { it.inbox(offset, limit) }

/** Shows what an approval of a request would release: nothing is granted by it. */
public suspend fun Session.review(
    request: String,
    narrowing: Narrowing = Narrowing(),
    language: Language = Language.EN,
): Review = call { it.review(request, narrowing, language) }

/** Shows what an approval would release to whom a contact names, who did not ask. */
public suspend fun Session.reviewContact(
    contact: ByteArray,
    narrowing: Narrowing,
    language: Language = Language.EN,
): Review = call { it.reviewContact(contact, narrowing, language) }

/** Lists the records that a preview would release, the newest first. */
public suspend fun Session.released(
    digest: ByteArray,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): RecordPage = call { it.released(digest, offset, limit) }

/** Lists the files that would go with the records of a preview. */
public suspend fun Session.releasedFiles(
    digest: ByteArray,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): AttachmentPage = call { it.releasedFiles(digest, offset, limit) }

/** Lists the records that a preview would not release, with the reasons. */
public suspend fun Session.withheld(
    digest: ByteArray,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): WithheldPage = call { it.withheld(digest, offset, limit) }

/** Signs what was reviewed and writes the disclosure into a new file. */
public fun Session.approve(digest: ByteArray, file: File): Work<Approved> = Work { listener ->
    stoppable { session, token -> session.approve(digest, file.absolutePath, listener, token) }
}

/** Denies a request and gives the signed denial. */
public suspend fun Session.deny(request: String, reason: String? = null): ByteArray =
    call { it.deny(request, reason) }

/** Lists the consents that were given, the newest first. */
public suspend fun Session.consents(offset: ULong = 0u, limit: UInt = PAGE): ConsentPage =
    call { it.consents(offset, limit) }

/** Lists the records that somebody holds under a consent. */
public suspend fun Session.heldUnder(
    consent: String,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): IdPage = call { it.heldUnder(consent, offset, limit) }

/** Shows what is new under a consent since the last disclosure. */
public suspend fun Session.reviewRefresh(consent: String): Refreshment =
    call { it.reviewRefresh(consent) }

/** Writes what is new under a consent into a new file. */
public fun Session.refresh(consent: String, digest: ByteArray, file: File): Work<Approved> =
    Work { listener ->
        stoppable { session, token ->
            session.refresh(consent, digest, file.absolutePath, listener, token)
        }
    }

/** Shows what was disclosed under a consent, to be given once more. */
public suspend fun Session.reviewAgain(consent: String): Refreshment =
    call { it.reviewAgain(consent) }

/** Writes what was disclosed under a consent into a new file once more. */
public fun Session.discloseAgain(consent: String, digest: ByteArray, file: File): Work<Approved> =
    Work { listener ->
        stoppable { session, token ->
            session.discloseAgain(consent, digest, file.absolutePath, listener, token)
        }
    }

/** Takes consents back: one signed object for each requester. */
public suspend fun Session.revoke(consents: List<String>): List<Revoked> =
    call { it.revoke(consents) }

/** Takes every consent back. */
public suspend fun Session.revokeEverything(): List<Revoked> = call { it.revokeEverything() }

/** Makes a standing rule that denies labels and categories to a class, or to everybody. */
public suspend fun Session.addRule(
    requesterClass: RequesterClass? = null,
    labels: List<SensitivityLabel> = emptyList(),
    categories: List<RecordCategory> = emptyList(),
): Rule = call { it.addRule(requesterClass, labels, categories) }

/** Lists the standing rules. */
public suspend fun Session.rules(offset: ULong = 0u, limit: UInt = PAGE): RulePage =
    call { it.rules(offset, limit) }

/** Drops a standing rule. */
public suspend fun Session.removeRule(id: String): Unit = call { it.removeRule(id) }

/** Believes a directory by its contact, or takes in what it has taken back. */
public suspend fun Session.trust(envelope: ByteArray): TrustedDirectory =
    call { it.trust(envelope) }

/** Lists the directories that the patient believes. */
public suspend fun Session.trusted(offset: ULong = 0u, limit: UInt = PAGE): DirectoryPage =
    call { it.trusted(offset, limit) }

/** Believes a directory no more. */
public suspend fun Session.distrust(id: String): Unit = call { it.distrust(id) }

/** Lists those to whom something was given or denied. */
public suspend fun Session.knownRequesters(
    offset: ULong = 0u,
    limit: UInt = PAGE,
): KnownRequesterPage = call { it.knownRequesters(offset, limit) }

/**
 * Tells by how many seconds the device's clock stands before the log's last entries; while it does,
 * the later time counts for consents.
 */
public suspend fun Session.clockLag(): ULong = call { it.clockLag() }

/** Says that the device's clock is right, and the log's time was ahead. */
public suspend fun Session.confirmClock(): Unit = call { it.confirmClock() }
