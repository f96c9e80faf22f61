package org.patientwallet

import org.patientwallet.ffi.Directory as Native

/**
 * Stands for the unlocked home of a directory: it vouches for requesters, and takes that back.
 *
 * It is locked by [lock] or [close], or when it was left alone too long.
 */
public class Directory private constructor(
    private val native: Native,
    private val lane: Lane,
) : AutoCloseable {
    /** Locks: stops the call that runs, waits for that, and forgets every key. */
    public suspend fun lock(): Unit = lane.aside { native.lock() }

    /** Tells its name. */
    public suspend fun name(): String = call { it.name() }

    /** Gives the contact that patients believe; it holds for a year. */
    public suspend fun contact(): ByteArray = call { it.contact() }

    /**
     * Vouches for the requester of a contact: gives the credential.
     *
     * The contact is its own word only. That name, class and key belong together is for whoever
     * calls this to have found out.
     */
    public suspend fun vouch(contact: ByteArray, vouch: Vouch): ByteArray =
        call { it.vouch(contact, vouch) }

    /** Takes a credential back, and gives the list that says so. */
    public suspend fun revoke(credential: String): ByteArray = call { it.revoke(credential) }

    /** Signs the list of credentials taken back, as of now. */
    public suspend fun list(): ByteArray = call { it.list() }

    /** Lists the credentials that were issued. */
    public suspend fun vouched(offset: ULong = 0u, limit: UInt = PAGE): VouchedPage =
        call { it.vouched(offset, limit) }

    /** Locks, off the caller's thread; the home's next call waits for that. */
    override fun close(): Unit = lane.later { native.end() }

    /** Tells nothing. */
    override fun toString(): String = "Directory(..)"

    private suspend fun <T> call(work: (Native) -> T): T = lane.call { work(native) }

    /** Makes and opens homes of directories; each is in a folder of its own, named by a wallet. */
    public companion object {
        /** Makes a home for a directory in an empty place. */
        public suspend fun create(wallet: Wallet, passphrase: Secret, name: String): Directory =
            passphrase.spend { typed -> make(wallet) { Native.create(it, typed, name) } }

        /** Makes a home for a directory from words that were kept elsewhere first. */
        public suspend fun createFrom(
            wallet: Wallet,
            words: Secret,
            passphrase: Secret,
            name: String,
        ): Directory = words.spend { read ->
            passphrase.spend { typed ->
                make(wallet) { Native.createFrom(it, read, typed, name) }
            }
        }

        /** Opens the home of a directory. */
        public suspend fun unlock(wallet: Wallet, passphrase: Secret): Directory =
            passphrase.spend { typed -> make(wallet) { Native.unlock(it, typed) } }

        private suspend fun make(
            wallet: Wallet,
            work: (org.patientwallet.ffi.Wallet) -> Native,
        ): Directory = Directory(wallet.make({ it.end() }, work), wallet.lane)
    }
}

private fun Native.end() = try {
    lock()
} finally {
    destroy()
}
