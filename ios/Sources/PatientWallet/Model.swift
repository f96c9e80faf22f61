import PatientWalletFFI

// The records and enums that cross, under this module's name: an app imports nothing else.

// MARK: - The wallet as a whole.

/// What an app may decide about its wallet.
public typealias WalletOptions = PatientWalletFFI.WalletOptions
/// Cost of one guess at a passphrase.
public typealias KdfCost = PatientWalletFFI.KdfCost
/// How many words a new wallet gets.
public typealias WordCount = PatientWalletFFI.WordCount
/// What a restoration may do to the wallet that is here.
public typealias Replace = PatientWalletFFI.Replace
/// How a wallet stands.
public typealias Status = PatientWalletFFI.Status
/// One way back to the records.
public typealias WayBack = PatientWalletFFI.WayBack
/// How the records come back.
public typealias Way = PatientWalletFFI.Way
/// Something that is not what was written.
public typealias Fault = PatientWalletFFI.Fault
/// A page of what is not what was written.
public typealias FaultPage = PatientWalletFFI.FaultPage
/// What a look at every byte has found.
public typealias Verification = PatientWalletFFI.Verification
/// A language that things are told in.
public typealias Language = PatientWalletFFI.Language
/// A page of ids.
public typealias IdPage = PatientWalletFFI.IdPage

// MARK: - Records.

/// What is known of the latest version of a record.
public typealias Record = PatientWalletFFI.Record
/// A page of records, the newest first.
public typealias RecordPage = PatientWalletFFI.RecordPage
/// One category of records; Objective-C has a `Category` of its own.
public typealias RecordCategory = PatientWalletFFI.Category
/// One kind of sensitive content.
public typealias SensitivityLabel = PatientWalletFFI.SensitivityLabel
/// A code with the text that came with it.
public typealias DisplayedCode = PatientWalletFFI.DisplayedCode
/// One version of a record with its content.
public typealias Resource = PatientWalletFFI.Resource
/// One version in the history of a record.
public typealias Version = PatientWalletFFI.Version
/// A page of the history of a record, first to last.
public typealias VersionPage = PatientWalletFFI.VersionPage
/// What to look for; what is not set admits everything.
public typealias Query = PatientWalletFFI.Query
/// What a patient writes down.
public typealias NewEntry = PatientWalletFFI.NewEntry
/// What a patient can enter.
public typealias AuthoredKind = PatientWalletFFI.AuthoredKind
/// How a file is taken in.
public typealias ImportOptions = PatientWalletFFI.ImportOptions
/// What came of a file.
public typealias ImportReport = PatientWalletFFI.ImportReport
/// An entry that could not be taken in.
public typealias RefusedEntry = PatientWalletFFI.RefusedEntry
/// A page of entries that could not be taken in.
public typealias RefusedPage = PatientWalletFFI.RefusedPage
/// How records are written out.
public typealias ExportFormat = PatientWalletFFI.ExportFormat
/// What was written out.
public typealias ExportReport = PatientWalletFFI.ExportReport
/// What was erased.
public typealias Erased = PatientWalletFFI.Erased

// MARK: - Files.

/// A file of a record.
public typealias Attachment = PatientWalletFFI.Attachment
/// A page of attachments.
public typealias AttachmentPage = PatientWalletFFI.AttachmentPage
/// What is attached.
public typealias NewAttachment = PatientWalletFFI.NewAttachment

// MARK: - Consents.

