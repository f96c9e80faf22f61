package org.patientwallet

import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test

/** What a call across the border costs, printed: `WALLET_OVERHEAD=1 android/test.sh`. */
class OverheadTest {
    @get:Rule val stage = Stage()

    @Test
    fun `a page of a thousand records and a chunk`() = told {
        stage.wallet().create(passphrase()).use { session ->
            val file = stage.file("thousand.ndjson")
            file.writeText((0..<1000).joinToString("\n", transform = ::measurement))
            assertEquals(1000uL, session.importFile(file).await().new)
            val page = microseconds {
                assertEquals(1000, session.find(Query(limit = 1000u)).items.size)
            }
            val scan = stage.file("scan").apply { writeBytes(Random(1).nextBytes(2 * MIB)) }
            val attached = session.attach(scan).await()
            val chunk = microseconds { assertEquals(MIB, session.readAttachment(attached.id).size) }
            println("overhead page_us=$page chunk_us=$chunk")
        }
    }

    private fun measurement(number: Int): String =
        """{"resourceType":"Observation","id":"o$number","status":"final",""" +
            """"code":{"text":"Measurement $number"},"effectiveDateTime":"2024-01-02"}"""

    /** Gives the best of many calls, once the JVM knows them. */
    private suspend fun microseconds(call: suspend () -> Unit): Long {
        repeat(WARMING) { call() }
        return (1..31).minOf {
            val begun = System.nanoTime()
            call()
            (System.nanoTime() - begun) / 1000
        }
    }

    private companion object {
        const val MIB = 1024 * 1024
        const val WARMING = 30
    }
}
