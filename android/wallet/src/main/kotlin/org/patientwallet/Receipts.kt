package org.patientwallet

import java.io.File

/** Takes in receipts and erasure statements, in any order and twice without harm. */
public suspend fun Session.addReceipts(envelopes: List<ByteArray>): List<AddedReceipt> =
    call { it.addReceipts(envelopes) }

/** Lists what readers handed in, about one consent or about all, in the order of the accesses. */
public suspend fun Session.receipts(
    consent: String? = null,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): ReceiptPage = call { it.receipts(consent, offset, limit) }

/** Compares what readers handed in with what was given: what the patient should look at. */
public suspend fun Session.reconcile(
    language: Language = Language.EN,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): Reconciliation = call { it.reconcile(language, offset, limit) }

/** Lists every access, the latest first: folded where nothing is wrong. */
public suspend fun Session.accesses(offset: ULong = 0u, limit: UInt = PAGE): AccessLinePage =
    call { it.accesses(offset, limit) }

/** Lists what was given from a moment until before another. */
public suspend fun Session.accounting(since: ULong, until: ULong): Accounting =
    call { it.accounting(since, until) }

/** Writes what was given from a moment until before another into a file, to be handed on. */
public suspend fun Session.writeAccounting(
    file: File,
    since: ULong,
    until: ULong,
    language: Language = Language.EN,
    format: AccountingFormat = AccountingFormat.HTML,
    replace: Boolean = false,
): Unit = call {
    it.writeAccounting(file.absolutePath, since, until, language, format, replace)
}

/** Lists the notices that were signed for readers, the newest first. */
public suspend fun Session.notices(offset: ULong = 0u, limit: UInt = PAGE): NoticePage =
    call { it.notices(offset, limit) }

/** Lists the records that a notice is about. */
public suspend fun Session.corrected(
    notice: String,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): IdPage = call { it.corrected(notice, offset, limit) }

/** Signs the wish that a reader erase what it opened under a consent. */
public suspend fun Session.askErasure(consent: String): Notice = call { it.askErasure(consent) }

/** Lists what readers owe to erase, what they owe longest first. */
public suspend fun Session.owedErasures(
    offset: ULong = 0u,
    limit: UInt = PAGE,
): OwedErasurePage = call { it.owedErasures(offset, limit) }

/** Lists who was given a record, under each consent, the latest first. */
public suspend fun Session.holders(
    record: String,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): HolderPage = call { it.holders(record, offset, limit) }
