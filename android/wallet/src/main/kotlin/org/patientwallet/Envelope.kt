package org.patientwallet

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.patientwallet.ffi.becauseName
import org.patientwallet.ffi.categoryName
import org.patientwallet.ffi.checkLogFiles as nativeCheckLogFiles
import org.patientwallet.ffi.consentStateName
import org.patientwallet.ffi.envelopeFromText
import org.patientwallet.ffi.envelopeKind
import org.patientwallet.ffi.envelopeToText
import org.patientwallet.ffi.generatePassphrase as nativeGeneratePassphrase
import org.patientwallet.ffi.keptByName
import org.patientwallet.ffi.keptTable as nativeKeptTable
import org.patientwallet.ffi.labelName
import org.patientwallet.ffi.presets as nativePresets
import org.patientwallet.ffi.purposeName
import org.patientwallet.ffi.qrCode as nativeQrCode
import org.patientwallet.ffi.requestStateName
import org.patientwallet.ffi.requesterClassName
import org.patientwallet.ffi.suggestWords as nativeSuggestWords

/** Knows what travels between wallets, and the words for what an app shows; it needs no wallet. */
public object Envelope {
    /** Tells what some bytes claim to be; `null` when they are no signed object. */
    public fun kind(envelope: ByteArray): SignedKind? = translated { envelopeKind(envelope) }

    /** Writes an envelope as text, as it stands in a QR code. */
    public fun text(envelope: ByteArray): String = translated { envelopeToText(envelope) }

    /** Reads an envelope out of its text. */
    public fun fromText(text: String): ByteArray = translated { envelopeFromText(text) }

    /** Draws the QR code of an envelope. */
    public suspend fun qrCode(envelope: ByteArray): QrCode = apart { nativeQrCode(envelope) }

    /**
     * Verifies files of a log: each by itself, and that no two contradict each other. The findings
     * stand in the order of the files.
     */
    public suspend fun checkLogFiles(
        files: List<ByteArray>,
        language: Language = Language.EN,
    ): List<LogFinding> = apart { nativeCheckLogFiles(files, language).map { it.translated() } }

    /** Draws an export passphrase of seven words. */
    public suspend fun generatePassphrase(): Secret =
        apart { Secret.of(nativeGeneratePassphrase()) }

    /** Suggests recovery words for the beginning of one. */
    public fun suggestWords(typed: String): List<String> =
        translated { nativeSuggestWords(typed) }

    /** Lists terms to begin with. */
    public fun presets(): List<PresetTerms> = translated { nativePresets() }

    /** Gives the table of what a consent promises, and who keeps it. */
    public fun keptTable(language: Language): List<Kept> =
        translated { nativeKeptTable(language) }

    /** Names who keeps a promise. */
    public fun name(by: KeptBy, language: Language): String =
        translated { keptByName(by, language) }

    /** Names a category. */
    public fun name(category: RecordCategory, language: Language): String =
        translated { categoryName(category, language) }

    /** Names a label. */
    public fun name(label: SensitivityLabel, language: Language): String =
        translated { labelName(label, language) }

    /** Names a purpose, as the end of a sentence. */
    public fun name(purpose: Purpose, language: Language): String =
        translated { purposeName(purpose, language) }

    /** Names what a requester is. */
    public fun name(requesterClass: RequesterClass, language: Language): String =
        translated { requesterClassName(requesterClass, language) }

    /** Tells why a record is not released. */
    public fun name(because: Because, language: Language): String =
        translated { becauseName(because, language) }

    /** Tells how far a consent has come. */
    public fun name(state: ConsentState, language: Language): String =
        translated { consentStateName(state, language) }

    /** Tells how far a request has come. */
    public fun name(state: RequestState, language: Language): String =
        translated { requestStateName(state, language) }

    private suspend fun <T> apart(work: () -> T): T =
        withContext(Dispatchers.Default) { translated(work) }
}
