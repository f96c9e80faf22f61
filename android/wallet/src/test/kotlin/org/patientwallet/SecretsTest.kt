package org.patientwallet

import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test

/** What is secret is wiped, and what is the patient's is on no stream and in no exception. */
class SecretsTest {
    @get:Rule val stage = Stage()

    @Test
    fun `a secret is spent by the call that takes it`() = told {
        val bytes = "korrekt Pferd".toByteArray()
        val wallet = stage.wallet()
        val secret = Secret.of(bytes)
        wallet.create(secret).lock()
        assertTrue(secret.isSpent && bytes.all { it == 0.toByte() })
        refused<WalletException.InvalidInput>("keys.passphrase-length") { wallet.unlock(secret) }

        val wrong = "wrong".toByteArray()
        runCatching { wallet.unlock(Secret.of(wrong)) }
        assertTrue(wrong.all { it == 0.toByte() })

        val (slow, late) = passphrase() to "cancelled".toByteArray()
        val (asked, answers) = CompletableDeferred<Unit>() to CountDownLatch(1)
        stage.keystore().before = { _, _ ->
            asked.complete(Unit)
            answers.await()
        }
        val first = launch(Dispatchers.Default) { runCatching { wallet.unlock(slow) } }
        asked.await()
        val second = launch(Dispatchers.Default) { wallet.unlock(Secret.of(late)) }
        second.cancelAndJoin()
        first.cancel()
        answers.countDown()
        first.join()
        assertTrue(slow.isSpent)
        stage.keystore().before = { _, _ -> }
        wallet.unlock(Secret.of("korrekt Pferd")).lock()
    }

    @Test
    fun `a secret keeps every letter and shows none`() {
        for (text in listOf("", "plain", "Ünïcødé 密码 🔑", "a".repeat(1000))) {
            val secret = Secret.of(text as CharSequence)
            assertEquals(text, secret.read { String(it) })
            assertEquals(text, secret.readChars { it.toString() })
            assertEquals("Secret(..)", "$secret")
            val bytes = secret.read { it }
            secret.close()
            assertTrue(secret.isSpent && bytes.all { it == 0.toByte() })
            assertEquals("", secret.read { String(it) })
        }
    }

    @Test
    fun `a changed text field does not change the secret`() {
        val field = StringBuilder("first")
        val secret = Secret.of(field)
        field.setLength(0)
        assertEquals("first", secret.read { String(it) })
    }

    @Test
    fun `no exception and no object says what is the patient's`() = told {
        val said = marked(stage)
        assertTrue("${said.size}", said.size > 20)
        for (text in said) for (mark in MARKS) assertFalse("$mark in $text", mark in text)
    }

    @Test
    fun `nothing of it goes to a stream, not even from the library`() {
        val java = ProcessHandle.current().info().command().get()
        val process = ProcessBuilder(
            java,
            "-cp",
            System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"),
            "-Djna.library.path=${System.getProperty("jna.library.path")}",
            "-Dwallet.root=${System.getProperty("wallet.root")}",
            "-Dwallet.place=${System.getProperty("wallet.place")}",
            Marked::class.java.name,
        ).redirectErrorStream(true).start()
        val out = process.inputStream.bufferedReader().readText()
        assertTrue(process.waitFor(1, TimeUnit.MINUTES))
        assertEquals(out, 0, process.exitValue())
        assertTrue(out, out.contains("refusals: "))
        for (mark in MARKS) assertFalse(out, mark in out)
    }
}

/** Does what [marked] does in a process of its own, whose streams a test reads. */
class Marked {
    companion object {
        @JvmStatic
        fun main(arguments: Array<String>) {
            val stage = Stage().apply { create() }
            try {
                println("refusals: ${runBlocking { marked(stage) }.size} ${arguments.size}")
            } finally {
                stage.delete()
            }
        }
    }
}

private const val RECORD = "Zyklothymie-4711"
private const val NAME = "Aurelia-Quittenbaum"
private const val TYPED = "Marmeladenglas-Passwort"
private const val PATH = "Geheimordner"
private val MARKS = listOf(RECORD, NAME, TYPED, PATH)

