package org.patientwallet

import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The wrong blood group: a correction keeps the original and says who, when and why. */
class CorrectionTest {
    @get:Rule val stage = Stage()

    private val story = Stage.story("wrong-blood-group")
    private val expect = story["expect"]
    private val correction = story["correction"]

    @Test
    fun `a record of a lifetime goes in and is known for what it is`() = told {
        stage.at("2025-04-02T10:00:00Z")
        stage.wallet().create(passphrase()).use { session ->
            val report = session.importFile(Stage.data("patient.json")).await()
            assertEquals(expect["entries"].number, report.entries)
            assertEquals(expect["records"].number, report.new)
            assertEquals(expect["refused"].number, report.refused.total)
            val all = session.everything()
            assertEquals(
                expect["by_category"].counts,
                all.groupingBy { it.category.word }.eachCount(),
            )
            for ((label, least) in expect["sensitive"].counts) {
                val wanted = named<SensitivityLabel>(label)
                assertTrue(label, all.count { wanted in it.labels } >= least)
            }
            val byReference = all.associateBy { it.reference }
            for (labelled in expect["labelled"].items) {
                val record = byReference.getValue(labelled["reference"].text)
                val label = named<SensitivityLabel>(labelled["label"].text)
                assertTrue("${record.reference} $label", label in record.labels)
            }
            for (reference in expect["unlabelled"].texts) {
                assertEquals(reference, emptyList<Any>(), byReference.getValue(reference).labels)
            }
        }
    }

    @Test
    fun `it is found by words and by code, and kept to the last digit`() = told {
        stage.patient().use { session ->
            val (system, code) = correction["find"]["code"].text.split('|')
            val wanted = correction["reference"].text
            for (query in listOf(
                Query(text = correction["find"]["text"].text),
                Query(system = system, code = code),
                Query(code = code),
            )) {
                assertEquals(wanted, session.find(query).items.single().reference)
            }
            for (search in expect["searches"].items) {
                val found = session.find(Query(text = search["text"].text)).items
                assertEquals(search["references"].texts, found.map { it.reference }.sortedBy { it })
            }
            for (kept in expect["kept_exactly"].items) {
                val record = session.byReference(kept["reference"].text)
                val digits = session.read(record.id).told.at(kept["path"].text).content
                assertEquals(kept["digits"].text, digits)
            }
        }
    }

    @Test
    fun `a correction keeps the original`() = told {
        stage.patient().use { session ->
            val id = session.byReference(correction["reference"].text).id
            assertEquals(expect["before"].text, session.bloodGroup(id))
            stage.at("2025-04-09T09:30:00Z")
            val json = Stage.data(correction["file"].text).readText()
            val (author, reason) = correction["author"].text to correction["reason"].text
            assertEquals(2u, session.correct(id, json, author, reason))
            assertEquals(expect["after"].text, session.bloodGroup(id))
            val history = session.history(id)
            assertEquals(expect["versions"].number, history.total)
            val (original, corrected) = history.items
            assertEquals(listOf(null, null), listOf(original.record.author, original.reason))
            assertEquals(listOf(author, reason), listOf(corrected.record.author, corrected.reason))
            assertEquals(expect["before"].text, session.bloodGroup(id, version = 1u))
            val status = session.status()
            assertEquals(expect["records"].number, status.records)
            assertEquals(expect["records"].number + 1u, status.versions)
        }
    }

    @Test
    fun `the files tell a thief nothing`() = told {
        stage.patient().use { session ->
            session.lock()
            val bytes = stage.root.walk().filter(File::isFile).map(File::readBytes).toList()
            val files = bytes.joinToString("") { String(it, Charsets.ISO_8859_1) }
            val names = story["patient"]["name"].text.split(' ')
            val code = correction["find"]["code"].text.substringAfter('|')
            val facts = listOf(code, expect["before"].text, "resourceType", "Observation")
            for (text in names + story["patient"]["birth_date"].text + facts) {
                val sought = String(text.toByteArray(), Charsets.ISO_8859_1)
                assertTrue(text, sought !in files)
            }
            assertTrue(files.length > 100_000)
        }
    }

    @Test
    fun `a wrong passphrase is refused`() = told {
        val wallet = stage.wallet()
        wallet.create(passphrase()).close()
        refused<WalletException.WrongPassphrase>(expect["wrong_passphrase"].text) {
            wallet.unlock(Secret.of("somebody else's passphrase"))
        }
        wallet.unlock(passphrase()).use { assertEquals(0uL, it.status().records) }
    }

    private suspend fun Session.bloodGroup(id: String, version: UInt? = null): String =
        read(id, version).told.at("valueCodeableConcept.text").content
}
