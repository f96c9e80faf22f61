package org.patientwallet

import java.io.File
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** Takes in a file: Bundle, NDJSON or one resource, plain or gzip. All of it or nothing. */
public fun Session.importFile(
    file: File,
    options: ImportOptions = ImportOptions(),
): Work<ImportReport> = Work { listener ->
    stoppable { session, token ->
        session.importFile(file.absolutePath, options, listener, token)
    }
}

/** Finds records. A record without a date matches no query for a time. */
public suspend fun Session.find(query: Query = Query()): RecordPage = call { it.find(query) }

/** Finds records, page after page while they are collected. */
public fun Session.records(query: Query = Query()): Flow<Record> = flow {
    var next: ULong? = query.offset
    while (next != null) {
        val page = find(query.copy(offset = next))
        page.items.forEach { emit(it) }
        next = page.next
    }
}

/** Describes the latest version of a record. */
public suspend fun Session.record(id: String): Record = call { it.record(id) }

/** Opens a version of a record, the latest unless another is named. */
public suspend fun Session.read(id: String, version: UInt? = null): Resource =
    call { it.read(id, version) }

/** Lists the versions of a record, first to last. */
public suspend fun Session.history(
    id: String,
    offset: ULong = 0u,
    limit: UInt = PAGE,
): VersionPage = call { it.history(id, offset, limit) }

/** Adds what a patient writes down, and gives the id of the record. */
public suspend fun Session.add(entry: NewEntry): String = call { it.add(entry) }

/** Appends a corrected version with its author and reason, and gives its number. */
public suspend fun Session.correct(
    id: String,
    json: String,
    author: String,
    reason: String,
): UInt = call { it.correct(id, json, author, reason) }

/**
 * Adds labels to a record and takes others away; the patient's word counts. Gives the number of the
 * new version.
 */
public suspend fun Session.relabel(
    id: String,
    add: List<SensitivityLabel> = emptyList(),
    remove: List<SensitivityLabel> = emptyList(),
): UInt = call { it.relabel(id, add, remove) }

/** Erases a record: its keys are destroyed. */
public suspend fun Session.erase(id: String): Erased = call { it.erase(id) }

/** Signs anew what says that a record was erased. */
public suspend fun Session.erasureStatement(id: String): ByteArray =
    call { it.erasureStatement(id) }

/**
 * Erases the whole wallet; the session is locked afterwards. Gives the statement, if the wallet
 * could still sign one.
 */
public suspend fun Session.eraseWallet(): ByteArray? = aside { it.eraseWallet() }

/**
 * Writes the records that a query finds into a file; one that is there is replaced only on purpose.
 * The query's offset and limit do not count.
 */
public suspend fun Session.exportFile(
    file: File,
    query: Query = Query(),
    format: ExportFormat = ExportFormat.BUNDLE,
    replace: Boolean = false,
): ExportReport = call { it.exportFile(file.absolutePath, query, format, replace) }
