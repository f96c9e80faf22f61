package org.patientwallet

import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The insurer: a standing rule outranks whatever is approved later. */
class InsurerTest {
    @get:Rule val stage = Stage()

    private val story = Stage.story("insurer")
    private val expect = story["expect"]
    private val label = named<SensitivityLabel>(story["rule"]["label"].text)

    @Test
    fun `a rule outranks an approval`() = told {
        val patient = stage.patient()
        stage.at("2025-06-16T08:00:00Z")
        val insurer = home("insurer", "vouched")
        stage.vouched(insurer, story["vouched"]["class"].text, story["directory"].text, patient)
        val item = patient.receiveRequest(insurer.request(wish()))
        assertEquals(expect["standings"][0].text, item.who.standing.word)
        assertEquals(expect["labelled"].number.toInt(), patient.marked(item.id))

        val insurers = named<RequesterClass>(story["rule"]["class"].text)
        val rule = patient.addRule(insurers, listOf(label))
        assertEquals(listOf(rule), patient.rules().items)
        assertEquals(0, patient.marked(item.id))
        val review = patient.review(item.id)
        val ruled = patient.withheld(review.digest, limit = 1000u).items
            .filter { Because.RULE in it.because }
        assertTrue(ruled.size >= expect["ruled"].number.toInt())

        val disclosure = stage.file("disclosure")
        val approved = patient.approve(review.digest, disclosure).await()
        assertEquals(review.released, approved.released)
        assertTrue(label in approved.consent.denied)
        val held = patient.heldUnder(approved.consent.id, limit = 1000u).items
        assertTrue(held.isNotEmpty() && ruled.none { it.record.id in held })
        val opened = stage.file("opened")
        insurer.open(approved.token, disclosure, opened).await()
        insurer.lock()
        val here = listOf(opened, disclosure, stage.file("insurer")).contents()
        val whole = Stage.data("patient.json").readText()
        for (text in expect["never"].texts) assertTrue(text, text in whole && text !in here)

        pretend(patient)
        patient.removeRule(rule.id)
        assertEquals(0uL, patient.rules().total)
        patient.lock()
    }

    /** The same insurer under another name, for which nobody vouches. */
    private suspend fun pretend(patient: Session) {
        val pretender = home("pretender", "unvouched")
        val item = patient.receiveRequest(pretender.request(wish()))
        assertEquals(expect["standings"][1].text, item.who.standing.word)
        assertEquals(null, item.who.requesterClass)
        assertEquals(0, patient.marked(item.id))
        val denial = patient.deny(item.id, "I do not know you")
        val received = pretender.receive(denial) as Received.Denied
        assertEquals(
            listOf(item.id, "I do not know you"),
            listOf(received.request, received.reason),
        )
        assertEquals(RequestState.DENIED, patient.inbox().items.single { it.id == item.id }.state)
        pretender.lock()
    }

    private suspend fun home(name: String, asker: String): Requester {
        val (called, classified) = story[asker]["name"].text to story[asker]["class"].text
        return Requester.create(stage.wallet(name), passphrase(), called, named(classified))
    }

    private fun wish() = Ask(
        purpose(story["request"]["purpose"].text),
        allCategories,
        seconds = story["request"]["for"].days,
        retainSeconds = 30u * DAY,
    )

    /** Counts the records with the label that would leave. */
    private suspend fun Session.marked(request: String): Int =
        released(review(request).digest, limit = 1000u).items.count { label in it.labels }
}

/** Reads everything below, as letters of one byte each. */
fun List<File>.contents(): String = flatMap { it.walk() }.filter(File::isFile)
    .joinToString("") { String(it.readBytes(), Charsets.ISO_8859_1) }

/** Lets a directory vouch for somebody who asks, and the patient believe it. */
suspend fun Stage.vouched(
    asker: Requester,
    classified: String,
    directory: String,
    patient: Session,
) {
    Directory.create(wallet("register"), passphrase(), directory).use { register ->
        val vouch = Vouch(named(classified), 365u * DAY)
        asker.addCredential(register.vouch(asker.contact(), vouch))
        patient.trust(register.contact())
        check(!patient.trust(register.list()).isStale)
        check(register.vouched().items.single().name == asker.profile().name)
    }
}
