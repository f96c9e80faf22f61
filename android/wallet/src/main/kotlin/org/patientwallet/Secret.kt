package org.patientwallet

import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.CharBuffer
import java.util.concurrent.atomic.AtomicReference
import org.patientwallet.ffi.Authentication as NativeAuthentication
import org.patientwallet.ffi.BackupKey as NativeBackupKey

/**
 * Holds a passphrase or recovery words in memory that is wiped.
 *
 * It is spent by the call that takes it: when that ends, however it ends, nothing is left of it.
 */
public class Secret private constructor(bytes: ByteArray) : AutoCloseable {
    private val held = AtomicReference(bytes)

    /** Tells whether it was spent or closed. */
    public val isSpent: Boolean get() = held.get().isEmpty()

    /** Lends the UTF-8 bytes for as long as [look] runs; they must not be kept. */
    public fun <R> read(look: (ByteArray) -> R): R = look(held.get())

    /** Lends the letters for as long as [look] runs: to show words, without making a [String]. */
    public fun <R> readChars(look: (CharSequence) -> R): R {
        val bytes = held.get()
        // UTF-8 has no fewer bytes than UTF-16 has units.
        val chars = CharBuffer.allocate(bytes.size)
        Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes), chars, true)
        (chars as Buffer).flip() // Its own `flip` came with a later Android.
        try {
            return look(chars.asReadOnlyBuffer())
        } finally {
            chars.array().fill('\u0000')
        }
    }

    /** Wipes it. */
    override fun close() {
        held.getAndSet(NOTHING).fill(0)
    }

    /** Tells nothing. */
    override fun toString(): String = "Secret(..)"

    internal inline fun <R> spend(call: (ByteArray) -> R): R {
        val bytes = take()
        try {
            return call(bytes)
        } finally {
            bytes.fill(0)
        }
    }

    private fun take(): ByteArray = held.getAndSet(NOTHING)

    /** Makes secrets. */
    public companion object {
        private val NOTHING = ByteArray(0)

        /** Takes over UTF-8 bytes: they are wiped with the secret. */
        public fun of(bytes: ByteArray): Secret = Secret(bytes)

        /** Copies what was typed, as a text field holds it; the caller clears the field. */
        public fun of(typed: CharSequence): Secret {
            val encoder = Charsets.UTF_8.newEncoder()
            val wide = ByteBuffer.allocate(typed.length * BYTES_OF_CHAR)
            encoder.encode(CharBuffer.wrap(typed), wide, true)
            val bytes = wide.array().copyOf(wide.position())
            wide.array().fill(0)
            return Secret(bytes)
        }

        private const val BYTES_OF_CHAR = 3
    }
}

/** Shows that the patient is there now. */
public sealed class Authentication {
    /** Shows it by the passphrase, typed again. */
    public class Passphrase(
        /** What was typed; it is spent by the call. */
        public val secret: Secret,
    ) : Authentication()

    /** Shows it by the recovery words. */
    public class Words(
        /** The words, blanks between them; they are spent by the call. */
        public val secret: Secret,
    ) : Authentication()

    /** Shows it by a prompt of the device. */
    public object Biometrics : Authentication()

    internal inline fun <R> spend(call: (NativeAuthentication) -> R): R =
        when (this) {
            is Passphrase -> secret.spend { call(NativeAuthentication.Passphrase(it)) }
            is Words -> secret.spend { call(NativeAuthentication.Words(it)) }
            is Biometrics -> call(NativeAuthentication.Biometrics)
        }
}

/** Opens a backup file. */
public sealed class BackupKey {
    /** Opens it with the words of the wallet. */
    public class Words(
        /** The words, blanks between them; they are spent by the call. */
        public val secret: Secret,
    ) : BackupKey()

    /** Opens it with the export passphrase that it was made with. */
    public class Passphrase(
        /** What was typed; it is spent by the call. */
        public val secret: Secret,
    ) : BackupKey()

    internal inline fun <R> spend(call: (NativeBackupKey) -> R): R =
        when (this) {
            is Words -> secret.spend { call(NativeBackupKey.Words(it)) }
            is Passphrase -> secret.spend { call(NativeBackupKey.Passphrase(it)) }
        }
}
