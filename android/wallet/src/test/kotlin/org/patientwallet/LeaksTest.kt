package org.patientwallet

import java.io.File
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
        Thread.sleep(3000)
        assertEquals(0, Thread.getAllStackTraces().keys.count { it.name == "patient-wallet" })
    }

    @Test
    fun `two hundred wallets made and locked leave memory as it was`() = told {
        val resident = mutableListOf<Long>()
        repeat(200) { round ->
            val home = "home-$round"
            val wallet = stage.wallet(home)
            wallet.create(passphrase()).use { it.add(note("round $round")) }
            wallet.close()
            stage.file(home).deleteRecursively()
            if (round % 20 == 19) {
                System.gc()
                resident += residentKib()
            }
        }
        stage.closeWallets()
        assertEquals(NONE, testingLiveObjects())
        println("resident KiB: $resident")
        val (early, late) = resident.drop(2).take(3).max() to resident.takeLast(3).max()
        assertTrue("$resident", late < early + 16 * 1024)
    }

    @Test
    fun `what is forgotten is freed with the garbage`() = told {
        stage.wallet().create(passphrase())
        assertEquals(1L, testingLiveObjects().sessions)
        val deadline = System.nanoTime() + 20_000_000_000
        stage.forget()
        yield() // Until it goes on anew, the coroutine holds what it was given last.
        while (testingLiveObjects().sessions > 0 && System.nanoTime() < deadline) {
            System.gc()
            Thread.sleep(50)
        }
        assertEquals(0L, testingLiveObjects().sessions)
    }

    private fun residentKib(): Long = File("/proc/self/status").readLines()
        .first { it.startsWith("RssAnon:") }.filter(Char::isDigit).toLong()

    private companion object {
        val NONE = LiveObjects(0, 0, 0, 0, 0)
    }
}
