package org.patientwallet

import java.util.concurrent.Executors
import kotlin.coroutines.EmptyCoroutineContext
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** Many callers, one wallet: calls take turns, a lock overtakes them, the end is the end. */
class ThreadsTest {
    @get:Rule val stage = Stage()

    @Test
    fun `eight threads at once`() = told {
        val session = stage.wallet().create(passphrase())
        Executors.newFixedThreadPool(THREADS).asCoroutineDispatcher().use { threads ->
            val ids = (1..THREADS).map { thread ->
                async(threads) {
                    (1..CALLS).map { call ->
                        val id = session.add(note("thread $thread call $call"))
                        assertEquals(id, session.record(id).id)
                        session.find(Query(text = "thread $thread")).items.single { it.id == id }.id
                    }
                }
            }.awaitAll().flatten()
            assertEquals(THREADS * CALLS, ids.toSet().size)
            assertEquals(ids.size.toULong(), session.status().records)
        }
        session.lock()
    }

    @Test
    fun `a lock overtakes the call that runs and those that wait`() = told {
        val session = stage.wallet().create(passphrase())
        val begun = CompletableDeferred<Unit>()
        val file = stage.file("many.ndjson").apply {
            bufferedWriter().use { out -> repeat(20_000) { out.appendLine(observation(it)) } }
        }
        val running = async(Dispatchers.Default) {
            refused<WalletException.Cancelled>("wallet.cancelled") {
                session.importFile(file).steps.collect { begun.complete(Unit) }
            }
        }
        begun.await()
        val waiting = async(Dispatchers.Default) {
            refused<WalletException.Locked>("wallet.locked") { session.add(note("too late")) }
        }
        assertFalse(session.isLocked())
        session.lock()
        assertTrue(session.isLocked())
        running.await()
        waiting.await()
        session.lock()
        refused<WalletException.Locked>("wallet.locked") { session.find() }
        stage.wallet().unlock(passphrase()).use { assertEquals(0uL, it.status().records) }
    }

    @Test
    fun `what is closed answers as what is locked`() = told {
        val wallet = stage.wallet()
        val session = wallet.create(passphrase())
        session.close()
        session.close()
        refused<WalletException.Locked>("wallet.locked") { session.status() }
        refused<WalletException.Locked>("wallet.locked") { session.verify().await() }
        assertTrue(session.isLocked() && session.lockIfDue())

        // Closing runs elsewhere, and the wallet's next call waits for it.
        repeat(5) { wallet.unlock(passphrase()).close() }
        val last = wallet.unlock(passphrase())
        wallet.close()
        wallet.close()
        refused<WalletException.Locked>("wallet.locked") { wallet.exists() }
        refused<WalletException.Locked>("wallet.locked") { wallet.unlock(passphrase()) }
        assertEquals(0uL, last.status().records)
        last.close()
    }

    @Test
    fun `homes of the other side end alike`() = told {
        val clinic = Requester.create(
            stage.wallet("clinic"),
            passphrase(),
            "Dr. Chen",
            RequesterClass.CLINICIAN,
        )
        val directory = Directory.create(stage.wallet("directory"), passphrase(), "Register")
        clinic.close()
        directory.lock()
        refused<WalletException.Locked>("wallet.locked") { clinic.profile() }
        refused<WalletException.Locked>("wallet.locked") { directory.name() }
        directory.close()
        refused<WalletException.Locked>("wallet.locked") { directory.name() }
        assertEquals("Register", Directory.unlock(stage.wallet("directory"), passphrase()).name())
    }

    @Test
    fun `a call from inside of a callback is refused, not stuck`() = told {
        val session = stage.wallet().create(passphrase())
        val answers = mutableListOf<String>()
        stage.keystore().before = { call, _ ->
            for (inner in listOf<suspend () -> Any>({ session.status() }, { session.lock() })) {
                val answer = runBlocking { runCatching { inner() } }.exceptionOrNull()
                answers += "$call ${answer?.javaClass?.simpleName} ${answer?.message}"
            }
        }
        session.enableBiometrics(typed())
        stage.keystore().before = { _, _ -> }
        assertTrue("put Busy wallet.busy" in answers)
        assertEquals(setOf("Busy wallet.busy"), answers.map { it.substringAfter(' ') }.toSet())
        assertEquals(0uL, session.status().records)
        session.lock()
    }

    @Test
    fun `whoever hears of progress may call`() = told {
        stage.wallet().create(passphrase()).use { session ->
            var heard = 0
            session.importFile(Stage.data("patient.json")).steps.collect {
                session.status()
                heard += 1
            }
            assertTrue(heard > 1)
        }
    }

    @Test
    fun `no call runs on the caller's thread`() = told {
        val asked = mutableSetOf<Thread>()
        stage.keystore().before =
            { _, _ -> synchronized(asked) { asked += Thread.currentThread() } }
        val wallet = stage.wallet()
        for (caller in listOf(EmptyCoroutineContext, Dispatchers.Unconfined)) {
            withContext(caller) {
                val callers = Thread.currentThread()
                if (wallet.exists()) {
                    wallet.unlock(passphrase()).lock()
                } else {
                    wallet.create(passphrase()).lock()
                }
                assertFalse(callers in asked)
            }
        }
        assertTrue(asked.any { it.name == "patient-wallet" })
    }

    @Test
    fun `a session left alone locks by itself`() = told {
        val session = stage.wallet(idleMs = 50u).create(passphrase())
        stage.clock.pass(49)
        assertFalse(session.lockIfDue())
        stage.clock.pass(1)
        assertTrue(session.lockIfDue())
        refused<WalletException.Locked>("wallet.locked") { session.status() }
    }

    @Test
    fun `a suspended session keeps its keys and lets another in`() = told {
        val session = stage.wallet().create(passphrase())
        refused<WalletException.Busy>("wallet.busy") { stage.wallet().unlock(passphrase()) }
        session.suspend()
        refused<WalletException.Locked>("wallet.suspended") { session.status() }
        session.resume()
        assertEquals(0uL, session.status().records)
        session.lock()
    }

    @Test
    fun `a coroutine that was cancelled can still lock`() = told {
        val session = stage.wallet().create(passphrase())
        val job = launch {
            try {
                kotlinx.coroutines.awaitCancellation()
            } finally {
                session.lock()
            }
        }
        testScheduler.runCurrent()
        job.cancel()
        job.join()
        assertTrue(session.isLocked())
    }

    private companion object {
        const val THREADS = 8
        const val CALLS = 25
    }
}
