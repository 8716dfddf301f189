import UnixSignals

extension WebFront {
    /// Reads the operator's file again on SIGHUP, until the task is cancelled.
    func reloadOnSignal() async {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        // A signal that came earlier, when the ports were listened on already, was heard by nobody.
        await reloadIfChanged()
        for await _ in signals { await reload() }
    }

    private func reloadIfChanged() async {
        guard let file = try? place.read(), file.applications != table.all.map(\.settings) else { return }
        await reload()
    }
}
