package org.patientwallet

import org.patientwallet.ffi.CancelToken
import org.patientwallet.ffi.Session as Native

/**
 * Stands for an unlocked wallet: locked by [lock] or [close], or when it was left alone too long.
 *
 * What can be done with it stands in `Records`, `Files`, `Consents`, `Log` and `Backup`. Each call
 * is one transaction; calls of several coroutines take turns.
 */
public class Session internal constructor(
    private val native: Native,
    private val lane: Lane,
) : AutoCloseable {
    /** Locks: stops the call that runs, waits for that, and forgets every key. */
    public suspend fun lock(): Unit = lane.aside { native.lock() }

    /** Tells whether it is locked, without waiting for a call that runs. */
    public suspend fun isLocked(): Boolean = unlessClosed { native.isLocked() }

    /** Locks when nothing was asked for too long, and tells whether it is locked: for a timer. */
    public suspend fun lockIfDue(): Boolean = unlessClosed { native.lockIfDue() }

    /** Lets go of the files, so that another process may have the wallet, and keeps the keys. */
    public suspend fun suspend(): Unit = call { it.suspend() }

    /** Takes the files again. */
    public suspend fun resume(): Unit = call { it.resume() }

    /** Tells how the wallet stands. */
    public suspend fun status(): Status = call { it.status() }

    /** Tells what was found wrong when the wallet was opened; none for a whole one. */
    public suspend fun faults(offset: ULong = 0u, limit: UInt = PAGE): FaultPage =
        call { it.faults(offset, limit) }

    /** Looks at every byte of the wallet. */
    public fun verify(): Work<Verification> =
        Work { listener -> stoppable { session, token -> session.verify(listener, token) } }

    /** Locks, off the caller's thread; the wallet's next call waits for that. */
    override fun close(): Unit = lane.later { native.end() }

    /** Tells nothing. */
    override fun toString(): String = "Session(..)"

    internal suspend fun <T> call(work: (Native) -> T): T = lane.call { work(native) }

    internal suspend fun <T> aside(work: (Native) -> T): T = lane.aside { work(native) }

    internal suspend fun <T> stoppable(work: (Native, CancelToken) -> T): T =
        lane.stoppable { token -> call { work(it, token) } }

    private suspend fun unlessClosed(look: () -> Boolean): Boolean =
        try {
            lane.aside(look)
        } catch (_: WalletException.Locked) {
            true
        }
}

/** Items of a page, unless a caller wants another number. */
internal const val PAGE: UInt = 100u

/** Locks and frees. */
internal fun Native.end() = try {
    lock()
} finally {
    destroy()
}
