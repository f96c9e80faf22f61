package org.patientwallet

import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** Each way to be refused is a class of its own, with a code that `docs/errors.md` lists. */
class ErrorsTest {
    @get:Rule val stage = Stage()

    private val causes = listOf(
        case<WalletException.Locked>("wallet.locked") { open().also { it.lock() }.status() },
        case<WalletException.WrongPassphrase>("wallet.wrong-passphrase") {
            made().unlock(Secret.of("a guess"))
        },
        case<WalletException.TryLater>("wallet.try-later") { made().unlockTooOften() },
        case<WalletException.Busy>("wallet.busy") {
            open()
            wallet().unlock(passphrase())
        },
        case<WalletException.NotFound>("record.not-found") { open().record("0".repeat(32)) },
        case<WalletException.InvalidInput>("record.invalid-id") { open().record("first") },
        case<WalletException.NotPermitted>("wallet.exists") { made().create(passphrase()) },
        case<WalletException.Expired>("consent.request-expired") {
            val request = request()
            stage.at("2025-06-01T00:00:00Z")
            open().receiveRequest(request)
        },
        case<WalletException.Damaged>("vault.damaged") {
            val wallet = made()
            folder.walk().filter(File::isFile).forEach { it.writeText("this is no vault") }
            wallet.unlock(passphrase())
        },
        case<WalletException.UnsupportedVersion>("backup.newer-format") {
            val session = open()
            val stick = File(folder, "stick")
            session.backup(typed(), stick).await()
            // After the four letters of every backup: its version.
            stick.writeBytes(stick.readBytes().also { it[4] = 99 })
            session.rehearse(stick, BackupKey.Passphrase(Secret.of("any"))).await()
        },
        case<WalletException.KeystoreUnavailable>("keystore.unavailable") {
            made().also { keystore.before = { _, _ -> throw KeystoreException.Unavailable() } }
                .unlock(passphrase())
        },
        case<WalletException.KeyInvalidated>("wallet.device-secret-lost") {
            made().also { keystore.lose("dsk/") }.unlock(passphrase())
        },
        case<WalletException.Cancelled>("keystore.cancelled") {
            made().also { keystore.before = { _, _ -> throw KeystoreException.Cancelled() } }
                .unlock(passphrase())
        },
        case<WalletException.Storage>("file.unreadable") {
            open().importFile(File(folder, "nothing")).await()
        },
        case<WalletException.Broken>("wallet.broken") {
            open().call { it.testingPanic("a defect") }
        },
    )

    /** What no part of the wallet says so far. */
    private val notYet = setOf<Class<*>>(WalletException.NotEnoughShares::class.java)

    @Test
    fun `each class is either shown here or known not to occur yet`() {
        val all = WalletException::class.java.declaredClasses
            .filter { WalletException::class.java.isAssignableFrom(it) }
        val shown = causes.map { it.type }
        val sorted = (shown + notYet).map { it.simpleName }.sorted()
        assertEquals(all.map { it.simpleName }.sorted(), sorted)
    }

    @Test
    fun `each class comes about, and its code is all that it says`() = told {
        val listed = Stage.source("docs/errors.md").readText()
        for ((place, case) in causes.withIndex()) {
            stage.at("2025-04-02T10:00:00Z")
            val refusal = runCatching { case.cause(Place("home-$place")) }.exceptionOrNull()
            assertEquals(case.type, refusal?.javaClass)
            assertEquals(case.code, (refusal as WalletException).code)
            assertEquals(case.code, refusal.message)
            assertTrue(case.code, case.code == "wallet.broken" || "`${case.code}`" in listed)
        }
    }

    @Test
    fun `how long to wait and what is wrong are told`() = told {
        val later = refused<WalletException.TryLater>("wallet.try-later") {
            Place("home").made().unlockTooOften()
        }
        assertTrue("${later.seconds}", later.seconds > 0u)

        val ten = "abandon ability able about above absent absorb abstract absurd abuse"
        val words = "$ten wrog access"
        val unknown = refused<WalletException.InvalidInput>("keys.unknown-word") {
            Place("fresh").wallet().restore(Secret.of(words), passphrase())
        }
        assertEquals(11u, unknown.position)
        assertTrue("wrong" in Envelope.suggestWords("wro"))
    }

    /** Is where one case takes place. */
    private inner class Place(private val name: String) {
        val folder = stage.file(name)
        val keystore = stage.keystore(name)

        fun wallet() = stage.wallet(name)

        suspend fun open() = wallet().create(passphrase())

        suspend fun made() = wallet().also { it.create(passphrase()).lock() }

        suspend fun request(): ByteArray {
            val home = stage.wallet("$name-clinic")
            val doctor = RequesterClass.CLINICIAN
            val ask = Ask(Purpose.TREATMENT, listOf(RecordCategory.LABORATORY), retainSeconds = DAY)
            return Requester.create(home, passphrase(), "Dr. Chen", doctor).use { it.request(ask) }
        }
    }

    private class Case(
        val type: Class<out WalletException>,
        val code: String,
        val cause: suspend Place.() -> Any?,
    )

    private inline fun <reified E : WalletException> case(
        code: String,
        noinline cause: suspend Place.() -> Any?,
    ) = Case(E::class.java, code, cause)

    private suspend fun Wallet.unlockTooOften() {
        repeat(6) { runCatching { unlock(Secret.of("guess $it")) } }
        unlock(passphrase())
    }
}
