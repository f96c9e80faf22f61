package org.patientwallet

import org.patientwallet.ffi.LogFinding as NativeFinding
import org.patientwallet.ffi.LogFindingKind as NativeKind
import org.patientwallet.ffi.Received as NativeReceived

// The wallet

/** What an app may decide about its wallet. */
public typealias WalletOptions = org.patientwallet.ffi.WalletOptions

/** Cost of one guess at a passphrase (Argon2id, RFC 9106). */
public typealias KdfCost = org.patientwallet.ffi.KdfCost

/** How many words a new wallet gets. */
public typealias WordCount = org.patientwallet.ffi.WordCount

/** What a restoration may do to the wallet that is here. */
public typealias Replace = org.patientwallet.ffi.Replace

// Session

/** How a wallet stands. */
public typealias Status = org.patientwallet.ffi.Status

/** One way back to the records. */
public typealias WayBack = org.patientwallet.ffi.WayBack

/** How the records come back. */
public typealias Way = org.patientwallet.ffi.Way

/** Something that is not what was written. */
public typealias Fault = org.patientwallet.ffi.Fault

/** A page of what is not what was written. */
public typealias FaultPage = org.patientwallet.ffi.FaultPage

/** What a look at every byte has found. */
public typealias Verification = org.patientwallet.ffi.Verification

/** A language that things are told in. */
public typealias Language = org.patientwallet.ffi.Language

// Records

/** A page of ids. */
public typealias IdPage = org.patientwallet.ffi.IdPage

/** What is known of the latest version of a record. */
public typealias Record = org.patientwallet.ffi.Record

/** A page of records, the newest first. */
public typealias RecordPage = org.patientwallet.ffi.RecordPage

/** Names one category of records. */
public typealias RecordCategory = org.patientwallet.ffi.Category

/** Names one kind of sensitive content. */
public typealias SensitivityLabel = org.patientwallet.ffi.SensitivityLabel

/** A code with the text that came with it. */
public typealias DisplayedCode = org.patientwallet.ffi.DisplayedCode

/** One version of a record with its content. */
public typealias Resource = org.patientwallet.ffi.Resource

/** One version in the history of a record. */
public typealias Version = org.patientwallet.ffi.Version

/** A page of the history of a record, first to last. */
public typealias VersionPage = org.patientwallet.ffi.VersionPage

/** What to look for; what is not set admits everything. */
public typealias Query = org.patientwallet.ffi.Query

/** What a patient writes down. */
public typealias NewEntry = org.patientwallet.ffi.NewEntry

/** What a patient can enter. */
public typealias AuthoredKind = org.patientwallet.ffi.AuthoredKind

/** How a file is taken in. */
public typealias ImportOptions = org.patientwallet.ffi.ImportOptions

/** What came of a file. */
public typealias ImportReport = org.patientwallet.ffi.ImportReport

/** An entry that could not be taken in. */
public typealias RefusedEntry = org.patientwallet.ffi.RefusedEntry

/** A page of entries that could not be taken in. */
public typealias RefusedPage = org.patientwallet.ffi.RefusedPage

/** How records are written out. */
public typealias ExportFormat = org.patientwallet.ffi.ExportFormat

/** What was written out. */
public typealias ExportReport = org.patientwallet.ffi.ExportReport

/** What was erased. */
public typealias Erased = org.patientwallet.ffi.Erased

// Files

/** A file of a record. */
public typealias Attachment = org.patientwallet.ffi.Attachment

/** A page of attachments. */
public typealias AttachmentPage = org.patientwallet.ffi.AttachmentPage

/** What is attached. */
public typealias NewAttachment = org.patientwallet.ffi.NewAttachment

// Consents

/** Who asks or reads. */
public typealias Who = org.patientwallet.ffi.Who

/** How far an identity is proven, the least first. */
public typealias Standing = org.patientwallet.ffi.Standing

/** What a requester is. */
public typealias RequesterClass = org.patientwallet.ffi.RequesterClass

/** Why somebody reads. */
public typealias Purpose = org.patientwallet.ffi.Purpose

/** What a reader promises besides. */
public typealias ConsentFlags = org.patientwallet.ffi.ConsentFlags

