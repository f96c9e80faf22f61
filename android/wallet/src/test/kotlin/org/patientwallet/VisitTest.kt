package org.patientwallet

import kotlinx.coroutines.flow.toList
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The visit: a doctor asks for everything and opens exactly what the patient gives, for a week. */
class VisitTest {
    @get:Rule val stage = Stage()

    private val story = Stage.story("visit")
    private val expect = story["expect"]
    private val token get() = stage.file("token").readBytes()
    private val disclosure get() = stage.file("disclosure")

    @Test
    fun `a doctor opens exactly what the patient gives, for a week`() = told {
        val patient = stage.patient()
        stage.at("2025-04-07T08:00:00Z")
        val clinic = meet(patient)
        val request = ask(patient, clinic)
        stage.at("2025-04-07T09:00:00Z")
        look(patient, request)
        val withheld = approve(patient, request)
        stage.at("2025-04-07T15:00:00Z")
        open(clinic, withheld)
        clinic.lock()
        stage.file("clinic").copyRecursively(stage.file("before"))
        val untold = stage.wallet("before", stage.keystore("clinic").copy())
        stage.at("2025-04-09T18:00:00Z")
        takeBack(patient)
        stage.at("2025-04-14T09:00:00Z")
        expire(untold)
        val log = patient.log(LogQuery(limit = expect["log"].items.size.toUInt())).items
        assertEquals(expect["log"].texts, log.map { it.kind.word })
        patient.lock()
    }

    private suspend fun meet(patient: Session): Requester {
        val (name, classified) = story["clinic"]["name"].text to story["clinic"]["class"].text
        val doctor = named<RequesterClass>(classified)
        val clinic = Requester.create(stage.wallet("clinic"), passphrase(), name, doctor)
        stage.vouched(clinic, classified, story["directory"].text, patient)
        val profile = clinic.profile()
        assertEquals(listOf(name, true), listOf(profile.name, profile.hasCredential))
        return clinic
    }

    /** The clinic asks, and the patient takes it in; gives the request's id. */
    private suspend fun ask(patient: Session, clinic: Requester): String {
        val asked = story["request"]
        val envelope = clinic.request(
            Ask(
                purpose(asked["purpose"].text),
                categories = allCategories,
                seconds = asked["for"].days,
                retainSeconds = 30u * DAY,
                text = asked["text"].text,
            ),
        )
        // As it crosses a table: by a camera.
        val text = Envelope.text(envelope)
        assertTrue(Envelope.qrCode(envelope).width > 0u)
        val item = patient.receiveRequest(Envelope.fromText(text))
        assertEquals(story["clinic"]["name"].text, item.who.name)
        assertEquals(expect["standing"].text, item.who.standing.word)
        assertEquals(story["clinic"]["class"].text, item.who.requesterClass?.word)
        assertEquals(story["directory"].text, item.who.vouchedBy)
        assertEquals(asked["text"].text, item.request.text)
        refused<WalletException.NotPermitted>("consent.replayed") {
            patient.receiveRequest(envelope)
        }
        assertEquals(listOf(item), patient.inbox().items)
        return item.id
    }

    private suspend fun look(patient: Session, request: String) {
        val asked = patient.review(request)
        assertEquals(expect["asked"]["records"].number, asked.released)
        val all = patient.released(asked.digest, limit = 1000u).items
        for ((label, count) in expect["asked"]["labelled"].counts) {
            assertEquals(count, all.count { named<SensitivityLabel>(label) in it.labels })
        }
        val unread = patient.review(request, terms())
        val leaves = patient.released(unread.digest, limit = 1000u).items
        assertEquals(expect["unread"].counts, leaves.groupingBy { it.category.word }.eachCount())
        for (reference in story["looked_through"].texts) {
            patient.relabel(patient.byReference(reference).id)
        }
    }

    /** Approves less than was asked; gives the references of what stays. */
    private suspend fun approve(patient: Session, request: String): List<String> {
        val review = patient.review(request, terms(), Language.DE)
        assertTrue(story["clinic"]["name"].text in review.sentence)
        val released = patient.released(review.digest, limit = 1000u).items
        assertEquals(expect["released"].texts, released.mapNotNull { it.reference }.sorted())
        val denied = terms().deny
        assertTrue(released.none { record -> record.labels.any { it in denied } })
        val withheld = patient.withheld(review.digest, limit = 1000u)
        assertEquals(review.withheld, withheld.total)
        assertTrue(withheld.items.all { it.because.isNotEmpty() })

        val steps = patient.approve(review.digest, disclosure).steps.toList()
        val approved = (steps.last() as Step.Done).value
        assertEquals(expect["expires_at"].moment, approved.consent.expiresAt)
        assertEquals(review.released, approved.released)
        assertEquals(disclosure.length().toULong(), approved.bytes)
        assertEquals(approved.released, patient.heldUnder(approved.consent.id).total)
        stage.file("token").writeBytes(approved.token)
        return withheld.items.mapNotNull { it.record.reference }
    }

    private suspend fun open(clinic: Requester, withheld: List<String>) {
        val verified = clinic.verify(token)
        assertEquals(expect["expires_at"].moment, verified.expiresAt)
        val opened = stage.file("opened")
        val checked = clinic.check(token, disclosure).await()
        assertFalse(opened.exists())
        val parts = clinic.open(token, disclosure, opened).await().parts
        assertEquals(checked.parts, parts.total)
        assertEquals(expect["released"].texts, references(opened, parts.items))
        val all = listOf(opened, stage.file("clinic"), disclosure, stage.file("token")).contents()
        val whole = Stage.data("patient.json").readText()
        for (text in expect["never"].texts) assertTrue(text, text in whole && text !in all)
        assertTrue(withheld.isNotEmpty() && withheld.none { it in all })
    }

    private suspend fun takeBack(patient: Session) {
        val consent = patient.consents().items.single()
        val (revoked) = patient.revoke(listOf(consent.id))
        assertEquals(listOf(consent.id), revoked.consents)
        val home = stage.wallet("clinic")
        Requester.unlock(home, passphrase()).use { clinic ->
            assertTrue(clinic.receive(revoked.envelope) is Received.Revoked)
            val code = expect["after_revocation"].text
            refused<WalletException.NotPermitted>(code) { clinic.verify(token) }
            val again = stage.file("again")
            refused<WalletException.NotPermitted>(code) {
                clinic.open(token, disclosure, again).await()
            }
            assertFalse(again.exists())
            assertEquals(expect["states"][0].text, clinic.consents().items.single().state.word)
        }
    }

    /** Had the revocation been lost: the consent has run out by itself. */
    private suspend fun expire(untold: Wallet) {
        Requester.unlock(untold, passphrase()).use { clinic ->
            val code = expect["after_expiry"].text
            refused<WalletException.Expired>(code) { clinic.verify(token) }
            refused<WalletException.Expired>(code) {
                clinic.open(token, disclosure, stage.file("late")).await()
            }
            assertEquals(expect["states"][1].text, clinic.consents().items.single().state.word)
        }
    }

    private fun terms() = Narrowing(
        only = story["terms"]["only"].words.map { named<RecordCategory>(it) },
        deny = story["terms"]["deny"].words.map { named<SensitivityLabel>(it) },
        seconds = story["terms"]["for"].days,
    )
}
