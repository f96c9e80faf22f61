package org.patientwallet

import kotlinx.coroutines.flow.toList
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The log: what happened, in words, and proof of it for others. */
class AuditTest {
    @get:Rule val stage = Stage()

    private val expect = Stage.story("usb-stick")["expect"]["continuation"]

    @Test
    fun `the log tells what happened, the latest first, in three languages`() = told {
        stage.patient().use { session ->
            stage.at("2025-04-03T10:00:00Z")
            session.exportFile(stage.file("out.json"))
            val (latest) = session.log(LogQuery(limit = 1u)).items
            assertEquals(AuditKind.EXPORTED, latest.kind)
            assertEquals(LogActor.PATIENT, latest.actor)
            assertEquals(stage.clock.now(), latest.at)
            val told = Language.entries.map { session.log(LogQuery(limit = 1u), it).items[0] }
            assertEquals(3, told.map { it.sentence }.toSet().size)
            val since = LogQuery(since = stage.clock.now())
            assertEquals(listOf(latest), session.log(since).items)
        }
    }

    @Test
    fun `it is read page after page to the beginning`() = told {
        stage.patient().use { session ->
            val all = session.entries(LogQuery(limit = 7u)).toList()
            val size = session.status().logSize
            assertTrue("$size", size > 7u)
            assertEquals((0uL until size).reversed().toList(), all.map { it.seq })
            assertEquals(AuditKind.CREATED, all.last().kind)
            val imported = session.entries(LogQuery(kind = AuditKind.IMPORTED)).toList()
            assertEquals(all.filter { it.kind == AuditKind.IMPORTED }, imported)
        }
    }

    @Test
    fun `somebody who kept a checkpoint can check what came later`() = told {
        stage.patient().use { session ->
            val kept = session.checkpoint()
            session.add(NewEntry(AuthoredKind.NOTE, "Slept well"))
            val continued = session.proveSince(kept)
            val (first, second) = Envelope.checkLogFiles(listOf(kept, continued))
            assertEquals(LogFindingKind.Checkpoint, first.kind)
            assertEquals(LogFindingKind.Continuation(restored = false, missing = 0u), second.kind)
            assertTrue(first.sentence.isNotBlank() && second.sentence.isNotBlank())

            val entry = session.log(LogQuery(kind = AuditKind.ADDED, limit = 1u)).items[0]
            val (proof) = Envelope.checkLogFiles(listOf(session.prove(entry.seq)))
            assertEquals(LogFindingKind.Entry(entry.seq), proof.kind)

            val broken = kept.copyOf().also { it[it.size / 2] = (it[it.size / 2] + 1).toByte() }
            refused<WalletException.Damaged>("audit.invalid") {
                Envelope.checkLogFiles(listOf(broken))
            }
        }
    }

    @Test
    fun `after a restoration the log says where it went on`() = told {
        val session = stage.patient()
        val words = session.dangerousWords(typed()).read { it.copyOf() }
        val kept = session.checkpoint()
        val stick = stage.file("wallet.backup")
        session.backup(typed(), stick).await()
        session.lock()
        val key = BackupKey.Words(Secret.of(words))
        stage.wallet("new-phone").restoreBackup(stick, key, passphrase()).await().use { restored ->
            val (_, finding) = Envelope.checkLogFiles(listOf(kept, restored.proveSince(kept)))
            val continuation = LogFindingKind.Continuation(
                expect["restored"].isTrue,
                expect["missing"].number,
            )
            assertEquals(continuation, finding.kind)
        }
    }
}
