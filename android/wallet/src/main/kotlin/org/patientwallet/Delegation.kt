package org.patientwallet

import java.io.File

/** What a patient lets somebody do. */
public typealias Delegating = org.patientwallet.ffi.Delegating

/** Somebody who may act for the patient. */
public typealias Delegation = org.patientwallet.ffi.Delegation

/** A page of delegations, the oldest first. */
public typealias DelegationPage = org.patientwallet.ffi.DelegationPage

/** A delegation and the packet that carries it. */
public typealias Delegated = org.patientwallet.ffi.Delegated

/** How whoever acts stands to the patient. */
public typealias Relation = org.patientwallet.ffi.Relation

/** Something that somebody could do for a patient. */
public typealias ProxyAct = org.patientwallet.ffi.ProxyAct

/** A patient whom this wallet acts for. */
public typealias Entrusted = org.patientwallet.ffi.Entrusted

/** A page of patients whom this wallet acts for. */
public typealias EntrustedPage = org.patientwallet.ffi.EntrustedPage

/** A record of a patient whom this wallet acts for. */
public typealias EntrustedRecord = org.patientwallet.ffi.EntrustedRecord

/** A page of records of a patient whom this wallet acts for. */
public typealias EntrustedRecordPage = org.patientwallet.ffi.EntrustedRecordPage

/** What an approval in a patient's name would do, before anything is signed. */
public typealias ReviewFor = org.patientwallet.ffi.ReviewFor

/** A record of the patient that would not be released. */
public typealias WithheldFor = org.patientwallet.ffi.WithheldFor

/** A page of records that would not be released. */
public typealias WithheldForPage = org.patientwallet.ffi.WithheldForPage

/** A consent that was signed in a patient's name. */
public typealias ApprovedFor = org.patientwallet.ffi.ApprovedFor

/** Something that was signed in the patient's name, as it came in. */
public typealias DoneFor = org.patientwallet.ffi.DoneFor

/** Lets somebody act for the patient, and gives the packet for them. */
public suspend fun Session.delegate(delegating: Delegating): Delegated =
    call { it.delegate(delegating) }

/** Lists those who may act for the patient, the oldest first. */
public suspend fun Session.delegations(offset: ULong = 0u, limit: UInt = PAGE): DelegationPage =
    call { it.delegations(offset, limit) }

/** Gives the packet of a delegation anew, with the records as they are now. */
public suspend fun Session.delegationPacket(delegation: String): Delegated =
    call { it.delegationPacket(delegation) }

/** Ends that somebody acts for the patient: one signed object for each requester. */
public suspend fun Session.endDelegation(delegation: String): List<Revoked> =
    call { it.endDelegation(delegation) }

/** Takes in what somebody who acts for the patient reports; twice does no harm. */
public suspend fun Session.takeReport(report: ByteArray): List<DoneFor> =
    call { it.takeReport(report) }

/** Offers to act for a patient: gives the contact for them. */
public suspend fun Session.offerToAct(name: String): ByteArray = call { it.offerToAct(name) }

/** Takes in the packet that a patient handed over, or a newer one. */
public suspend fun Session.acceptDelegation(packet: ByteArray): Entrusted =
    call { it.acceptDelegation(packet) }

/** Lists the patients whom this wallet acts for. */
public suspend fun Session.entrusted(offset: ULong = 0u, limit: UInt = PAGE): EntrustedPage =
    call { it.entrusted(offset, limit) }

/** Demands that this wallet may do something for a patient now. */
public suspend fun Session.mayActFor(entrusted: String, act: ProxyAct): Unit =
    call { it.mayActFor(entrusted, act) }

/** Lists the records of a patient whom this wallet acts for, the newest first. */
public suspend fun Session.entrustedRecords(
    entrusted: String,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): EntrustedRecordPage = call { it.entrustedRecords(entrusted, offset, limit) }

/** Gives the FHIR JSON of a record of a patient whom this wallet acts for. */
public suspend fun Session.entrustedResource(entrusted: String, record: String): String =
    call { it.entrustedResource(entrusted, record) }

/** Shows what an approval in a patient's name would release: nothing is granted by it. */
public suspend fun Session.reviewFor(
    entrusted: String,
    request: ByteArray,
    narrowing: Narrowing = Narrowing(),
    language: Language = Language.EN,
): ReviewFor = call { it.reviewFor(entrusted, request, narrowing, language) }

/** Signs what was reviewed in a patient's name and writes the disclosure into a new file. */
public fun Session.approveFor(consent: String, file: File): Work<ApprovedFor> = Work { listener ->
    stoppable { session, token ->
        session.approveFor(consent, file.absolutePath, listener, token)
    }
}

/** Denies a request in a patient's name and gives the signed denial. */
public suspend fun Session.denyFor(
    entrusted: String,
    request: ByteArray,
    reason: String? = null,
): ByteArray = call { it.denyFor(entrusted, request, reason) }

/** Gives what was signed in a patient's name, sealed to the patient. */
public suspend fun Session.report(entrusted: String): ByteArray = call { it.report(entrusted) }