/** Dates of records: from a second up to, but without, another, since 1970 in UTC. */
public typealias DateRange = org.patientwallet.ffi.DateRange

/** What is asked. */
public typealias RequestTerms = org.patientwallet.ffi.RequestTerms

/** How far a request has come. */
public typealias RequestState = org.patientwallet.ffi.RequestState

/** A request that came in. */
public typealias InboxItem = org.patientwallet.ffi.InboxItem

/** A page of the inbox, the newest first. */
public typealias InboxPage = org.patientwallet.ffi.InboxPage

/** What the patient takes away from what was asked, or chooses when nobody asked. */
public typealias Narrowing = org.patientwallet.ffi.Narrowing

/** Terms to begin with. */
public typealias PresetTerms = org.patientwallet.ffi.PresetTerms

/** What an approval would do, before anything is signed. */
public typealias Review = org.patientwallet.ffi.Review

/** The terms of a consent that may be signed. */
public typealias GrantTerms = org.patientwallet.ffi.GrantTerms

/** A record that would not be released: for the patient's eyes only. */
public typealias WithheldRecord = org.patientwallet.ffi.WithheldRecord

/** A page of records that would not be released. */
public typealias WithheldPage = org.patientwallet.ffi.WithheldPage

/** Why a record is not released. */
public typealias Because = org.patientwallet.ffi.Because

/** What an approval made. */
public typealias Approved = org.patientwallet.ffi.Approved

/** A consent that was given. */
public typealias Consent = org.patientwallet.ffi.Consent

/** A page of consents, the newest first. */
public typealias ConsentPage = org.patientwallet.ffi.ConsentPage

/** How far a consent has come. */
public typealias ConsentState = org.patientwallet.ffi.ConsentState

/** What would leave under a consent that was given: its lists are asked for by its digest. */
public typealias Refreshment = org.patientwallet.ffi.Refreshment

/** What one requester gets to hear of consents that were taken back. */
public typealias Revoked = org.patientwallet.ffi.Revoked

/** A standing rule: what a class of readers never sees, whatever is approved later. */
public typealias Rule = org.patientwallet.ffi.Rule

/** A page of standing rules. */
public typealias RulePage = org.patientwallet.ffi.RulePage

/** A directory that the patient believes. */
public typealias TrustedDirectory = org.patientwallet.ffi.TrustedDirectory

/** A page of directories that the patient believes. */
public typealias DirectoryPage = org.patientwallet.ffi.DirectoryPage

/** Somebody to whom something was given or denied. */
public typealias KnownRequester = org.patientwallet.ffi.KnownRequester

/** A page of known requesters. */
public typealias KnownRequesterPage = org.patientwallet.ffi.KnownRequesterPage

/** One row of the table of what a consent promises: the approve screen shows it. */
public typealias Kept = org.patientwallet.ffi.Kept

/** Who or what keeps a promise. */
public typealias KeptBy = org.patientwallet.ffi.KeptBy

// Log

/** Which entries of the log; what is not set admits everything. */
public typealias LogQuery = org.patientwallet.ffi.LogQuery

/** One page of the log, the latest entry first. */
public typealias LogPage = org.patientwallet.ffi.LogPage

/** One entry of the log. */
public typealias LogEntry = org.patientwallet.ffi.LogEntry

/** What happened. */
public typealias AuditKind = org.patientwallet.ffi.AuditKind

/** Who did it. */
public typealias LogActor = org.patientwallet.ffi.Actor

/** What one file of a log shows. */
public data class LogFinding(
    /** What kind of proof it is. */
    public val kind: LogFindingKind,
    /** What it shows, in the language that was asked for. */
    public val sentence: String,
)

/** What kind of proof a file of a log is. */
public sealed class LogFindingKind {
    /** A key signed the state of a log. */
    public data object Checkpoint : LogFindingKind()

    /** An entry stands in a log whose state was signed. */
    public data class Entry(
        /** Its place in the log. */
        public val seq: ULong,
    ) : LogFindingKind()

    /** A log continues an earlier one. */
    public data class Continuation(
        /** Whether the wallet was restored in between. */
        public val restored: Boolean,
        /** Entries of the earlier log that the later one does not have. */
        public val missing: ULong,
    ) : LogFindingKind()

