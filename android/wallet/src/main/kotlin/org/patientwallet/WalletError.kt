package org.patientwallet

import org.patientwallet.ffi.InternalException
import org.patientwallet.ffi.WalletException as Refused

/**
 * Tells why a call was refused, named by what the app has to do.
 *
 * The [code] says it exactly (`docs/errors.md`) and is the key of a translated text. No exception
 * carries text of a record, a name, a key or a path.
 */
public sealed class WalletException(
    /** Names the reason, `part.kebab-case`; it never changes. */
    public val code: String,
) : Exception(code) {
    /** Unlock: the session is locked, suspended or closed. */
    public class Locked internal constructor(code: String) : WalletException(code)

    /** Ask again: the passphrase, the words or the key of a file is wrong. */
    public class WrongPassphrase internal constructor(code: String) : WalletException(code)

    /** Wait so long. */
    public class TryLater internal constructor(
        code: String,
        /** Seconds to wait. */
        public val seconds: ULong,
    ) : WalletException(code)

    /** Try again when whoever has the wallet is done. */
    public class Busy internal constructor(code: String) : WalletException(code)

    /** Show the list again: what was named is not there. */
    public class NotFound internal constructor(code: String) : WalletException(code)

    /** Ask for another input. */
    public class InvalidInput internal constructor(
        code: String,
        /** Which part is wrong, from 1, where one can be named: a word of the recovery words. */
        public val position: UInt?,
    ) : WalletException(code)

    /** Say why: this is refused on purpose. */
    public class NotPermitted internal constructor(code: String) : WalletException(code)

    /** Ask for a new one: this has ended. */
    public class Expired internal constructor(code: String) : WalletException(code)

    /** Ask for more shares. */
    public class NotEnoughShares internal constructor(code: String) : WalletException(code)

    /** Keep it, and look for another copy: it is not what was written. */
    public class Damaged internal constructor(code: String) : WalletException(code)

    /** Update the app. */
    public class UnsupportedVersion internal constructor(code: String) : WalletException(code)

    /** Try again when the device is unlocked: the keystore does not answer. */
    public class KeystoreUnavailable internal constructor(code: String) : WalletException(code)

    /** Offer another way to open: the device has lost a key. */
    public class KeyInvalidated internal constructor(code: String) : WalletException(code)

    /** Nothing: it was cancelled, and nothing was changed. */
    public class Cancelled internal constructor(code: String) : WalletException(code)

    /** Check disk and place: a file or the disk cannot be used. */
    public class Storage internal constructor(code: String) : WalletException(code)

    /** Report it to us: a defect of the wallet; the session it happened in is closed. */
    public class Broken internal constructor() : WalletException("wallet.broken")
}

/** Runs one call of the library; what it throws comes out as the app's own exceptions. */
internal inline fun <T> translated(call: () -> T): T =
    try {
        call()
    } catch (refused: Refused) {
        throw refused.translated()
    } catch (_: InternalException) {
        // Its text is about the library's source and helps no app.
        throw WalletException.Broken()
    } catch (_: IllegalStateException) {
        // The generated code says so of an object that was closed.
        throw WalletException.Locked("wallet.locked")
    }

internal fun Refused.translated(): WalletException =
    when (this) {
        is Refused.Locked -> WalletException.Locked(code)
        is Refused.WrongPassphrase -> WalletException.WrongPassphrase(code)
        is Refused.TryLater -> WalletException.TryLater(code, seconds)
        is Refused.Busy -> WalletException.Busy(code)
        is Refused.NotFound -> WalletException.NotFound(code)
        is Refused.InvalidInput -> WalletException.InvalidInput(code, position)
        is Refused.NotPermitted -> WalletException.NotPermitted(code)
        is Refused.Expired -> WalletException.Expired(code)
        is Refused.NotEnoughShares -> WalletException.NotEnoughShares(code)
        is Refused.Damaged -> WalletException.Damaged(code)
        is Refused.UnsupportedVersion -> WalletException.UnsupportedVersion(code)
        is Refused.KeystoreUnavailable -> WalletException.KeystoreUnavailable(code)
        is Refused.KeyInvalidated -> WalletException.KeyInvalidated(code)
        is Refused.Cancelled -> WalletException.Cancelled(code)
        is Refused.Storage -> WalletException.Storage(code)
    }
