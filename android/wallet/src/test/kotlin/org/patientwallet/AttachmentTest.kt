package org.patientwallet

import java.io.File
import kotlin.random.Random
import kotlinx.coroutines.flow.toList
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** Files of any kind belong to a record, in bounded memory and to the last byte. */
class AttachmentTest {
    @get:Rule val stage = Stage()

    private val card = Stage.story("usb-stick")["attachment"]

    @Test
    fun `a card belongs to its record`() = told {
        stage.patient().use { session ->
            val record = session.byReference(card["reference"].text).id
            val file = Stage.data(card["file"].text)
            val attached = session.attach(file, NewAttachment(file.name, record = record)).await()
            assertEquals(listOf(attached), session.attachments(record).items)
            assertEquals(attached, session.attachment(attached.id))
            assertEquals(card["media_type"].text, attached.mediaType)
            assertEquals(file.length().toULong(), attached.size)
            assertEquals(1uL, session.status().attachments)

            val saved = stage.file("again.pdf")
            assertEquals(attached.size, session.saveAttachment(attached.id, saved).await())
            assertArrayEquals(file.readBytes(), saved.readBytes())
            refused<WalletException.NotPermitted>("file.exists") {
                session.saveAttachment(attached.id, saved).await()
            }
            session.saveAttachment(attached.id, saved, replace = true).await()

            session.erase(record)
            refused<WalletException.NotFound>("attachment.not-found") {
                session.readAttachment(attached.id)
            }
        }
    }

    @Test
    fun `a large file is read in chunks, from anywhere`() = told {
        val scan = large(MIB * 3 + 17)
        val bytes = scan.readBytes()
        stage.wallet().create(passphrase()).use { session ->
            val attached = session.attach(scan).await()
            assertEquals("scan.bin", attached.name)
            val read = mutableListOf<ByteArray>()
            var offset = 0uL
            while (offset < attached.size) {
                read += session.readAttachment(attached.id, offset)
                offset += read.last().size.toUInt()
            }
            assertEquals(listOf(MIB, MIB, MIB, 17), read.map { it.size })
            assertArrayEquals(bytes, read.reduce(ByteArray::plus))
            val middle = session.readAttachment(attached.id, MIB.toULong() - 3u, 10u)
            assertArrayEquals(bytes.copyOfRange(MIB - 3, MIB + 7), middle)
            assertEquals(0, session.readAttachment(attached.id, attached.size + 1u).size)
            assertEquals(MIB, session.readAttachment(attached.id, 0u, UInt.MAX_VALUE).size)
        }
    }

    @Test
    fun `progress tells how far it has come, to the end`() = told {
        val scan = large(MIB * 8)
        stage.wallet().create(passphrase()).use { session ->
            val steps = session.attach(scan).steps.toList()
            val heard = steps.filterIsInstance<Step.Progress<Attachment>>().map { it.progress.done }
            assertTrue("$heard", heard.size > 1 && heard == heard.sorted())
            assertEquals(scan.length().toULong(), heard.last())
            val done = steps.last() as Step.Done
            assertEquals(scan.length().toULong(), done.value.size)

            val saved = session.saveAttachment(done.value.id, stage.file("out")).steps.toList()
            assertTrue(saved.first() is Step.Progress && saved.last() is Step.Done)
        }
    }

    @Test
    fun `a file is attached whole or not at all`() = told {
        stage.wallet().create(passphrase()).use { session ->
            refused<WalletException.Storage>("file.unreadable") {
                session.attach(stage.file("nothing")).await()
            }
            refused<WalletException.InvalidInput>("file.not-regular") {
                session.attach(stage.root, NewAttachment("folder")).await()
            }
            assertEquals(0uL, session.status().attachments)
        }
    }

    private fun large(size: Int): File =
        stage.file("scan.bin").apply { writeBytes(Random(1).nextBytes(size)) }

    private companion object {
        const val MIB = 1024 * 1024
    }
}
