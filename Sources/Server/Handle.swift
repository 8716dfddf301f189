import Platform
import Wire

extension Pipeline {
    /// Does what the request asks for. Without a permit there is no way here.
    ///
    /// A change is committed together with its event; then nothing is left to record.
    func handle(_ permit: Permit, _ attempt: inout Attempt) async {
        let identified = permit.identified
        let operation = identified.decoded.operation
        let unanswered = attempt
        let (result, isRecorded) = await operation.run(identified.decoded.input, identified.call) { output in
            unanswered.event(.success(output))
        }
        attempt.result = result
        attempt.isRecorded = isRecorded
    }
}
