package org.patientwallet

import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The wrong blood group, and its readers: who holds the old version is told, and answers. */
class NoticesTest {
    @get:Rule val stage = Stage()

    private val story = Stage.story("wrong-blood-group")
    private val expect = story["expect"]
    private val readers = story["readers"]

    @Test
    fun `a correction tells both who hold the record, and shows who has not answered`() = told {
        val patient = stage.patient()
        val record = patient.byReference(story["correction"]["reference"].text).id
        val surgery = stage.requester("surgery", readers["answers"])
        val doctor = stage.requester("doctor", readers["silent"])
        val (toSurgery, toDoctor) = listOf(surgery, doctor).map { read(patient, it, record) }
        val names = listOf(readers["answers"], readers["silent"]).map { it["name"].text }
        val before = patient.holders(record).items
        assertEquals(names.toSet(), before.map { it.audience }.toSet())
        assertTrue(before.all { it.version == 1u && it.read == stage.clock.now() })

        stage.at("2025-04-09T09:30:00Z")
        correct(patient, record)
        val notices = patient.notices().items.associateBy { it.audience }
        assertEquals(names.toSet(), notices.keys)
        for (notice in notices.values) {
            assertEquals(NoticeKind.CORRECTION, notice.kind)
            assertEquals(null, notice.answered)
            assertEquals(listOf(record), patient.corrected(notice.id).items)
        }
        stage.at("2025-04-10T08:00:00Z")
        val applied = surgery.applyNotice(notices.getValue(names[0]).envelope)
        assertEquals(listOf(toSurgery.consent), applied.consents)
        assertEquals(listOf(toSurgery.folder.absolutePath), applied.folders)
        assertTrue(expect["before"].text in File(applied.outdated.single()).readText())
        val answer = checkNotNull(applied.answer)
        assertTrue(patient.addReceipts(listOf(answer)).single().isNew)
        val answered = patient.notices().items.associate { it.audience to it.answered }
        assertEquals(names.zip(listOf(stage.clock.now(), null)).toMap(), answered)
        val preview = patient.reviewRefresh(toSurgery.consent)
        val corrected = stage.file("corrected")
        patient.refresh(toSurgery.consent, preview.digest, corrected).await()
        val after = patient.holders(record).items.associate { it.audience to it.version }
        assertEquals(names.zip(listOf(2u, 1u)).toMap(), after)

        surgery.open(toSurgery.token, corrected, stage.file("new")).await()
        patient.addReceipts(surgery.receipts().items.map { it.envelope })
        stage.at("2025-04-23T08:00:00Z")
        val silent = patient.reconcile().flagged.items.single()
        assertEquals(listOf(names[1], toDoctor.consent), listOf(silent.name, silent.consent))
        assertEquals(listOf(readers["flag"].text), silent.why.map { it.kind.word })
        patient.lock()
        listOf(surgery, doctor).forEach { it.lock() }
    }

    @Test
    fun `a wish to erase is answered by a statement, and the copies are gone`() = told {
        val patient = stage.patient()
        val record = patient.byReference(story["correction"]["reference"].text).id
        val doctor = stage.requester("doctor", readers["silent"])
        val given = read(patient, doctor, record)
        stage.at("2025-04-09T09:30:00Z")
        val wish = patient.askErasure(given.consent)
        assertEquals(NoticeKind.ERASURE_WISH, wish.kind)
        assertEquals(given.consent, patient.owedErasures().items.single().consent)

        val noted = doctor.receive(wish.envelope) as Received.Noticed
        assertEquals(listOf(given.folder.absolutePath), noted.notice.folders)
        assertEquals(null, noted.notice.answer)
        assertEquals(Owed.ASKED, doctor.consents().items.single().owed)
        assertTrue(given.folder.isDirectory)
        val erased = doctor.eraseCopies(given.consent)
        assertEquals(emptyList<String>(), erased.foreign + erased.missing)
        assertFalse(given.folder.exists())
        assertEquals(0uL, doctor.consents().total)

        val statement = patient.addReceipts(listOf(erased.statement)).single()
        assertEquals(ReceiptAct.ERASED, statement.receipt?.act)
        val again = doctor.erasureStatement(given.consent)
        assertEquals(null, patient.addReceipts(listOf(again)).single().refused)
        assertEquals(0uL, patient.owedErasures().total)
        assertEquals(stage.clock.now(), patient.notices().items.single().answered)
        assertEquals(stage.clock.now(), patient.holders(record).items.single().erased)
        patient.lock()
        doctor.lock()
    }

    /** Gives somebody one record; they open it and hand back what they signed. */
    private suspend fun read(patient: Session, reader: Requester, record: String): Given {
        val terms = Narrowing(
            only = listOf(RecordCategory.LABORATORY),
            records = listOf(record),
            seconds = readers["for"].days,
            purpose = Purpose.TREATMENT,
        )
        val given = stage.give(patient, reader, terms)
        val receipt = reader.open(given).receipt
        patient.addReceipts(listOf(receipt.envelope))
        reader.markGiven(listOf(receipt.id))
        return given
    }

    private suspend fun correct(patient: Session, record: String) {
        val correction = story["correction"]
        val json = Stage.data(correction["file"].text).readText()
        patient.correct(record, json, correction["author"].text, correction["reason"].text)
    }
}
