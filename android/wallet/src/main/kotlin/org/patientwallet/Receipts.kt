package org.patientwallet

import java.io.File

/** A receipt or an erasure statement that a reader handed in. */
public typealias Receipt = org.patientwallet.ffi.Receipt

/** A page of what readers handed in, in the order of the accesses. */
public typealias ReceiptPage = org.patientwallet.ffi.ReceiptPage

/** What a reader did, as it signed. */
public typealias ReceiptAct = org.patientwallet.ffi.ReceiptAct

/** What came of one envelope that was handed in. */
public typealias AddedReceipt = org.patientwallet.ffi.AddedReceipt

/** What came of comparing what readers signed with what was given. */
public typealias Reconciliation = org.patientwallet.ffi.Reconciliation

/** Something that the patient should look at. */
public typealias Flagged = org.patientwallet.ffi.Flagged

/** A page of what the patient should look at, the latest first. */
public typealias FlaggedPage = org.patientwallet.ffi.FlaggedPage

/** What a flag is about. */
public typealias FlaggedAbout = org.patientwallet.ffi.FlaggedAbout

/** Why somebody should look. */
public typealias Flag = org.patientwallet.ffi.Flag

/** What is wrong. */
public typealias FlagKind = org.patientwallet.ffi.FlagKind

/** One line of the log of accesses. */
public typealias AccessLine = org.patientwallet.ffi.AccessLine

/** A page of the log of accesses, the latest first. */
public typealias AccessLinePage = org.patientwallet.ffi.AccessLinePage

/** How a record was read. */
public typealias LineKind = org.patientwallet.ffi.LineKind

/** Every disclosure of a time. */
public typealias Accounting = org.patientwallet.ffi.Accounting

/** One disclosure of an accounting. */
public typealias Accounted = org.patientwallet.ffi.Accounted

/** A page of disclosures. */
public typealias AccountedPage = org.patientwallet.ffi.AccountedPage

/** How an accounting is written. */
public typealias AccountingFormat = org.patientwallet.ffi.AccountingFormat

/** A notice that was signed for a reader, and what came of it. */
public typealias Notice = org.patientwallet.ffi.Notice

/** A page of notices, the newest first. */
public typealias NoticePage = org.patientwallet.ffi.NoticePage

/** What a patient tells a reader. */
public typealias NoticeKind = org.patientwallet.ffi.NoticeKind

/** What a reader owes to erase. */
public typealias OwedErasure = org.patientwallet.ffi.OwedErasure

/** A page of what readers owe to erase, what they owe longest first. */
public typealias OwedErasurePage = org.patientwallet.ffi.OwedErasurePage

/** Somebody who was given a record under a consent. */
public typealias Holder = org.patientwallet.ffi.Holder

/** A page of holders, the latest first. */
public typealias HolderPage = org.patientwallet.ffi.HolderPage

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
