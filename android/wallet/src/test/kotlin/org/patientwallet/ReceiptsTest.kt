package org.patientwallet

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The audit: readers sign what they do, and the patient compares that with what was given. */
class ReceiptsTest {
    @get:Rule val stage = Stage()

    private val story = Stage.story("audit")
    private val clinicName = story["clinic"]["name"].text
    private val reader = story["reader"].text

    @Test
    fun `who opens something signs that, and the patient takes it in once`() = told {
        val (patient, clinic, given) = visit()
        val opened = clinic.open(given)
        assertEquals(ReceiptAct.OPENED, opened.receipt.act)
        assertEquals(listOf(opened.receipt.id), clinic.receipts().items.map { it.id })
        stage.at("2025-09-02T02:00:00Z")
        clinic.noteAccess(given.consent, byMachine = true)
        stage.at("2025-09-05T14:00:00Z")
        val first = opened.parts.items.first().alias
        clinic.noteAccess(given.consent, records = listOf(first), person = reader)

        val signed = clinic.receipts().items
        val acts = listOf(ReceiptAct.OPENED, ReceiptAct.MACHINE, ReceiptAct.READ)
        assertEquals(acts, signed.map { it.act })
        val all = opened.parts.total
        assertEquals(listOf(all, all, 1uL), signed.map { it.records })
        clinic.markGiven(signed.map { it.id })
        assertEquals(0uL, clinic.receipts().total)
        val again = clinic.receipts(given.consent, again = true).items
        assertEquals(signed.map { it.id }, again.map { it.id })

        val (last, middle, opening) = signed.reversed().map { it.envelope }
        assertEquals(listOf(true, true), patient.addReceipts(listOf(last, opening)).news)
        val rest = patient.addReceipts(listOf(opening, middle, last))
        assertEquals(listOf(false, true, false), rest.news)
        val kept = patient.receipts(given.consent).items
        assertEquals(signed.map { it.id }, kept.map { it.id })
        assertEquals(listOf<ULong?>(1u, 2u, 3u), kept.map { it.number })
        assertEquals(acts, kept.map { it.act })
        assertEquals(setOf(clinicName), kept.flatMap { listOf(it.audience, it.name) }.toSet())
        assertEquals(listOf(null, null, reader), kept.map { it.person })

        val told = patient.reconcile()
        assertEquals(listOf(3uL, 0uL), listOf(told.accesses, told.flagged.total))
        val lines = patient.accesses().items.map { it.kind to it.accesses }
        assertEquals(listOf(LineKind.PERSON to 2uL, LineKind.MACHINE to 1uL), lines)
        patient.lock()
        clinic.lock()
    }

    @Test
    fun `what is forged or of another patient is refused, and the rest comes in`() = told {
        val (patient, clinic, given) = visit()
        val receipt = clinic.open(given).receipt.envelope
        for (place in receipt.indices step 11) {
            val forged = receipt.copyOf().also { it[place] = (it[place] + 1).toByte() }
            val (judged) = patient.addReceipts(listOf(forged))
            assertTrue("$place ${judged.refused}", judged.refused in forgeries && !judged.isNew)
        }
        val forged = receipt.copyOf().also { it[it.lastIndex] = (it.last() + 1).toByte() }
        val judged = patient.addReceipts(listOf(forged, receipt))
        assertEquals(listOf("receipt.invalid", null), judged.map { it.refused })
        assertEquals(listOf(false, true), judged.news)
        val other = stage.wallet("other").create(passphrase())
        assertEquals("receipt.foreign", other.addReceipts(listOf(receipt)).single().refused)
        assertEquals(0uL, other.receipts().total)
        listOf(patient, other).forEach { it.lock() }
        clinic.lock()
    }

