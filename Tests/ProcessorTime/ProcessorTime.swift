#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How long this thread has computed for something. A busy machine, on which it has to wait for its turn, makes no difference: what
/// tests say of it holds there as well.
public func processorTime(_ work: () throws -> Void) rethrows -> Duration {
    func time() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
    let start = time()
    try work()
    return time() - start
}
