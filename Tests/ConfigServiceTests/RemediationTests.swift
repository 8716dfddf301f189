import AWSConfigAPI
import Platform
import Testing
import Wire

@testable import ConfigService

/// How often something is put right, and what is said when it can't be.
@Suite struct RemediationTests {
    private struct State {
        var execution: RemediationExecution?
        var exemption: RemediationExemption?
        var due: Double?
    }

    private func state(_ bench: Workbench) async throws -> State {
        try await bench.read { (records) throws(ServiceError) in
            let key = RuleResult.key(Thing.type, "a")
            return State(
                execution: try records.get(RemediationExecution.self, key, of: "good"),
                exemption: try records.get(RemediationExemption.self, key, of: "good"),
                due: try records.scheduledTime(
                    of: RunRemediation.self, id: RunRemediation.id("good", Thing.type, "a")))
        }
    }

    /// Begins to put a thing right by a document that Gatehouse itself is in trouble with: nobody has it.
    private func begin(
        _ bench: Workbench, isAutomatic: Bool = false, attempts: Int = 5, seconds: Int = 60
    ) async throws {
        let (scope, time) = (bench.scope, bench.now)
        try await bench.write { (records) throws(ServiceError) in
            var remediation = StoredRemediation(
                rule: "good", accountID: scope.account, region: scope.region, document: "Nobody-HasThis")
            (remediation.isAutomatic, remediation.attempts, remediation.attemptSeconds) = (
                isAutomatic, attempts, seconds
            )
            try records.put(remediation)
            try records.remediate(remediation, Thing.type, "a", isAutomatic: isAutomatic, at: time)
        }
        await bench.scheduler.runDue()
    }

    @Test(arguments: [false, true]) func ownTroubleIsTriedAsOftenAsIsSaid(_ isAutomatic: Bool) async throws {
        let bench = try Workbench()
        try await begin(bench, isAutomatic: isAutomatic)
        for _ in 0..<3 {
            let now = try await state(bench)
            // Whoever asks meanwhile can see what is wrong.
            #expect(now.execution?.state == .queued)
            #expect(now.execution?.error?.hasPrefix("InternalFailure: ") == true)
            #expect(now.due != nil && now.exemption == nil)
            bench.pass(5)
            await bench.scheduler.runDue()
        }
        // The fifth is the last.
        bench.pass(10)
        await bench.scheduler.runDue()
        let end = try await state(bench)
        #expect(end.execution?.state == .failed && end.due == nil)
        #expect(end.execution?.error?.hasPrefix("InternalFailure: ") == true)
        // AWS: "Config will put a RemediationException on your behalf for the failing resource after the 5th failed attempt".
        #expect((end.exemption != nil) == isAutomatic)
    }

    @Test func ownTroubleIsTriedForAsLongAsIsSaid() async throws {
        let bench = try Workbench()
        try await begin(bench, isAutomatic: true, attempts: 25, seconds: 20)
        for _ in 0..<3 {
            #expect(try await state(bench).due != nil)
            bench.pass(5)
            await bench.scheduler.runDue()
        }
        bench.pass(10)
        await bench.scheduler.runDue()
        let end = try await state(bench)
        #expect(end.execution?.state == .failed && end.due == nil)
        // It was not tried as often as that.
        #expect(end.exemption == nil)
    }

    /// What may take long keeps no writer waiting.
    @Test func proposalsAreEvaluatedBeforeTheTransaction() {
        #expect(AWSConfig.StartResourceEvaluation.self is any PreparedWriteOperation.Type)
    }
}
