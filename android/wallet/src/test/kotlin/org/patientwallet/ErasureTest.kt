package org.patientwallet

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The right to be forgotten: one record is erased, its keys destroyed, not hidden. */
class ErasureTest {
    @get:Rule val stage = Stage()

    private val story = Stage.story("right-to-be-forgotten")
    private val record = story["record"]
    private val expect = story["expect"]

    @Test
    fun `what is erased is gone, and nothing else is`() = told {
        stage.patient().use { session ->
            stage.at("2025-05-02T18:00:00Z")
            val sought = Query(text = record["find"].text)
            val found = session.find(sought)
            assertEquals(expect["matches"].number, found.total)
            val meant = found.items.single()
            assertEquals(record["reference"].text, meant.reference)
            assertTrue(record["says"].text in session.read(meant.id).json)

            val before = session.status().records
            val erased = session.erase(meant.id)
            assertEquals(false, erased.pending)
            refused<WalletException.NotFound>(expect["erased"].text) { session.read(meant.id) }
            assertEquals(0uL, session.find(sought).total)
            assertEquals(before, session.status().records?.plus(1u))
            assertEquals(0uL, session.verify().await().faults.total)

            val log = session.log(LogQuery(record = meant.id))
            assertEquals(expect["log"].texts, log.items.map { it.kind.word })

            val (finding) = Envelope.checkLogFiles(listOf(erased.statement))
            assertEquals(LogFindingKind.Erasure, finding.kind)
            assertEquals(SignedKind.ERASURE, Envelope.kind(erased.statement))
            val again = session.erasureStatement(meant.id)
            assertEquals(finding.sentence, Envelope.checkLogFiles(listOf(again)).single().sentence)
        }
    }

    @Test
    fun `an old copy of the files opens nothing of it`() = told {
        val session = stage.patient()
        val id = session.byReference(record["reference"].text).id
        session.lock()
        stage.file("home").copyRecursively(stage.file("old"))
        stage.wallet().unlock(passphrase()).use { it.erase(id) }

        // The old files meet the device as it is now.
        val old = stage.wallet("old", stage.keystore("home"))
        refused<WalletException.Damaged>("vault.rolled-back") { old.unlock(passphrase()) }
        old.unlockReadOnly(typed()).use { copy ->
            refused<WalletException.KeyInvalidated>(expect["old_copy"].text) { copy.read(id) }
            refused<WalletException.KeyInvalidated>(expect["old_copy"].text) { copy.find() }
            refused<WalletException.KeyInvalidated>(expect["old_copy"].text) {
                copy.exportFile(stage.file("out.json"))
            }
        }
    }

    @Test
    fun `a whole wallet is erased`() = told {
        val wallet = stage.wallet()
        stage.patient(wallet).use { session ->
            val statement = checkNotNull(session.eraseWallet())
            assertEquals(SignedKind.ERASURE, Envelope.kind(statement))
            refused<WalletException.Locked>("wallet.locked") { session.status() }
        }
        assertEquals(false, wallet.exists())
        assertEquals(emptySet<String>(), stage.keystore().items.keys.toSet())
    }
}