    /** A key signed that something was destroyed. */
    public data object Erasure : LogFindingKind()
}

// Backup

/** What stands in a backup. */
public typealias BackupReport = org.patientwallet.ffi.BackupReport

/** What a backup would bring back. */
public typealias Rehearsal = org.patientwallet.ffi.Rehearsal

// Requester

/** Who a requester is, as it says. */
public typealias Profile = org.patientwallet.ffi.Profile

/** What a requester asks for. */
public typealias Ask = org.patientwallet.ffi.Ask

/** A consent that holds, and what is known of whoever gave it. */
public typealias VerifiedConsent = org.patientwallet.ffi.VerifiedConsent

/** What a patient sent that is no consent. */
public sealed class Received {
    /** A request was denied. */
    public data class Denied(
        /** Which. */
        public val request: String,
        /** How far it is proven: `KNOWN` when the key that alone may answer has denied it. */
        public val standing: Standing,
        /** Why, when the patient says so. */
        public val reason: String?,
    ) : Received()

    /** Consents were taken back. */
    public data class Revoked(
        /** Whether another revocation under this key is known to be missing here. */
        public val hasGaps: Boolean,
    ) : Received()

    /** The patient corrected what was given, or wishes it erased. */
    public data class Noticed(
        /** What was taken in. */
        public val notice: AppliedNotice,
    ) : Received()
}

/** A consent that a requester has received, as it stands here and now. */
public typealias HeldConsent = org.patientwallet.ffi.HeldConsent

/** A page of consents that were received, the newest first. */
public typealias HeldConsentPage = org.patientwallet.ffi.HeldConsentPage

/** A disclosure that was checked to its end; nothing of it is opened yet. */
public typealias CheckedDisclosure = org.patientwallet.ffi.CheckedDisclosure

/** A disclosure that was opened into a folder. */
public typealias OpenedDisclosure = org.patientwallet.ffi.OpenedDisclosure

/** A record or a file that was written. */
public typealias OpenedPart = org.patientwallet.ffi.OpenedPart

/** A page of what was opened. */
public typealias OpenedPartPage = org.patientwallet.ffi.OpenedPartPage

/** A receipt that a requester signed. */
public typealias GivenReceipt = org.patientwallet.ffi.GivenReceipt

/** A page of receipts that a requester signed, the oldest first. */
public typealias GivenReceiptPage = org.patientwallet.ffi.GivenReceiptPage

/** A patient's notice that was taken in. */
public typealias AppliedNotice = org.patientwallet.ffi.AppliedNotice

/** What came of erasing what was opened under a consent. */
public typealias ErasedCopies = org.patientwallet.ffi.ErasedCopies

/** Why copies have to be erased. */
public typealias Owed = org.patientwallet.ffi.Owed

// Directory

/** What a directory says of a requester. */
public typealias Vouch = org.patientwallet.ffi.Vouch

/** A credential that was issued. */
public typealias Vouched = org.patientwallet.ffi.Vouched

/** A page of credentials that were issued. */
public typealias VouchedPage = org.patientwallet.ffi.VouchedPage

// Envelope

/** What is signed. */
public typealias SignedKind = org.patientwallet.ffi.SignedKind

/** A QR code as modules, to be drawn with a quiet zone of four. */
public typealias QrCode = org.patientwallet.ffi.QrCode

internal fun NativeReceived.translated(): Received = when (this) {
    is NativeReceived.Denied -> Received.Denied(request, standing, reason)
    is NativeReceived.Revoked -> Received.Revoked(hasGaps)
    is NativeReceived.Noticed -> Received.Noticed(notice)
}

internal fun NativeFinding.translated(): LogFinding = LogFinding(kind.translated(), sentence)

private fun NativeKind.translated(): LogFindingKind = when (this) {
    is NativeKind.Checkpoint -> LogFindingKind.Checkpoint
    is NativeKind.Entry -> LogFindingKind.Entry(seq)
    is NativeKind.Continuation -> LogFindingKind.Continuation(restored, missing)
    is NativeKind.Erasure -> LogFindingKind.Erasure
}
