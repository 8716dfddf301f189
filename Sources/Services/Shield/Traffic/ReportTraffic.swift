public import Platform
import Wire

extension Environment {
    /// Tells the other nodes that share the ledger what the last minute has brought here. What the ledger can't take is told with
    /// the next.
    public func reportTraffic() async {
        do throws(ServiceError) {
            try await SharedTraffic(self, projection(TrafficDefense.self)).report(at: now())
        } catch {
            metrics.add(1, to: .shieldUntold)
        }
    }
}
