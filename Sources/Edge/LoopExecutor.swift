import NIOCore

/// Runs tasks on the thread of an event loop: for what is about one connection, and blocks nothing.
///
/// What is enqueued from that thread, such as by an answer that has arrived on it, runs at once: a trip through the loop's
/// queue would make it wait for all the other connections.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if loop.inEventLoop { return job.runSynchronously(on: asUnownedTaskExecutor()) }
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
