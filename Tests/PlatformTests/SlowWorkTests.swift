import Testing
import Wire

@testable import Platform

struct SlowWorkTests {
    @Test func `Who needs no permission takes no place from those who have one`() async throws {
        let work = SlowWork("test")
        for _ in 0..<4 { #expect(work.enter(.anybody)) }
        #expect(!work.enter(.anybody))
        await #expect(throws: ServiceError.self) { try await work.run(for: .anybody) { 1 }.get() }
        #expect(try await work.run { 2 }.get() == 2)
        for _ in 0..<64 { #expect(work.enter(.permitted)) }
        await #expect(throws: ServiceError.self) { try await work.run { 3 }.get() }
        for _ in 0..<4 { work.leave(.anybody) }
        // Places are given back.
        for _ in 0..<5 { #expect(try await work.run(for: .anybody) { 4 }.get() == 4) }
    }
}