/** Uses a wallet whose every text is marked, wrongly where it can be; gives all that it says. */
private suspend fun marked(stage: Stage): List<String> {
    val said = mutableListOf<String>()
    suspend fun refused(call: suspend () -> Any?) {
        val answer = runCatching { call() }
        val failure = checkNotNull(answer.exceptionOrNull()) { "not refused" }
        said += failure.stackTraceToString()
        check(failure is WalletException) { failure.javaClass.name }
    }
    val wallet = stage.wallet(PATH)
    val typed = { Authentication.Passphrase(Secret.of(TYPED)) }
    refused { wallet.unlock(Secret.of(TYPED)) }
    val session = wallet.create(Secret.of(TYPED))
    said += listOf(session, wallet, typed(), typed().secret, session.verify()).map { "$it" }
    val file = stage.file(PATH + ".ndjson")
    file.writeText("""{"resourceType":"Condition","id":"c1","code":{"text":"$RECORD"}}""" + "\n")
    session.importFile(file, ImportOptions(source = NAME)).await()
    val id = session.add(NewEntry(AuthoredKind.NOTE, RECORD))
    refused { session.record(RECORD) }
    refused { session.read(id, 99u) }
    refused { session.history(NAME) }
    refused { session.add(NewEntry(AuthoredKind.NOTE, RECORD, since = NAME)) }
    refused { session.add(NewEntry(AuthoredKind.CONDITION, RECORD, code = NAME)) }
    refused { session.correct(id, """{"text": "$RECORD """, NAME, RECORD) }
    refused { session.correct(id, """{"resourceType": "$RECORD"}""", NAME, RECORD) }
    refused { session.correct(id, """{"resourceType": "Basic"}""", NAME + " ".repeat(200), NAME) }
    file.writeText("""{"resourceType":"$RECORD","name":"$NAME"}""")
    refused { session.importFile(file).await() }
    file.writeText("""[{"$RECORD":""")
    refused { session.importFile(file).await() }
    refused { session.importFile(stage.file(PATH)).await() }
    refused { session.exportFile(stage.file("$PATH/$NAME/$RECORD")) }
    refused { session.attach(stage.file(PATH + NAME)).await() }
    refused { session.attach(file, NewAttachment(NAME, mediaType = RECORD)).await() }
    refused { session.attach(file, NewAttachment(NAME, record = RECORD)).await() }
    refused { session.receiveRequest(RECORD.toByteArray()) }
    refused { session.trust(NAME.toByteArray()) }
    refused { session.review(RECORD, Narrowing(reason = NAME, preset = RECORD)) }
    refused { session.corrected(RECORD) }
    refused { session.writeAccounting(file, since = 0u, until = 1u) }
    refused { session.acceptDelegation(RECORD.toByteArray()) }
    refused { session.takeReport(NAME.toByteArray()) }
    refused { session.mayActFor(NAME, ProxyAct.READ) }
    refused { session.proveSince(RECORD.toByteArray()) }
    refused { session.rehearse(file, BackupKey.Passphrase(Secret.of(TYPED))).await() }
    refused { session.changePassphrase(Authentication.Words(Secret.of(NAME)), Secret.of(TYPED)) }
    refused { Envelope.fromText(RECORD) }
    refused { Envelope.checkLogFiles(listOf(RECORD.toByteArray())) }
    stage.keystore(PATH).before = { _, _ -> error("$RECORD $NAME") }
    refused { session.enableBiometrics(typed()) }
    stage.keystore(PATH).before = { _, _ -> throw OutOfMemoryError("$RECORD $NAME") }
    refused { session.enableBiometrics(typed()) }
    stage.keystore(PATH).before = { _, _ -> }
    refused { session.call { it.testingPanic("$RECORD $NAME $TYPED") } }
    refused { session.status() }
    session.close()
    wallet.exists()
    return said
}
