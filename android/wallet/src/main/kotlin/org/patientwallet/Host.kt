package org.patientwallet

import java.lang.reflect.Method
import org.patientwallet.ffi.CallbackException
import org.patientwallet.ffi.Keystore as NativeKeystore
import org.patientwallet.ffi.KeystoreException as Outcome

/**
 * Keeps small secrets, in the secure hardware of the device where it has any.
 *
 * Each `put` seals under a hardware key of its own and returns only when the item is durable;
 * overwriting and `delete` destroy the old hardware key. It is called on the wallet's thread, and
 * must not call the same wallet. What it throws besides [KeystoreException] counts as
 * [KeystoreException.Unavailable], which is never an answer for an item that is gone.
 */
public interface Keystore {
    /** Keeps a secret under a name, replacing what was there; the array is wiped afterwards. */
    @Throws(KeystoreException::class)
    public fun put(name: String, secret: ByteArray, policy: KeystorePolicy)

    /** Reads a secret; the array that is given is wiped after its use, so it must be a copy. */
    @Throws(KeystoreException::class)
    public fun get(name: String): ByteArray

    /** Destroys a secret; deleting what is not there succeeds. */
    @Throws(KeystoreException::class)
    public fun delete(name: String)
}

/** Tells why a keystore did not do what it was asked; each has its own way back. */
public sealed class KeystoreException(
    /** Names the reason; it never changes. */
    public val code: String,
) : Exception(code) {
    /** The patient turned the prompt away. */
    public class Cancelled : KeystoreException("keystore.cancelled")

    /** There were too many failed attempts at the prompt. */
    public class LockedOut : KeystoreException("keystore.locked-out")

    /** The item exists no more because the enrolled biometrics changed. */
    public class Invalidated : KeystoreException("keystore.invalidated")

    /** There is no such item. */
    public class Missing : KeystoreException("keystore.missing")

    /** The keystore cannot answer now, or does not support the policy. */
    public class Unavailable : KeystoreException("keystore.unavailable")
}

/** Tells how a keystore item may be read. */
public typealias KeystorePolicy = org.patientwallet.ffi.Policy

/** Tells the time; what it throws locks the wallet (`wallet.no-clock`). */
public typealias WalletClock = org.patientwallet.ffi.WalletClock

/** Tells the time as the device knows it. */
public class DeviceClock : WalletClock {
    /** Tells the time of day, in seconds since 1970. */
    override fun now(): ULong = (System.currentTimeMillis() / 1000).coerceAtLeast(0).toULong()

    /** Tells milliseconds since some fixed moment; they go on while the device sleeps. */
    override fun monotonicMs(): ULong =
        (elapsed?.invoke(null) as? Long ?: (System.nanoTime() / 1_000_000)).toULong()

    private companion object {
        /** `System.nanoTime` stands still while an Android device sleeps. */
        val elapsed: Method? = try {
            Class.forName("android.os.SystemClock").getMethod("elapsedRealtime")
        } catch (_: ReflectiveOperationException) {
            null
        }
    }
}

/** Lends the device's keystore to the library, and wipes what passed. */
internal fun Lane.lend(keystore: Keystore): NativeKeystore = object : NativeKeystore {
    override fun put(name: String, secret: ByteArray, policy: KeystorePolicy) =
        try {
            answered { keystore.put(name, secret, policy) }
        } finally {
            secret.fill(0)
        }

    override fun get(name: String): ByteArray = answered { keystore.get(name) }.also(::wipeLater)

    override fun delete(name: String) = answered { keystore.delete(name) }
}

/** Lends the device's clock to the library. */
internal fun lend(clock: WalletClock): WalletClock = object : WalletClock {
    override fun now(): ULong = told { clock.now() }

    override fun monotonicMs(): ULong = told { clock.monotonicMs() }
}

// Below the generated code an `Error` would count as an answer, and its text would be printed.

private inline fun <T> answered(call: () -> T): T =
    try {
        call()
    } catch (outcome: KeystoreException) {
        throw when (outcome) {
            is KeystoreException.Cancelled -> Outcome.Cancelled()
            is KeystoreException.LockedOut -> Outcome.LockedOut()
            is KeystoreException.Invalidated -> Outcome.Invalidated()
            is KeystoreException.Missing -> Outcome.Missing()
            is KeystoreException.Unavailable -> Outcome.Unavailable()
        }
    } catch (_: Throwable) {
        throw Outcome.Unavailable()
    }

private inline fun <T> told(call: () -> T): T =
    try {
        call()
    } catch (_: Throwable) {
        throw CallbackException.Failed()
    }
