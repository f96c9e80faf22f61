package org.patientwallet

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** The proxy: a mother acts for her child towards one clinic, and no further than that. */
class DelegationTest {
    @get:Rule val stage = Stage()

    @Test
    fun `a mother gives what the delegation covers, and the child sees who signed`() = told {
        family().use { family ->
            val (child, mother, clinic, delegated, trust) = family
            assertEquals(listOf("Dr. Chen"), trust.requesters)
            assertEquals(listOf("Lia Muster", false), listOf(trust.patient, trust.isOver))
            assertEquals(trust, mother.entrusted().items.single())
            assertEquals(1uL, delegated.records)
            val record = mother.entrustedRecords(trust.id).items.single()
            assertTrue(record.title, record.title.startsWith("HbA1c"))
            assertTrue("4548-4" in mother.entrustedResource(trust.id, record.id))

            val request = clinic.request(laboratory)
            val review = mother.reviewFor(trust.id, request)
            assertTrue(MOTHER in review.sentence && "Dr. Chen" in review.sentence)
            assertEquals(listOf(record.id), review.release.items.map { it.id })
            val given = mother.signs(review)
            refused<WalletException.NotPermitted>("consent.answered") {
                mother.reviewFor(trust.id, request)
            }
            val verified = clinic.verify(given.token)
            assertEquals(listOf(MOTHER, given.consent), listOf(verified.by, verified.id))
            val opened = clinic.open(given)
            assertEquals(1uL, opened.parts.total)
            assertTrue("4548-4" in given.folder.resolve(opened.parts.items[0].path).readText())

            assertEquals(0uL, child.consents().total)
            val report = mother.report(trust.id)
            val done = child.takeReport(report).single()
            assertEquals(listOf(MOTHER, "Dr. Chen"), listOf(done.by, done.audience))
            assertEquals(listOf(given.consent, true), listOf(done.consent, done.isNew))
            assertFalse(child.takeReport(report).single().isNew)
            val consent = child.consents().items.single()
            assertEquals(listOf(given.consent, MOTHER), listOf(consent.id, consent.by))
            val entry = child.log(LogQuery(kind = AuditKind.CONSENTED)).items.single()
            assertEquals(LogActor.PROXY, entry.actor)
            val disclosed = child.accounting(0u, stage.clock.now() + 1u).disclosures.items
            assertEquals(listOf(MOTHER), disclosed.map { it.by })
            assertTrue(child.addReceipts(listOf(opened.receipt.envelope)).single().isNew)
            assertEquals(0uL, child.reconcile().flagged.total)
        }
    }

    @Test
    fun `what nobody may do for a patient is refused by its name`() = told {
        family().use { (child, mother, clinic, delegated, trust) ->
            for ((act, code) in forbidden) {
                refused<WalletException.NotPermitted>(code) { mother.mayActFor(trust.id, act) }
                refused<WalletException.NotPermitted>(code) {
                    child.delegate(terms(mother, clinic).copy(acts = listOf(act)))
                }
            }
            for (act in delegated.delegation.acts) mother.mayActFor(trust.id, act)
            val more = clinic.request(laboratory.copy(categories = allCategories))
            val longer = clinic.request(laboratory.copy(seconds = 31u * DAY))
            val research = clinic.request(laboratory.copy(purpose = Purpose.RESEARCH))
            for (request in listOf(more, longer, research)) {
                refused<WalletException.NotPermitted>("delegation.widen") {
                    mother.reviewFor(trust.id, request)
                }
            }
            val narrowed = Narrowing(only = laboratory.categories)
            assertEquals(1uL, mother.reviewFor(trust.id, more, narrowed).release.total)
            val home = stage.wallet("stranger")
            val clinician = RequesterClass.CLINICIAN
            Requester.create(home, passphrase(), "Dr. Bell", clinician).use { stranger ->
                val asked = stranger.request(laboratory)
                refused<WalletException.NotPermitted>("delegation.other-requester") {
                    mother.reviewFor(trust.id, asked)
                }
            }
            assertEquals(0uL, mother.entrusted().items.single().signed)
        }
    }

