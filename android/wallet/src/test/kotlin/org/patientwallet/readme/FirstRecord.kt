package org.patientwallet.readme

import java.io.File
import java.util.concurrent.ConcurrentHashMap
import org.patientwallet.*

suspend fun firstRecord(folder: File): String {
    val wallet = Wallet(folder, MemoryKeystore())
    return wallet.create(Secret.of("only to try this out")).use { session ->
        val id = session.add(NewEntry(AuthoredKind.ALLERGY, "Penicillin"))
        session.record(id).title
    }
}

/** For a test. An app keeps the items in the Android Keystore. */
class MemoryKeystore : Keystore {
    private val items = ConcurrentHashMap<String, ByteArray>()

    override fun put(name: String, secret: ByteArray, policy: KeystorePolicy) {
        items[name] = secret.copyOf()
    }

    override fun get(name: String) = items[name]?.copyOf() ?: throw KeystoreException.Missing()

    override fun delete(name: String) {
        items.remove(name)
    }
}
