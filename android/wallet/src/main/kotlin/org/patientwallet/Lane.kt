package org.patientwallet

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit.SECONDS
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import org.patientwallet.ffi.CancelToken

/**
 * Runs the calls of one wallet one after the other, on a thread of its own.
 *
 * The thread is there while there is work and a second more, so nobody has to end it. A lock
 * goes beside the lane: it must not wait in line behind the call that it stops.
 */
internal class Lane {
    private val thread =
        ThreadPoolExecutor(1, 1, IDLE_SECONDS, SECONDS, LinkedBlockingQueue()) { work ->
            Thread(null, work, "patient-wallet", STACK_BYTES).apply { isDaemon = true }
        }.apply { allowCoreThreadTimeOut(true) }
    private val dispatcher = thread.asCoroutineDispatcher()
    private val turn = Mutex()
    private val background = CoroutineScope(SupervisorJob() + Dispatchers.IO)
    private val closings = ConcurrentHashMap.newKeySet<Job>()

    /** Within a call: what a keystore handed over in it. */
    private val lent = ThreadLocal<MutableList<ByteArray>>()

    /** Does one call when its turn has come. */
    suspend fun <T> call(work: () -> T): T {
        // From inside a callback its turn would never come: the library says so itself.
        if (lent.get() != null) return translated(work)
        closings.joinAll()
        // Who waits here can be cancelled at once; in the thread's own line nobody could.
        return turn.withLock { withContext(dispatcher) { entered(work) } }
    }

    /** Does a call that makes something; what nobody waits for any more is discarded. */
    suspend fun <T : Any> make(discard: (T) -> Unit, work: () -> T): T {
        var made: T? = null
        try {
            return call { work().also { made = it } }
        } catch (failure: Throwable) {
            made?.let { aside { discard(it) } }
            throw failure
        }
    }

    /** Does a call that is stopped when the coroutine is; it ends before the coroutine does. */
    suspend fun <T> stoppable(work: suspend (CancelToken) -> T): T {
        val token = translated { CancelToken() }
        try {
            return coroutineScope {
                val watch = launch(Dispatchers.Unconfined) {
                    try {
                        awaitCancellation()
                    } finally {
                        token.cancel()
                    }
                }
                try {
                    work(token)
                } finally {
                    watch.cancel()
                }
            }
        } catch (stopped: WalletException.Cancelled) {
            // Whoever cancelled the coroutine gets to hear it in the language of coroutines.
            currentCoroutineContext().ensureActive()
            throw stopped
        } finally {
            token.destroy()
        }
    }

    /** Does something at once, whatever the lane is doing, even in a cancelled coroutine. */
    suspend fun <T> aside(work: () -> T): T {
        if (lent.get() != null) return translated(work)
        return withContext(NonCancellable + Dispatchers.IO) { entered(work) }
    }

    /** Does something off the caller's thread; the next call waits for it. */
    fun later(work: () -> Unit) {
        val closing = background.launch { runCatching { entered(work) } }
        closings += closing
        closing.invokeOnCompletion { closings -= closing }
    }

    /** Wipes something when the call ends that runs on this thread. */
    fun wipeLater(bytes: ByteArray) {
        lent.get()?.add(bytes)
    }

    private fun <T> entered(work: () -> T): T {
        val lent = mutableListOf<ByteArray>()
        this.lent.set(lent)
        try {
            return translated(work)
        } finally {
            this.lent.remove()
            lent.forEach { it.fill(0) }
        }
    }

    private companion object {
        const val IDLE_SECONDS = 1L

        /** Debug builds of the library want more than a thread's usual half megabyte. */
        const val STACK_BYTES = 4L * 1024 * 1024
    }
}
