package org.patientwallet

import java.io.File
import kotlinx.coroutines.flow.toList
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The USB stick: the whole wallet in one file, and back on another device. */
class BackupTest {
    @get:Rule val stage = Stage()

    private val story = Stage.story("usb-stick")
    private val expect = story["expect"]

    @Test
    fun `everything comes back on another phone, to the last byte`() = told {
        val (session, words) = ready()
        stage.at("2025-06-01T10:00:00Z")
        val stick = stage.file("wallet.backup")
        val before = stage.file("before.json").also { session.exportFile(it) }
        val made = session.backup(typed(), stick).await()
        assertEquals(expect["attachments"].number, made.attachments)
        val rehearsed = session.rehearse(stick, BackupKey.Words(words())).await()
        assertTrue(rehearsed.good)
        assertEquals(made.records, rehearsed.records)
        val way = session.status().waysBack.single { it.way == Way.BACKUP_WITH_WORDS }
        assertTrue(way.good && way.rehearsed != null)
        val attachment = session.attachments(session.byReference(card).id).items.single()
        session.close()

        stage.at("2025-06-08T19:30:00Z")
        val phone = stage.wallet("new-phone")
        refused<WalletException.NotFound>(expect["without"].text) { phone.unlock(passphrase()) }
        val key = BackupKey.Words(words())
        val steps = phone.restoreBackup(stick, key, passphrase()).steps.toList()
        assertTrue(steps.first() is Step.Progress)
        (steps.last() as Step.Done).value.use { restored ->
            assertEquals(made.records, restored.status().records)
            val after = stage.file("after.json").also { restored.exportFile(it) }
            assertArrayEquals(before.readBytes(), after.readBytes())
            val saved = stage.file("card").also {
                restored.saveAttachment(attachment.id, it).await()
            }
            assertArrayEquals(pdf().readBytes(), saved.readBytes())
        }
        phone.unlock(passphrase()).use { assertEquals(made.records, it.status().records) }
    }

    @Test
    fun `an older backup does not replace what is newer`() = told {
        val (session, words) = ready()
        val stick = stage.file("wallet.backup")
        session.backup(typed(), stick).await()
        val note = NewEntry(AuthoredKind.NOTE, story["since"].text)
        session.add(note)
        session.lock()
        val wallet = stage.wallet()
        refused<WalletException.NotPermitted>(expect["older"].text) {
            wallet.restoreBackup(stick, BackupKey.Words(words()), passphrase()).await()
        }
        wallet.unlock(passphrase()).use {
            assertEquals(1uL, it.find(Query(text = note.text)).total)
        }
        val key = BackupKey.Words(words())
        val work = wallet.restoreBackup(stick, key, passphrase(), Replace.NEWER)
        work.await().use { assertEquals(0uL, it.find(Query(text = note.text)).total) }
    }

    @Test
    fun `an export passphrase opens it too`() = told {
        val (session, _) = ready()
        val stick = stage.file("wallet.backup")
        val drawn = Envelope.generatePassphrase().read { it.copyOf() }
        refused<WalletException.InvalidInput>("backup.same-passphrase") {
            session.backup(typed(), stick, exportPassphrase = passphrase()).await()
        }
        assertEquals(false, stick.exists())
        session.backup(typed(), stick, exportPassphrase = Secret.of(drawn.copyOf())).await()
        refused<WalletException.NotPermitted>("file.exists") {
            session.backup(typed(), stick).await()
        }
        refused<WalletException.WrongPassphrase>("backup.wrong-key") {
            session.rehearse(stick, BackupKey.Passphrase(Secret.of("a guess"))).await()
        }
        assertTrue(session.rehearse(stick, BackupKey.Passphrase(Secret.of(drawn))).await().good)
        session.close()
    }

    @Test
    fun `the words bring the wallet back, the passphrase is changed`() = told {
        val (session, words) = ready()
        session.changePassphrase(typed(), Secret.of("another one"))
        session.lock()
        val wallet = stage.wallet()
        refused<WalletException.WrongPassphrase>("wallet.wrong-passphrase") {
            wallet.unlock(passphrase())
        }
        wallet.unlock(Secret.of("another one")).close()
        wallet.restore(words(), passphrase()).use { assertTrue(it.status().records == RECORDS) }
        stage.wallet("elsewhere").createFrom(words(), passphrase()).use { made ->
            val shown = made.dangerousWords(Authentication.Passphrase(passphrase()))
            assertArrayEquals(words().read { it.copyOf() }, shown.read { it.copyOf() })
        }
    }

    /** Makes a wallet with an attachment; gives it and its words. */
    private suspend fun ready(): Pair<Session, () -> Secret> {
        val session = stage.patient()
        val record = session.byReference(card).id
        session.attach(pdf(), NewAttachment("card.pdf", record = record)).await()
        val words = session.dangerousWords(typed()).read { it.copyOf() }
        assertEquals(24, String(words).split(' ').size)
        return session to { Secret.of(words.copyOf()) }
    }

    private val card = story["attachment"]["reference"].text

    private fun pdf(): File = Stage.data(story["attachment"]["file"].text)

    private companion object {
        const val RECORDS = 198uL
    }
}
