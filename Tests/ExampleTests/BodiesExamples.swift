import Bodies
import Foundation
import Testing

/// What the documentation of Bodies shows.
struct BodiesExamples {
    @Test func writingAndReading() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var received: [UInt8] = []

        let store = try BodyStore(folder: path + "/bodies")
        let writer = try await store.begin()
        try await writer.receive(Array("hello ".utf8))
        try await writer.receive(Array("world".utf8))
        let body = try await writer.finish()

        let reader = try await store.read([body], range: 6..<11)
        while let bytes = try await reader.next() { received += bytes }

        #expect(received == Array("world".utf8))
    }
}
