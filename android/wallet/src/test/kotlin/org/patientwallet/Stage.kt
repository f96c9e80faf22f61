package org.patientwallet

import java.io.File
import java.time.Instant
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import org.junit.Assert.assertEquals
import org.junit.rules.TemporaryFolder

/** Gives a test a folder, what a phone lends, and the inputs of the stories. */
class Stage : TemporaryFolder(File(checkNotNull(System.getProperty("wallet.place")))) {
    val clock = SetClock()
    private val keystores = ConcurrentHashMap<String, MemoryKeystore>()
    private val wallets = mutableListOf<Wallet>()

    /** Sets the clock, RFC 3339. */
    fun at(moment: String) = clock.set(Instant.parse(moment).epochSecond)

    /** Names a file of the test. */
    fun file(name: String) = File(root, name)

    /** Gives the keystore of a phone; it stays while the test lasts. */
    fun keystore(home: String = HOME) = keystores.getOrPut(home) { MemoryKeystore() }

    /** Names the wallet of a phone. */
    fun wallet(
        home: String = HOME,
        keystore: Keystore = keystore(home),
        clock: WalletClock = this.clock,
        idleMs: ULong = 300_000u,
    ): Wallet {
        val options = WalletOptions(KdfCost(memoryKib = 19u * 1024u, passes = 2u), idleMs)
        return Wallet(file(home), keystore, clock, options).also { wallets += it }
    }

    /** Makes a wallet that holds the record of the stories. */
    suspend fun patient(wallet: Wallet = wallet()): Session {
        at("2025-04-02T10:00:00Z")
        val session = wallet.create(passphrase())
        session.importFile(data("patient.json")).await()
        return session
    }

    /** Makes a home for somebody who asks, as a story tells of them. */
    suspend fun requester(home: String, who: JsonElement): Requester {
        val (name, classified) = who["name"].text to who["class"].text
        return Requester.create(wallet(home), passphrase(), name, named(classified))
    }

    /** Has a patient give somebody what nobody asked for. */
    suspend fun give(patient: Session, reader: Requester, terms: Narrowing): Given {
        val name = reader.profile().name
        val given = file("$name.disclosure")
        val review = patient.reviewContact(reader.contact(), terms)
        val approved = patient.approve(review.digest, given).await()
        return Given(approved.consent.id, approved.token, given, file("$name.opened"))
    }

    /** Waits until everything is locked that was closed. */
    suspend fun settle() = wallets.forEach { it.lane.call { } }

    /** Closes every wallet of the test. */
    suspend fun closeWallets() {
        wallets.forEach(Wallet::close)
        settle()
    }

    /** Holds no wallet any more. */
    fun forget() = wallets.clear()

    override fun after() {
        // What is still being locked writes to the folder that goes now.
        runBlocking { settle() }
        super.after()
    }

    companion object {
        private const val HOME = "home"
        private val checkout = File(checkNotNull(System.getProperty("wallet.root")))

        /** Reads a story: its inputs, and what must come out. */
        fun story(name: String): JsonElement =
            Json.parseToJsonElement(File(checkout, "examples/stories/$name.json").readText())

        /** Names a file that the stories take in. */
        fun data(name: String) = File(checkout, "examples/data/$name")

        /** Names a file of the checkout. */
        fun source(name: String) = File(checkout, name)
    }
}

/** What a patient gave somebody, and where they open it. */
class Given(val consent: String, val token: ByteArray, val file: File, val folder: File)

/** Opens what a patient gave. */
suspend fun Requester.open(given: Given): OpenedDisclosure =
    open(given.token, given.file, given.folder).await()

/** Runs a test; what runs on the wallets' threads takes real time. */
fun told(atMost: Duration = 3.minutes, test: suspend TestScope.() -> Unit) =
    runTest(timeout = atMost, testBody = test)

/** Types the passphrase of the tests. */
fun passphrase(): Secret = Secret.of(PASSPHRASE)

/** Shows to be there, by the passphrase. */
fun typed(): Authentication = Authentication.Passphrase(passphrase())

/** Expects a refusal by its class and its code. */
suspend inline fun <reified E : WalletException> refused(code: String, call: () -> Unit): E {
    val answer = try {
        call()
        null
    } catch (refusal: WalletException) {
        refusal
    }
    assertEquals("${E::class.simpleName} $code", "${answer?.javaClass?.simpleName} ${answer?.code}")
    return answer as E
}

/** Gives every record. */
suspend fun Session.everything(): List<Record> = find(Query(limit = 1000u)).items

/** Finds a record by the reference that its source gave it. */
suspend fun Session.byReference(reference: String): Record =
    everything().single { it.reference == reference }

/** Stands still until it is set; the other clock, until it is told that time has passed. */
class SetClock : WalletClock {
    private val seconds = AtomicLong(Instant.parse("2025-04-02T10:00:00Z").epochSecond)
    private val milliseconds = AtomicLong(1000)

    fun set(to: Long) = seconds.set(to)

    fun pass(ms: Long) {
        milliseconds.addAndGet(ms)
    }

    override fun now(): ULong = seconds.get().toULong()

    override fun monotonicMs(): ULong = milliseconds.get().toULong()
}

/** Keeps secrets in memory, and does first what a test says. */
class MemoryKeystore : Keystore {
    val items = ConcurrentHashMap<String, ByteArray>()

    /** Is told the name of the call and of the item; what it throws is thrown. */
    @Volatile var before: (String, String) -> Unit = { _, _ -> }

    /** Everything that was ever handed over, as it is now. */
    val passed = mutableListOf<ByteArray>()

    override fun put(name: String, secret: ByteArray, policy: KeystorePolicy) {
        before("put", name)
        items[name] = secret.copyOf()
        synchronized(passed) { passed += secret }
    }

    override fun get(name: String): ByteArray {
        before("get", name)
        val secret = items[name]?.copyOf() ?: throw KeystoreException.Missing()
        synchronized(passed) { passed += secret }
        return secret
    }

    override fun delete(name: String) {
        before("delete", name)
        items.remove(name)
    }

    /** Loses the items whose names begin like this. */
    fun lose(beginning: String = "") {
        items.keys.removeIf { it.startsWith(beginning) }
    }

    /** Gives another one with the same items. */
    fun copy(): MemoryKeystore = MemoryKeystore().also { it.items += items }
}

private const val PASSPHRASE = "only to try this out"
