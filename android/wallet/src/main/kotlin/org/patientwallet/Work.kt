package org.patientwallet

import kotlinx.coroutines.channels.BufferOverflow.DROP_OLDEST
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import org.patientwallet.ffi.ProgressListener

/**
 * Stands for a long call that has not begun: [await] it, or collect its [steps].
 *
 * Each of the two begins it anew. Cancelling the coroutine stops the call, waits for its end and
 * leaves nothing half-done.
 */
public class Work<T> internal constructor(
    private val run: suspend (ProgressListener?) -> T,
) {
    /** Runs the call: its progress, in order, and at last what came of it. */
    public val steps: Flow<Step<T>> = channelFlow {
        val listener = Listener { trySend(Step.Progress(it)) }
        send(Step.Done(run(listener)))
    }.buffer(STEPS, DROP_OLDEST)

    /** Runs the call and gives what came of it. */
    public suspend fun await(): T = run(null)

    private companion object {
        /** Progress that nobody has looked at in time is for nobody. */
        const val STEPS = 64
    }
}

/** Stands for one moment of a long call. */
public sealed interface Step<out T> {
    /** Tells how far it has come. */
    public class Progress<out T> internal constructor(
        /** How far. */
        public val progress: WorkProgress,
    ) : Step<T>

    /** Ends it. */
    public class Done<out T> internal constructor(
        /** What came of it. */
        public val value: T,
    ) : Step<T>
}

/** Tells how far a long call has come; [total] is absent where nobody knows it. */
public data class WorkProgress(
    /** Units that are done. */
    public val done: ULong,
    /** Units that there are. */
    public val total: ULong?,
)

private class Listener(private val heard: (WorkProgress) -> Unit) : ProgressListener {
    override fun progress(done: ULong, total: ULong?) = heard(WorkProgress(done, total))
}
