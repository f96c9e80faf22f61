// From nothing to a first record: create, take a file in, find, lock. FirstKt FOLDER FILE

import org.patientwallet.ffi.*

object Memory : Keystore {
    private val items = HashMap<String, ByteArray>()

    override fun put(name: String, secret: ByteArray, policy: Policy) {
        items[name] = secret
    }

    override fun get(name: String): ByteArray = items[name] ?: throw KeystoreException.Missing()

    override fun delete(name: String) {
        items.remove(name)
    }
}

object Clock : WalletClock {
    override fun now(): ULong = 1_744_016_400UL

    override fun monotonicMs(): ULong = 1UL
}

fun main(arguments: Array<String>) {
    val (folder, file) = arguments
    val options = WalletOptions(kdf = KdfCost(memoryKib = 19456u, passes = 2u))
    val wallet = Wallet(folder, Memory, Clock, options)
    val session = wallet.create("seven herons over the lake".toByteArray(), WordCount.TWENTY_FOUR)
    session.importFile(file, ImportOptions())
    val found = session.find(Query(text = "blood group"))
    session.lock()
    try {
        session.find(Query())
    } catch (error: WalletException.Locked) {
        println("${found.items.first().reference} ${error.code}")
    }
}
