package org.patientwallet

import java.io.File
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.add
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** What one language made, every other opens: `tools/exchange.sh` runs one of the two. */
class ExchangeTest {
    @get:Rule val stage = Stage()

    @Test
    fun `makes what others open`() = told {
        val folder = File(checkNotNull(System.getenv("WALLET_EXCHANGE_MAKE")))
        fun write(name: String, bytes: ByteArray) = File(folder, name).writeBytes(bytes)
        val patient = stage.patient()
        stage.at("2025-04-07T09:00:00Z")
        val request = ask(folder)
        val item = patient.receiveRequest(request)
        val terms = Narrowing(only = listOf(RecordCategory.LABORATORY), seconds = 7u * DAY)
        val review = patient.review(item.id, terms)
        val released = patient.released(review.digest, limit = 1000u).items
        val approved = patient.approve(review.digest, File(folder, "disclosure.pmw")).await()
        write("request.pmw", request)
        write("token.pmw", approved.token)
        File(folder, "token.txt").writeText(Envelope.text(approved.token))
        write("checkpoint.pmw", patient.checkpoint())
        write("proof.pmw", patient.prove(1u))
        patient.backup(typed(), File(folder, "backup.pmw")).await()
        write("revocation.pmw", patient.revoke(listOf(approved.consent.id)).single().envelope)
        val facts = buildJsonObject {
            put("language", "kotlin")
            put("clinic_name", CLINIC)
            put("clinic_passphrase", passphrase().read { String(it) })
            put("words", patient.dangerousWords(typed()).read { String(it) })
            put("consent_id", approved.consent.id)
            putJsonArray("released") {
                released.mapNotNull { it.reference }.sorted().forEach(::add)
            }
            put("records", patient.status().records?.toLong())
        }
        patient.lock()
        File(folder, "facts.json").writeText(facts.toString())
    }

    @Test
    fun `opens what others made`() = told {
        val folder = File(checkNotNull(System.getenv("WALLET_EXCHANGE_OPEN")))
        val made = folder.listFiles().orEmpty().filter { File(it, "facts.json").exists() }.sorted()
        assertTrue("$made", made.any { it.name == "kotlin" })
        stage.at("2025-04-07T10:00:00Z")
        made.forEach { open(it, Json.parseToJsonElement(File(it, "facts.json").readText())) }
    }

    /** Signs a request, and leaves the clinic that signed it. */
    private suspend fun ask(folder: File): ByteArray {
        val home = stage.wallet("clinic")
        val request = Requester.create(home, passphrase(), CLINIC, RequesterClass.CLINICIAN).use {
            val laboratory = listOf(RecordCategory.LABORATORY)
            val month = 30u * DAY
            it.request(Ask(Purpose.TREATMENT, laboratory, seconds = month, retainSeconds = month))
        }
        stage.settle()
        stage.file("clinic").copyRecursively(File(folder, "clinic"))
        val items = stage.keystore("clinic").items.mapValues {
            JsonPrimitive(it.value.toHexString())
        }
        File(folder, "clinic.keystore.json").writeText(JsonObject(items).toString())
        return request
    }

    private suspend fun open(folder: File, facts: JsonElement) {
        fun read(name: String) = File(folder, name).readBytes()
        val name = folder.name
        val token = read("token.pmw")
        proven(name, "request") {
            assertEquals(SignedKind.REQUEST, Envelope.kind(read("request.pmw")))
            stage.wallet("$name-fresh").create(passphrase()).use {
                val item = it.receiveRequest(read("request.pmw"))
                assertEquals(facts["clinic_name"].text, item.who.name)
            }
        }
        File(folder, "clinic").copyRecursively(stage.file("$name-clinic"))
        val items = Json.parseToJsonElement(String(read("clinic.keystore.json"))).jsonObject
        stage.keystore("$name-clinic").items += items.mapValues { it.value.text.hexToByteArray() }
        val clinic = Requester.unlock(
            stage.wallet("$name-clinic"),
            Secret.of(facts["clinic_passphrase"].text),
        )
        proven(name, "token") { assertEquals(facts["consent_id"].text, clinic.verify(token).id) }
        proven(name, "disclosure") {
            val opened = stage.file("$name-opened")
            val parts = clinic.open(token, File(folder, "disclosure.pmw"), opened).await().parts
            assertEquals(facts["released"].texts, references(opened, parts.items))
        }
        proven(name, "revocation") {
            clinic.receive(read("revocation.pmw"))
            refused<WalletException.NotPermitted>("consent.revoked") { clinic.verify(token) }
        }
        clinic.lock()
        proven(name, "text") {
            assertArrayEquals(token, Envelope.fromText(File(folder, "token.txt").readText()))
        }
        proven(name, "log") {
            val found = Envelope.checkLogFiles(listOf(read("checkpoint.pmw"), read("proof.pmw")))
            val kinds = listOf(LogFindingKind.Checkpoint, LogFindingKind.Entry(1u))
            assertEquals(kinds, found.map { it.kind })
        }
        proven(name, "backup") {
            val key = BackupKey.Words(Secret.of(facts["words"].text))
            val phone = stage.wallet("$name-phone")
            val work = phone.restoreBackup(File(folder, "backup.pmw"), key, Secret.of("a new one"))
            work.await().use { back ->
                assertEquals(facts["records"].number, back.status().records)
                val found = back.find(Query(text = "blood group")).items.map { it.reference }
                assertEquals(listOf("Observation/lab-blood-group"), found)
            }
        }
    }

    private inline fun proven(language: String, what: String, proof: () -> Unit) {
        proof()
        println("exchange $language $what")
    }

    private companion object {
        const val CLINIC = "Clinic of kotlin"
    }
}

/** Reads which records were opened into a folder. */
fun references(folder: File, parts: List<OpenedPart>): List<String> = parts
    .filter { it.file == null }
    .map { Json.parseToJsonElement(File(folder, it.path).readText()) }
    .map { "${it["resourceType"].text}/${it["id"].text}" }
    .sorted()