    @Test
    fun `who may only deny reads nothing, and the child hears of the denial`() = told {
        family(acts = listOf(ProxyAct.DENY)).use { (child, mother, clinic, _, trust) ->
            refused<WalletException.NotPermitted>("delegation.not-allowed") {
                mother.entrustedRecords(trust.id)
            }
            val request = clinic.request(laboratory)
            refused<WalletException.NotPermitted>("delegation.not-allowed") {
                mother.reviewFor(trust.id, request)
            }
            val denial = mother.denyFor(trust.id, request, "We have moved")
            val received = clinic.receive(denial) as Received.Denied
            assertEquals("We have moved", received.reason)
            val done = child.takeReport(mother.report(trust.id)).single()
            assertEquals(listOf(MOTHER, received.request), listOf(done.by, done.denied))
        }
    }

    @Test
    fun `after the patient ended it no new token is taken`() = told {
        family().use { (child, mother, clinic, delegated, trust) ->
            val before = mother.signs(mother.reviewFor(trust.id, clinic.request(laboratory)))
            clinic.verify(before.token)
            stage.at("2025-04-04T10:00:00Z")
            val revoked = child.endDelegation(delegated.delegation.id).single()
            assertEquals("Dr. Chen", revoked.audience)
            assertEquals(stage.clock.now(), child.delegations().items.single().ended)
            assertTrue(clinic.receive(revoked.envelope) is Received.Revoked)
            val again = mother.reviewFor(trust.id, clinic.request(laboratory))
            val later = mother.signs(again, "later")
            assertNotEquals(before.consent, later.consent)
            refused<WalletException.NotPermitted>("consent.delegation-revoked") {
                clinic.verify(later.token)
            }
            refused<WalletException.NotPermitted>("consent.delegation-revoked") {
                clinic.open(later)
            }
            assertFalse(later.folder.exists())
            refused<WalletException.Expired>("delegation.ended") {
                child.delegationPacket(delegated.delegation.id)
            }
            // What the clinic knew before holds on, until it is taken back itself.
            assertEquals(before.consent, clinic.verify(before.token).id)
        }
    }

    @Test
    fun `when its time is over, or the child is of age, nobody acts any more`() = told {
        family().use { (child, mother, clinic, delegated, trust) ->
            val waiting = mother.reviewFor(trust.id, clinic.request(laboratory))
            stage.at("2025-07-01T10:00:00Z")
            assertEquals(delegated.delegation.until, stage.clock.now())
            assertTrue(mother.entrusted().items.single().isOver)
            val request = clinic.request(laboratory)
            refused<WalletException.Expired>("delegation.ended") {
                mother.entrustedRecords(trust.id)
            }
            refused<WalletException.Expired>("delegation.ended") {
                mother.reviewFor(trust.id, request)
            }
            refused<WalletException.Expired>("delegation.ended") {
                mother.denyFor(trust.id, request)
            }
            refused<WalletException.Expired>("consent.request-expired") { mother.signs(waiting) }
            assertEquals(0uL, mother.entrusted().items.single().signed)

            stage.at("2034-02-02T10:00:00Z")
            refused<WalletException.InvalidInput>("delegation.of-age") {
                child.delegate(terms(mother, clinic))
            }
        }
    }

    @Test
    fun `a packet is for one, and a newer one brings what is new`() = told {
        family().use { (child, mother, _, delegated, trust) ->
            stage.wallet("somebody").create(passphrase()).use { other ->
                refused<WalletException.Damaged>("delegation.undecryptable") {
                    other.acceptDelegation(delegated.packet)
                }
            }
            stage.at("2025-04-03T10:00:00Z")
            child.importFile(bundle("later", record("ferritin", "2276-4", "Ferritin"))).await()
            val newer = child.delegationPacket(delegated.delegation.id)
            assertEquals(trust.id, mother.acceptDelegation(newer.packet).id)
            assertEquals(2uL, mother.entrustedRecords(trust.id).total)
            refused<WalletException.NotPermitted>("consent.replayed") {
                mother.acceptDelegation(delegated.packet)
            }
        }
    }

