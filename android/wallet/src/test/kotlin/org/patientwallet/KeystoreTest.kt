package org.patientwallet

import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** What the phone lends may refuse, throw, be slow or be wrong: the app hears which, and no more. */
class KeystoreTest {
    @get:Rule val stage = Stage()

    @Test
    fun `each outcome of the keystore is told apart`() = told {
        val wallet = ready()
        for ((outcome, expected) in outcomes) {
            stage.keystore().before = { _, name -> if (name.startsWith("bsk/")) throw outcome }
            val answer = runCatching { wallet.unlockWithBiometrics() }.exceptionOrNull()
            assertEquals(expected, "${answer?.javaClass?.simpleName} ${answer?.message}")
        }
        stage.keystore().before = { _, _ -> }
        wallet.unlockWithBiometrics().close()
        wallet.unlock(passphrase()).close()
    }

    @Test
    fun `a keystore that refuses leaves no wallet behind`() = told {
        stage.keystore().before =
            { call, _ -> if (call == "put") throw KeystoreException.Unavailable() }
        val wallet = stage.wallet()
        refused<WalletException.KeystoreUnavailable>("keystore.unavailable") {
            wallet.create(passphrase())
        }
        assertFalse(wallet.exists())
        stage.keystore().before = { _, _ -> }
        wallet.create(passphrase()).close()
        assertTrue(wallet.exists())
    }

    @Test
    fun `what a keystore throws besides counts as unavailable, its text stays outside`() = told {
        val wallet = ready()
        for (thrown in listOf(IllegalStateException(MARKED), StackOverflowError(MARKED))) {
            stage.keystore().before = { _, _ -> throw thrown }
            val refusal = refused<WalletException.KeystoreUnavailable>("keystore.unavailable") {
                wallet.unlock(passphrase())
            }
            assertFalse(MARKED in refusal.stackTraceToString())
        }
    }

    @Test
    fun `a slow keystore blocks nobody`() = told {
        val wallet = ready()
        val (asked, answers) = CompletableDeferred<Thread>() to CountDownLatch(1)
        stage.keystore().before = { _, _ ->
            asked.complete(Thread.currentThread())
            check(answers.await(1, TimeUnit.MINUTES)) { "nobody else came to the turn" }
        }
        val session = async { wallet.unlock(passphrase()) }
        assertTrue(asked.await() !== Thread.currentThread())
        stage.wallet("another").create(passphrase()).use { it.add(note("meanwhile")) }
        assertFalse(session.isCompleted)
        answers.countDown()
        session.await().lock()
    }

    @Test
    fun `what passes between wallet and keystore is wiped`() = told {
        ready().unlock(passphrase()).lock()
        val passed = stage.keystore().passed
        assertTrue(passed.size > 5)
        passed.forEach { secret -> assertTrue(secret.all { it == 0.toByte() }) }
    }

    @Test
    fun `a lost device secret leaves the words`() = told {
        val wallet = stage.wallet()
        val words = wallet.create(passphrase()).use { it.dangerousWords(typed()) }
        wallet.exists()
        stage.keystore().lose("dsk/")
        refused<WalletException.KeyInvalidated>("wallet.device-secret-lost") {
            wallet.unlock(passphrase())
        }
        wallet.restore(words, passphrase()).close()
        wallet.unlock(passphrase()).close()
    }

    @Test
    fun `a clock that throws locks the wallet`() = told {
        val clock = object : WalletClock {
            @Volatile var stands = false

            override fun now(): ULong = if (stands) error(MARKED) else stage.clock.now()

            override fun monotonicMs(): ULong = stage.clock.monotonicMs()
        }
        val wallet = stage.wallet(clock = clock)
        val session = wallet.create(passphrase())
        clock.stands = true
        refused<WalletException.Locked>("wallet.no-clock") { session.status() }
        refused<WalletException.Locked>("wallet.no-clock") { wallet.unlock(passphrase()) }
        clock.stands = false
        refused<WalletException.Locked>("wallet.locked") { session.status() }
        wallet.unlock(passphrase()).close()
    }

    @Test
    fun `a panic inside closes the session and says nothing`() = told {
        val wallet = stage.wallet()
        val session = wallet.create(passphrase())
        val refusal = refused<WalletException.Broken>("wallet.broken") {
            session.call { it.testingPanic(MARKED) }
        }
        assertFalse(MARKED in refusal.stackTraceToString())
        refused<WalletException.Locked>("wallet.locked") { session.status() }
        wallet.unlock(passphrase()).use { assertEquals(0uL, it.status().records) }
    }

    @Test
    fun `the device's clock goes on`() {
        val clock = DeviceClock()
        assertTrue(clock.now() > 1_700_000_000u)
        val before = clock.monotonicMs()
        Thread.sleep(5)
        assertTrue(clock.monotonicMs() > before)
    }

    /** Makes a wallet that biometrics open too. */
    private suspend fun ready(): Wallet {
        val wallet = stage.wallet()
        wallet.create(passphrase()).use { it.enableBiometrics(typed()) }
        return wallet
    }

    private companion object {
        const val MARKED = "Sertralin 50 mg"
        val outcomes = mapOf(
            KeystoreException.Cancelled() to "Cancelled keystore.cancelled",
            KeystoreException.LockedOut() to "KeystoreUnavailable keystore.locked-out",
            KeystoreException.Invalidated() to "KeyInvalidated wallet.biometrics-lost",
            KeystoreException.Missing() to "KeyInvalidated wallet.biometrics-lost",
            KeystoreException.Unavailable() to "KeystoreUnavailable keystore.unavailable",
        )
    }
}
