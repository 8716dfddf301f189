import Foundation
import Server
import Testing

@Suite struct OperationReferenceTests {
    @Test func thePageIsCurrent() async throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: repository.appending(path: "OPERATIONS.md"), encoding: .utf8)
        let current = try await OperationReference().markdown()
        #expect(page == current, "OPERATIONS.md is out of date: run `make operations`")
    }
}