    /** A child, the mother who acts for it until the first of July, and the clinic. */
    private data class Family(
        val child: Session,
        val mother: Session,
        val clinic: Requester,
        val delegated: Delegated,
        val trust: Entrusted,
    ) : AutoCloseable {
        override fun close() {
            child.close()
            mother.close()
            clinic.close()
        }
    }

    private suspend fun family(acts: List<ProxyAct> = mayBeAllowed): Family {
        stage.at("2025-04-02T10:00:00Z")
        val child = stage.wallet("child").create(passphrase())
        child.importFile(bundle("record", lia, record("hba1c", "4548-4", "HbA1c"), bee)).await()
        val mother = stage.wallet("mother").create(passphrase())
        val clinician = RequesterClass.CLINICIAN
        val clinic = Requester.create(stage.wallet("clinic"), passphrase(), "Dr. Chen", clinician)
        val delegated = child.delegate(terms(mother, clinic).copy(acts = acts))
        assertEquals(listOf(delegated.delegation), child.delegations().items)
        return Family(child, mother, clinic, delegated, mother.acceptDelegation(delegated.packet))
    }

    /** The mother may give laboratory results to one clinic. */
    private suspend fun terms(mother: Session, clinic: Requester) = Delegating(
        offer = mother.offerToAct(MOTHER),
        relation = Relation.PARENT,
        contacts = listOf(clinic.contact()),
        categories = laboratory.categories,
        purposes = listOf(Purpose.TREATMENT),
        acts = mayBeAllowed,
        until = stage.clock.now() + 90u * DAY,
        longestSeconds = 30u * DAY,
    )

    /** Signs what was reviewed, into files of this name. */
    private suspend fun Session.signs(review: ReviewFor, name: String = "given"): Given {
        val file = stage.file("$name.disclosure")
        val approved = approveFor(review.consent, file).await()
        assertEquals(review.consent, approved.consent)
        assertEquals(file.length().toULong(), approved.bytes)
        return Given(approved.consent, approved.token, file, stage.file("$name.opened"))
    }

    private fun bundle(name: String, vararg resources: String) = stage.file("$name.json").apply {
        val entries = resources.joinToString(",") { """{"resource":$it}""" }
        writeText("""{"resourceType":"Bundle","type":"collection","entry":[$entries]}""")
    }

    private companion object {
        const val MOTHER = "Elena Muster"

        val mayBeAllowed = listOf(ProxyAct.READ, ProxyAct.APPROVE, ProxyAct.DENY)

        val forbidden = mapOf(
            ProxyAct.WIDEN to "delegation.widen",
            ProxyAct.DELEGATE_ON to "delegation.delegate-on",
            ProxyAct.RECOVER to "delegation.recover",
            ProxyAct.ERASE to "delegation.erase",
        )

        /** What the clinic asks for. */
        val laboratory = Ask(
            Purpose.TREATMENT,
            listOf(RecordCategory.LABORATORY),
            seconds = 7u * DAY,
            retainSeconds = 30u * DAY,
        )

        const val lia = """{"resourceType":"Patient","id":"lia","birthDate":"2016-02-03",
            "name":[{"given":["Lia"],"family":"Muster"}]}"""

        const val bee = """{"resourceType":"AllergyIntolerance","id":"bee",
            "code":{"text":"Bee venom",
            "coding":[{"system":"http://snomed.info/sct","code":"288328004"}]},
            "patient":{"reference":"Patient/lia"}}"""

        /** Writes a laboratory result. */
        fun record(id: String, loinc: String, text: String) = """{"resourceType":"Observation",
            "id":"$id","status":"final","subject":{"reference":"Patient/lia"},
            "category":[{"coding":[{"code":"laboratory",
            "system":"http://terminology.hl7.org/CodeSystem/observation-category"}]}],
            "code":{"text":"$text","coding":[{"system":"http://loinc.org","code":"$loinc"}]},
            "effectiveDateTime":"2024-03-05","valueQuantity":{"value":6.10,"unit":"%"}}"""
    }
}