/// Who asks or reads.
public typealias Who = PatientWalletFFI.Who
/// How far an identity is proven, the least first.
public typealias Standing = PatientWalletFFI.Standing
/// What a requester is.
public typealias RequesterClass = PatientWalletFFI.RequesterClass
/// Why somebody reads.
public typealias Purpose = PatientWalletFFI.Purpose
/// What a reader promises besides.
public typealias ConsentFlags = PatientWalletFFI.ConsentFlags
/// Dates of records: from a second up to, but without, another.
public typealias DateRange = PatientWalletFFI.DateRange
/// What is asked.
public typealias RequestTerms = PatientWalletFFI.RequestTerms
/// How far a request has come.
public typealias RequestState = PatientWalletFFI.RequestState
/// A request that came in.
public typealias InboxItem = PatientWalletFFI.InboxItem
/// A page of the inbox, the newest first.
public typealias InboxPage = PatientWalletFFI.InboxPage
/// What the patient takes away from what was asked, or chooses when nobody asked.
public typealias Narrowing = PatientWalletFFI.Narrowing
/// Terms to begin with.
public typealias PresetTerms = PatientWalletFFI.PresetTerms
/// What an approval would do, before anything is signed.
public typealias Review = PatientWalletFFI.Review
/// The terms of a consent that may be signed.
public typealias GrantTerms = PatientWalletFFI.GrantTerms
/// A record that would not be released: for the patient's eyes only.
public typealias WithheldRecord = PatientWalletFFI.WithheldRecord
/// A page of records that would not be released.
public typealias WithheldPage = PatientWalletFFI.WithheldPage
/// Why a record is not released.
public typealias Because = PatientWalletFFI.Because
/// What an approval made.
public typealias Approved = PatientWalletFFI.Approved
/// A consent that was given.
public typealias Consent = PatientWalletFFI.Consent
/// A page of consents, the newest first.
public typealias ConsentPage = PatientWalletFFI.ConsentPage
/// How far a consent has come.
public typealias ConsentState = PatientWalletFFI.ConsentState
/// What would leave under a consent that was given.
public typealias Refreshment = PatientWalletFFI.Refreshment
/// What one requester gets to hear of consents that were taken back.
public typealias Revoked = PatientWalletFFI.Revoked
/// A standing rule: what a class of readers never sees, whatever is approved later.
public typealias Rule = PatientWalletFFI.Rule
/// A page of standing rules.
public typealias RulePage = PatientWalletFFI.RulePage
/// A directory that the patient believes.
public typealias TrustedDirectory = PatientWalletFFI.TrustedDirectory
/// A page of directories that the patient believes.
public typealias DirectoryPage = PatientWalletFFI.DirectoryPage
/// Somebody to whom something was given or denied.
public typealias KnownRequester = PatientWalletFFI.KnownRequester
/// A page of known requesters.
public typealias KnownRequesterPage = PatientWalletFFI.KnownRequesterPage
/// One row of the table of what a consent promises.
public typealias Kept = PatientWalletFFI.Kept
/// Who or what keeps a promise.
public typealias KeptBy = PatientWalletFFI.KeptBy

// MARK: - The log.

/// Which entries of the log; what is not set admits everything.
public typealias LogQuery = PatientWalletFFI.LogQuery
/// One page of the log, the latest entry first.
public typealias LogPage = PatientWalletFFI.LogPage
/// One entry of the log.
public typealias LogEntry = PatientWalletFFI.LogEntry
/// What happened.
public typealias AuditKind = PatientWalletFFI.AuditKind
/// Who did it; Swift has an `Actor` of its own.
public typealias LogActor = PatientWalletFFI.Actor
/// What one audit file shows.
public typealias LogFinding = PatientWalletFFI.LogFinding
/// What kind of proof an audit file is.
public typealias LogFindingKind = PatientWalletFFI.LogFindingKind

// MARK: - Backups.

/// What stands in a backup.
public typealias BackupReport = PatientWalletFFI.BackupReport
/// What a backup would bring back.
public typealias Rehearsal = PatientWalletFFI.Rehearsal

// MARK: - The other side.

/// Who a requester is, as it says.
public typealias Profile = PatientWalletFFI.Profile
/// What a requester asks for.
public typealias Ask = PatientWalletFFI.Ask
/// A consent that holds, and what is known of whoever gave it.
public typealias VerifiedConsent = PatientWalletFFI.VerifiedConsent
/// What a patient sent that is no consent.
public typealias Received = PatientWalletFFI.Received
/// A consent that a requester has received, as it stands here and now.
public typealias HeldConsent = PatientWalletFFI.HeldConsent
/// A page of consents that were received, the newest first.
public typealias HeldConsentPage = PatientWalletFFI.HeldConsentPage
/// A disclosure that was checked to its end; nothing of it is opened yet.
public typealias CheckedDisclosure = PatientWalletFFI.CheckedDisclosure
/// A disclosure that was opened into a folder.
public typealias OpenedDisclosure = PatientWalletFFI.OpenedDisclosure
/// A record or a file that was written.
public typealias OpenedPart = PatientWalletFFI.OpenedPart
/// A page of what was opened.
public typealias OpenedPartPage = PatientWalletFFI.OpenedPartPage
/// A receipt that a requester signed.
public typealias GivenReceipt = PatientWalletFFI.GivenReceipt
/// A page of receipts that a requester signed, the oldest first.
public typealias GivenReceiptPage = PatientWalletFFI.GivenReceiptPage
/// A patient's notice that was taken in.
public typealias AppliedNotice = PatientWalletFFI.AppliedNotice
/// What came of erasing what was opened under a consent.
public typealias ErasedCopies = PatientWalletFFI.ErasedCopies
/// Why copies have to be erased.
public typealias Owed = PatientWalletFFI.Owed
/// What a directory says of a requester.
public typealias Vouch = PatientWalletFFI.Vouch
/// A credential that was issued.
public typealias Vouched = PatientWalletFFI.Vouched
/// A page of credentials that were issued.
public typealias VouchedPage = PatientWalletFFI.VouchedPage
/// What is signed.
public typealias SignedKind = PatientWalletFFI.SignedKind
/// A QR code as modules, to be drawn with a quiet zone of four.
public typealias QrCode = PatientWalletFFI.QrCode
