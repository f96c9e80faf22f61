package org.patientwallet

import java.io.File

/**
 * Writes the whole wallet into a sealed file, which the words open, and the export passphrase where
 * one is given.
 */
public fun Session.backup(
    with: Authentication,
    file: File,
    exportPassphrase: Secret? = null,
    replace: Boolean = false,
): Work<BackupReport> = Work { listener ->
    with.spend { shown ->
        exportPassphrase.spendIfAny { typed ->
            stoppable { session, token ->
                session.backup(shown, typed, file.absolutePath, replace, listener, token)
            }
        }
    }
}

/** Opens a backup file to its end, changes nothing, and tells what it would bring back. */
public fun Session.rehearse(file: File, key: BackupKey): Work<Rehearsal> = Work { listener ->
    key.spend { opens ->
        stoppable { session, token ->
            session.rehearse(file.absolutePath, opens, listener, token)
        }
    }
}

/** Sets a new passphrase, at the cost that the wallet's options say. */
public suspend fun Session.changePassphrase(with: Authentication, new: Secret): Unit =
    with.spend { shown -> new.spend { typed -> call { it.changePassphrase(shown, typed) } } }

/** Lets the device open the wallet once it has recognised the patient. */
public suspend fun Session.enableBiometrics(with: Authentication): Unit =
    with.spend { shown -> call { it.enableBiometrics(shown) } }

/** Lets the device open the wallet no more. */
public suspend fun Session.disableBiometrics(with: Authentication): Unit =
    with.spend { shown -> call { it.disableBiometrics(shown) } }

/**
 * Gives the recovery words, blanks between them, to be shown to the patient and to nobody else:
 * whoever reads them holds the wallet.
 */
public suspend fun Session.dangerousWords(with: Authentication): Secret =
    with.spend { shown -> Secret.of(call { it.dangerousWords(shown) }) }

private inline fun <R> Secret?.spendIfAny(call: (ByteArray?) -> R): R =
    if (this == null) call(null) else spend { call(it) }
