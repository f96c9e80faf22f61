package org.patientwallet

import java.io.File

/** Attaches a file. */
public fun Session.attach(
    file: File,
    new: NewAttachment = NewAttachment(file.name),
): Work<Attachment> = Work { listener ->
    stoppable { session, token -> session.attach(file.absolutePath, new, listener, token) }
}

/** Lists the attachments of a record. */
public suspend fun Session.attachments(
    record: String,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): AttachmentPage = call { it.attachments(record, offset, limit) }

/** Describes an attachment. */
public suspend fun Session.attachment(id: String): Attachment = call { it.attachment(id) }

/** Reads bytes of an attachment from an offset: 1 MiB at most, fewer at its end, none beyond. */
public suspend fun Session.readAttachment(
    id: String,
    offset: ULong = 0u,
    length: UInt = CHUNK,
): ByteArray = call { it.readAttachment(id, offset, length) }

/**
 * Writes an attachment into a file, and gives its bytes; a file that is there is replaced only on
 * purpose.
 */
public fun Session.saveAttachment(
    id: String,
    file: File,
    replace: Boolean = false,
): Work<ULong> = Work { listener ->
    stoppable { session, token ->
        session.saveAttachment(id, file.absolutePath, replace, listener, token)
    }
}

private const val CHUNK: UInt = 1_048_576u
