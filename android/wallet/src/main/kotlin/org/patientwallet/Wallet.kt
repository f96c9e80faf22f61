package org.patientwallet

import java.io.File
import org.patientwallet.ffi.Session as NativeSession
import org.patientwallet.ffi.Wallet as NativeWallet

/**
 * Names a locked wallet: a folder, and what the device lends. Everything begins here.
 *
 * Its calls run one after the other on a thread of its own, never on the caller's.
 */
public class Wallet(
    folder: File,
    keystore: Keystore,
    clock: WalletClock = DeviceClock(),
    options: WalletOptions = WalletOptions(),
) : AutoCloseable {
    internal val lane = Lane()

    // Made by the first call, on the wallet's thread: it loads the library.
    private val native = lazy {
        NativeWallet(folder.absolutePath, lane.lend(keystore), lend(clock), options)
    }

    /** Tells whether there is a wallet. */
    public suspend fun exists(): Boolean = call { it.exists() }

    /** Makes a wallet with fresh words and opens it. */
    public suspend fun create(
        passphrase: Secret,
        words: WordCount = WordCount.TWENTY_FOUR,
    ): Session = passphrase.spend { typed -> open { it.create(typed, words) } }

    /** Makes a wallet for words that the patient has seen already, and opens it. */
    public suspend fun createFrom(words: Secret, passphrase: Secret): Session =
        words.spend { read -> passphrase.spend { typed -> open { it.createFrom(read, typed) } } }

    /**
     * Comes back with the words: opens the wallet that is here, under a new passphrase, or makes a
     * new one with the same identity where there is none.
     */
    public suspend fun restore(words: Secret, passphrase: Secret): Session =
        words.spend { read -> passphrase.spend { typed -> open { it.restore(read, typed) } } }

    /** Comes back from a backup file under a new passphrase: all of it or nothing. */
    public fun restoreBackup(
        file: File,
        key: BackupKey,
        passphrase: Secret,
        replace: Replace = Replace.OLDER,
    ): Work<Session> = Work { listener ->
        key.spend { opens ->
            passphrase.spend { typed ->
                lane.stoppable { token ->
                    open {
                        it.restoreBackup(file.absolutePath, opens, typed, replace, listener, token)
                    }
                }
            }
        }
    }

    /** Opens the wallet with the passphrase. */
    public suspend fun unlock(passphrase: Secret): Session =
        passphrase.spend { typed -> open { it.unlock(typed) } }

    /** Opens the wallet after the device has recognised the patient. */
    public suspend fun unlockWithBiometrics(): Session = open { it.unlockWithBiometrics() }

    /** Opens a damaged wallet, or one that was rolled back, for reading what is whole. */
    public suspend fun unlockReadOnly(with: Authentication): Session =
        with.spend { shown -> open { it.unlockReadOnly(shown) } }

    /** Lets go of the wallet; its sessions go on until they are closed themselves. */
    override fun close(): Unit = lane.later { native.value.destroy() }

    internal suspend fun <T> call(work: (NativeWallet) -> T): T = lane.call { work(native.value) }

    /** Makes something of the library with this wallet; what nobody waits for is discarded. */
    internal suspend fun <T : Any> make(discard: (T) -> Unit, work: (NativeWallet) -> T): T =
        lane.make(discard) { work(native.value) }

    private suspend fun open(work: (NativeWallet) -> NativeSession): Session =
        Session(make({ it.end() }, work), lane)
}
