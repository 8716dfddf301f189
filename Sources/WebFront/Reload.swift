import UnixSignals

extension WebFront {
    /// Reads the operator's file again on SIGHUP, until the task is cancelled.
    func reloadOnSignal() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) { await reload() }
    }
}
