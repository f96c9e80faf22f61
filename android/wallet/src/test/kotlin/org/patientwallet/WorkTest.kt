package org.patientwallet

import java.io.File
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** Long calls: progress in order, and a cancel that leaves nothing half-done. */
class WorkTest {
    @get:Rule val stage = Stage()

    @Test
    fun `progress comes in order, the result at last`() = told {
        stage.wallet().create(passphrase()).use { session ->
            val steps = session.importFile(many(1000)).steps.toList()
            val progress = steps.dropLast(1).map { (it as Step.Progress).progress }
            assertTrue(progress.size > 1)
            assertEquals(progress.sortedBy { it.done }, progress)
            assertEquals(1000uL, (steps.last() as Step.Done).value.new)
        }
    }

    @Test
    fun `nothing begins before somebody waits for it`() = told {
        stage.wallet().create(passphrase()).use { session ->
            val work = session.importFile(many(3))
            assertEquals(0uL, session.status().records)
            assertEquals(3uL, work.await().new)
            assertEquals(3uL, work.await().same)
        }
    }

    @Test
    fun `whoever stops listening stops the call`() = told {
        stage.wallet().create(passphrase()).use { session ->
            assertTrue(session.importFile(many(MANY)).steps.first() is Step.Progress)
            session.isEmptyAndSound()
            assertEquals(3uL, session.importFile(many(3)).await().new)
        }
    }

    @Test
    fun `a cancelled coroutine ends when the call has ended, as coroutines do`() = told {
        stage.wallet().create(passphrase()).use { session ->
            val begun = CompletableDeferred<Unit>()
            var ended: Throwable? = null
            val job = launch(Dispatchers.Default) {
                try {
                    session.importFile(many(MANY)).steps.collect { begun.complete(Unit) }
                } catch (end: Throwable) {
                    ended = end
                    throw end
                }
            }
            begun.await()
            job.cancelAndJoin()
            assertTrue("$ended", ended is CancellationException)
            session.isEmptyAndSound()
        }
    }

    @Test
    fun `a call that waits in line is not begun once it is cancelled`() = told {
        stage.wallet().create(passphrase()).use { session ->
            val begun = CompletableDeferred<Unit>()
            val first = launch(Dispatchers.Default) {
                session.importFile(many(MANY)).steps.collect { begun.complete(Unit) }
            }
            begun.await()
            val second = launch(Dispatchers.Default) { session.add(note("never")) }
            second.cancelAndJoin()
            // It did not have to wait for its turn to be told.
            assertTrue(first.isActive)
            first.cancelAndJoin()
            session.isEmptyAndSound()
        }
    }

    @Test
    fun `a cancelled export, backup or attachment leaves no file`() = told {
        val big = stage.file("big").apply { writeBytes(ByteArray(8 * 1024 * 1024) { it.toByte() }) }
        stage.wallet().create(passphrase()).use { session ->
            session.attach(big).steps.first()
            assertEquals(0uL, session.status().attachments)
            val attached = session.attach(big).await()
            val saved = stage.file("saved")
            session.saveAttachment(attached.id, saved).steps.first()
            assertFalse(saved.exists())
            val stick = stage.file("stick")
            session.backup(typed(), stick).steps.first()
            assertFalse(stick.exists())
            val names = stage.root.list().orEmpty().sorted()
            assertEquals(listOf("big", "home"), names)
            assertEquals(0uL, session.verify().await().faults.total)
        }
    }

    @Test
    fun `an opening that nobody waits for any more leaves nothing open`() = told {
        val wallet = stage.wallet()
        wallet.create(passphrase()).close()
        repeat(5) { round ->
            val reached = CompletableDeferred<Unit>()
            stage.keystore().before = { _, _ ->
                reached.complete(Unit)
                Thread.sleep(round * 10L)
            }
            val job = launch(Dispatchers.Default) { wallet.unlock(passphrase()) }
            reached.await()
            job.cancelAndJoin()
            stage.keystore().before = { _, _ -> }
            wallet.unlock(passphrase()).lock()
        }
    }

    private suspend fun Session.isEmptyAndSound() {
        assertEquals(0uL, status().records)
        assertEquals(0uL, verify().await().faults.total)
    }

    /** Writes a file of so many records. */
    private fun many(count: Int): File = stage.file("$count.ndjson").apply {
        bufferedWriter().use { out -> repeat(count) { out.appendLine(observation(it)) } }
    }

    private companion object {
        const val MANY = 20_000
    }
}

/** Writes something down. */
fun note(text: String) = NewEntry(AuthoredKind.NOTE, text)

/** Makes an observation. */
fun observation(number: Int): String =
    """{"resourceType":"Observation","id":"o$number","status":"final",""" +
        """"code":{"text":"Weight"},"effectiveDateTime":"2024-01-01",""" +
        """"valueQuantity":{"value":$number.10,"unit":"kg"}}"""