    @Test
    fun `what was read too late, or for something else, is flagged and nothing else`() = told {
        val (patient, clinic, given) = visit()
        clinic.open(given)
        stage.at("2025-09-03T09:00:00Z")
        val misused = clinic.noteAccess(given.consent, purpose = Purpose.RESEARCH, person = reader)
        stage.at("2025-09-10T09:00:00Z")
        val late = clinic.noteAccess(given.consent, person = reader)
        stage.at("2025-09-12T18:00:00Z")
        val (opening) = clinic.receipts().items
        patient.addReceipts(listOf(opening.envelope, late.envelope))
        val gap = patient.reconcile().flagged.items.flatMap { it.why }
            .single { it.kind == FlagKind.GAP }
        val dates = listOf(gap.gapAfter, gap.gapBefore)
        assertEquals(listOf(opening.at, late.at), dates)
        assertEquals(1uL, gap.missing)

        patient.addReceipts(listOf(misused.envelope))
        val told = Language.entries.map { patient.reconcile(it) }
        val flagged = told.first().flagged.items
        assertEquals(
            listOf(late.id to FlagKind.AFTER_EXPIRY, misused.id to FlagKind.WRONG_PURPOSE),
            flagged.map { it.id to it.why.single().kind },
        )
        for (flag in flagged) {
            assertEquals(FlaggedAbout.ACCESS, flag.about)
            val who = listOf(clinicName, reader, given.consent)
            assertEquals(who, listOf(flag.name, flag.person, flag.consent))
            assertEquals(patient.heldUnder(given.consent).total, flag.records.size.toULong())
        }
        val sentences = told.flatMap { it.flagged.items }.map { it.why.single().sentence }
        assertEquals(sentences.size, sentences.filter(String::isNotBlank).toSet().size)
        val lines = patient.accesses().items
        assertEquals(listOf(1uL, 1uL, 1uL), lines.map { it.accesses })
        assertEquals(listOf(true, true, false), lines.map { it.flags.isNotEmpty() })
        patient.lock()
        clinic.lock()
    }

    @Test
    fun `an accounting lists what was given, and is written for others`() = told {
        val (patient, clinic, given) = visit()
        val september = seconds("2025-09-01T00:00:00Z") to seconds("2025-10-01T00:00:00Z")
        val (since, until) = september
        val disclosed = patient.accounting(since, until).disclosures.items.single()
        assertEquals(clinicName, disclosed.audience)
        assertEquals(given.consent, disclosed.consent)
        assertEquals(Purpose.TREATMENT, disclosed.purpose)
        assertEquals(patient.heldUnder(given.consent).total, disclosed.records)
        assertEquals(0uL, patient.accounting(until, until + DAY).disclosures.total)

        val page = stage.file("accounting.html")
        patient.writeAccounting(page, since, until, Language.ES)
        val html = page.readText()
        assertTrue(clinicName in html && html.startsWith("<!doctype html>", ignoreCase = true))
        assertFalse("<script" in html)
        refused<WalletException.NotPermitted>("file.exists") {
            patient.writeAccounting(page, since, until, format = AccountingFormat.TEXT)
        }
        assertEquals(html, page.readText())
        patient.writeAccounting(
            page,
            since,
            until,
            format = AccountingFormat.TEXT,
            replace = true,
        )
        assertTrue(clinicName in page.readText() && "<" !in page.readText())
        patient.lock()
        clinic.lock()
    }

    /** Gives a clinic her laboratory results for a week; two hours later it may open them. */
    private suspend fun visit(): Triple<Session, Requester, Given> {
        val patient = stage.patient()
        stage.at("2025-09-01T08:00:00Z")
        val clinic = stage.requester("clinic", story["clinic"])
        val terms = Narrowing(
            only = story["terms"]["only"].words.map { named<RecordCategory>(it) },
            seconds = story["terms"]["for"].days,
            purpose = Purpose.TREATMENT,
        )
        val given = stage.give(patient, clinic, terms)
        stage.at("2025-09-01T10:00:00Z")
        return Triple(patient, clinic, given)
    }
}

private val forgeries = setOf("receipt.invalid", "receipt.wrong-type", "receipt.unknown-version")

private val List<AddedReceipt>.news: List<Boolean> get() = map { it.isNew }

private fun seconds(moment: String): ULong = java.time.Instant.parse(moment).epochSecond.toULong()
