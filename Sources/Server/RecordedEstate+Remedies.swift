import Gate
import Logging
public import Remedies
import Wire

extension RecordedEstate {
    /// What would have a recorded call allowed that the policies denied, as things are now: see ``Gate``.
    /// - Returns: nil for a call that the policies did not deny.
    /// - Throws: `StartError` when its caller is gone, or something can't be read.
    public func remedies(for call: RecordedCall) async throws(StartError) -> RemedyReport? {
        guard let denial = RecordedDenial(call.event) else { return nil }
        let gate = Gate(environment: environment, audit: .batched, log: Logger(label: "gatehouse"))
        do throws(ServiceError) {
            return try await gate.remedies(for: denial)
        } catch {
            throw StartError(error.logText)
        }
    }
}
