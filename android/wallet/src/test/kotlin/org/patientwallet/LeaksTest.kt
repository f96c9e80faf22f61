package org.patientwallet

import com.sun.jna.Library
import com.sun.jna.Native
import com.sun.jna.Structure
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.yield
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.patientwallet.ffi.LiveObjects
import org.patientwallet.ffi.testingLiveObjects

/** What is closed is freed; run by `WALLET_LEAKS=1 android/test.sh`. */
class LeaksTest {
    @get:Rule val stage = Stage()

    @Test
    fun `a thousand objects leave none behind`() = told {
        repeat(900) {
            stage.wallet("none-$it").use { wallet -> assertEquals(false, wallet.exists()) }
        }
        val wallet = stage.wallet()
        wallet.create(passphrase()).use { session ->
            repeat(100) { session.verify().await() }
            assertEquals(1L, testingLiveObjects().sessions)
        }
        val doctor = RequesterClass.CLINICIAN
        Requester.create(stage.wallet("clinic"), passphrase(), "Dr. Chen", doctor).close()
        Directory.create(stage.wallet("register"), passphrase(), "Register").close()
        stage.settle()
        stage.closeWallets()
        assertEquals(NONE, testingLiveObjects())
        // Their threads end by themselves.
        soon { Thread.getAllStackTraces().keys.none { it.name == "patient-wallet" } }
    }

    @Test
    fun `two hundred wallets made and locked leave memory as it was`() = told(10.minutes) {
        val held = mutableListOf<Long>()
        repeat(200) { round ->
            val home = "home-$round"
            val wallet = stage.wallet(home)
            wallet.create(passphrase()).use { it.add(note("round $round")) }
            wallet.close()
            stage.file(home).deleteRecursively()
            if (round % 20 == 19) held += heldKib()
        }
        stage.closeWallets()
        assertEquals(NONE, testingLiveObjects())
        println("held KiB: $held")
        val (early, late) = held.drop(2).take(3).min() to held.takeLast(3).min()
        assertTrue("$held", late < early + 4 * 1024)
    }

    @Test
    fun `what is forgotten is freed with the garbage`() = told {
        stage.wallet().create(passphrase())
        assertEquals(1L, testingLiveObjects().sessions)
        stage.forget()
        yield() // Until it goes on anew, the coroutine holds what it was given last.
        soon {
            System.gc()
            testingLiveObjects().sessions == 0L
        }
    }

    /** Waits for what comes about by itself; a busy machine may take its time. */
    private fun soon(comesTrue: () -> Boolean) {
        val deadline = System.nanoTime() + 60_000_000_000
        while (!comesTrue()) {
            assertTrue(System.nanoTime() < deadline)
            Thread.sleep(50)
        }
    }

    /**
     * What is in use of the heap, and of what glibc has given out to the library and the JVM. What
     * the process occupies says less: heaps keep what they once needed.
     */
    private fun heldKib(): Long {
        System.gc()
        val heap = Runtime.getRuntime().run { totalMemory() - freeMemory() }
        return (heap + C.mallinfo2().run { uordblks + hblkhd }) / 1024
    }

    private interface Glibc : Library {
        fun mallinfo2(): Allocated
    }

    /** The `struct mallinfo2` of malloc.h. */
    @Suppress("unused")
    @Structure.FieldOrder(
        "arena", "ordblks", "smblks", "hblks", "hblkhd",
        "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )
    class Allocated : Structure(), Structure.ByValue {
        @JvmField var arena = 0L
        @JvmField var ordblks = 0L
        @JvmField var smblks = 0L
        @JvmField var hblks = 0L
        @JvmField var hblkhd = 0L
        @JvmField var usmblks = 0L
        @JvmField var fsmblks = 0L
        @JvmField var uordblks = 0L
        @JvmField var fordblks = 0L
        @JvmField var keepcost = 0L
    }

    private companion object {
        val NONE = LiveObjects(0, 0, 0, 0, 0)
        val C: Glibc = Native.load("c", Glibc::class.java)
    }
}
