package org.patientwallet

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** Tells what happened, the latest first. */
public suspend fun Session.log(
    query: LogQuery = LogQuery(),
    language: Language = Language.EN,
): LogPage = call { it.log(query, language) }

/** Tells what happened, page after page while it is collected. */
public fun Session.entries(
    query: LogQuery = LogQuery(),
    language: Language = Language.EN,
): Flow<LogEntry> = flow {
    var page = log(query, language)
    page.items.forEach { emit(it) }
    while (true) {
        page = log(query.copy(before = page.next ?: break), language)
        page.items.forEach { emit(it) }
    }
}

/** Signs the state of the log, for somebody who wants to check later. */
public suspend fun Session.checkpoint(): ByteArray = call { it.checkpoint() }

/** Proves that an entry stands in the log. */
public suspend fun Session.prove(seq: ULong): ByteArray = call { it.prove(seq) }

/** Proves that the log continues the one of an earlier checkpoint. */
public suspend fun Session.proveSince(earlier: ByteArray): ByteArray =
    call { it.proveSince(earlier) }
