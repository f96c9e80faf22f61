package org.patientwallet

import java.io.File
import org.patientwallet.ffi.CancelToken
import org.patientwallet.ffi.Requester as Native

/**
 * Stands for the unlocked home of somebody who asks: a clinic, a specialist, an insurer.
 *
 * It is locked by [lock] or [close], or when it was left alone too long.
 */
public class Requester private constructor(
    private val native: Native,
    private val lane: Lane,
) : AutoCloseable {
    /** Locks: stops the call that runs, waits for that, and forgets every key. */
    public suspend fun lock(): Unit = lane.aside { native.lock() }

    /** Tells who it is. */
    public suspend fun profile(): Profile = call { it.profile() }

    /** Gives the contact: who it is, signed by itself. */
    public suspend fun contact(): ByteArray = call { it.contact() }

    /** Keeps what a directory says of it, to be shown with every request. */
    public suspend fun addCredential(credential: ByteArray): Unit =
        call { it.addCredential(credential) }

    /** Signs a request. */
    public suspend fun request(ask: Ask): ByteArray = call { it.request(ask) }

    /** Verifies a consent token with what is here, under the requester's own name for a patient. */
    public suspend fun verify(token: ByteArray, patient: String? = null): VerifiedConsent =
        call { it.verify(token, patient) }

    /** Takes in a denial, a revocation or a notice. */
    public suspend fun receive(envelope: ByteArray): Received =
        call { it.receive(envelope).translated() }

    /** Lists the consents that were received, the newest first. */
    public suspend fun consents(offset: ULong = 0u, limit: UInt = PAGE): HeldConsentPage =
        call { it.consents(offset, limit) }

    /** Checks a disclosure under its token to its end; that it is opened is not noted yet. */
    public fun check(
        token: ByteArray,
        file: File,
        patient: String? = null,
    ): Work<CheckedDisclosure> = Work { listener ->
        stoppable { requester, stop ->
            requester.check(token, file.absolutePath, patient, listener, stop)
        }
    }

    /**
     * Opens a disclosure under its token into a new folder: all of it or nothing.
     *
     * Once it is noted as opened it is written to its end, even when the coroutine is cancelled.
     */
    public fun open(
        token: ByteArray,
        file: File,
        folder: File,
        patient: String? = null,
    ): Work<OpenedDisclosure> = Work { listener ->
        val (from, into) = file.absolutePath to folder.absolutePath
        stoppable { requester, stop ->
            requester.open(token, from, into, patient, listener, stop)
        }
    }

    /** Lists the receipts that were not handed out yet, or with [again] all, the oldest first. */
    public suspend fun receipts(
        consent: String? = null,
        again: Boolean = false,
        offset: ULong = 0u,
        limit: UInt = PAGE,
    ): GivenReceiptPage = call { it.receipts(consent, again, offset, limit) }

    /** Notes that receipts were handed out. */
    public suspend fun markGiven(receipts: List<String>): Unit = call { it.markGiven(receipts) }

    /** Signs a receipt of a further access; no record named stands for all under the consent. */
    public suspend fun noteAccess(
        consent: String,
        byMachine: Boolean = false,
        records: List<String> = emptyList(),
        purpose: Purpose? = null,
        person: String? = null,
    ): GivenReceipt = call { it.noteAccess(consent, byMachine, records, purpose, person) }

    /** Takes in a patient's notice: a correction is answered, a wish to erase is noted. */
    public suspend fun applyNotice(envelope: ByteArray): AppliedNotice =
        call { it.applyNotice(envelope) }

    /** Erases what was opened under a consent, with the keys, and signs that it is gone. */
    public suspend fun eraseCopies(consent: String): ErasedCopies =
        call { it.eraseCopies(consent) }

    /** Signs once more that what was opened under a consent was erased. */
    public suspend fun erasureStatement(consent: String): ByteArray =
        call { it.erasureStatement(consent) }

    /** Locks, off the caller's thread; the home's next call waits for that. */
    override fun close(): Unit = lane.later { native.end() }

    /** Tells nothing. */
    override fun toString(): String = "Requester(..)"

    private suspend fun <T> call(work: (Native) -> T): T = lane.call { work(native) }

    private suspend fun <T> stoppable(work: (Native, CancelToken) -> T): T =
        lane.stoppable { token -> call { work(it, token) } }

    /** Makes and opens homes of requesters; each is in a folder of its own, named by a wallet. */
    public companion object {
        /** Makes a home for a requester in an empty place. */
        public suspend fun create(
            wallet: Wallet,
            passphrase: Secret,
            name: String,
            requesterClass: RequesterClass,
        ): Requester = passphrase.spend { typed ->
            make(wallet) { Native.create(it, typed, name, requesterClass) }
        }

        /** Makes a home for a requester from words that were kept elsewhere first. */
        public suspend fun createFrom(
            wallet: Wallet,
            words: Secret,
            passphrase: Secret,
            name: String,
            requesterClass: RequesterClass,
        ): Requester = words.spend { read ->
            passphrase.spend { typed ->
                make(wallet) { Native.createFrom(it, read, typed, name, requesterClass) }
            }
        }

        /** Opens the home of a requester. */
        public suspend fun unlock(wallet: Wallet, passphrase: Secret): Requester =
            passphrase.spend { typed -> make(wallet) { Native.unlock(it, typed) } }

        private suspend fun make(
            wallet: Wallet,
            work: (org.patientwallet.ffi.Wallet) -> Native,
        ): Requester = Requester(wallet.make({ it.end() }, work), wallet.lane)
    }
}

private fun Native.end() = try {
    lock()
} finally {
    destroy()
}
