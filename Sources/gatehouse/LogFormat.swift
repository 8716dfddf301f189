import ArgumentParser
import FoundationEssentials
import Logging
import Synchronization
import Wire

/// How the log's lines look.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case text
    /// For programs: one object a line.
    case json

    /// A log on standard error.
    func logger(level: Logger.Level) -> Logger {
        var log = Logger(label: "gatehouse") { label in
            switch self {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler(label: label)
            }
        }
        log.logLevel = level
        return log
    }
}

/// Writes each message to standard error as a JSON object in a line of its own: `time`, `level`, `message`, `source`, and
/// what else is known of it under `metadata`.
struct JSONLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    let label: String
    private let write: @Sendable ([UInt8]) -> Void

    /// Lines of several threads must not run into each other.
    private static let writing = Mutex(())

    init(
        label: String,
        write: @escaping @Sendable ([UInt8]) -> Void = { line in
            writing.withLock { _ in _ = Terminal.write(line, to: 2) }
        }
    ) {
        self.label = label
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("time", Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        writer.member("level", event.level.rawValue)
        writer.member("message", event.message.description)
        writer.member("source", event.source)
        if !all.isEmpty {
            writer.key("metadata")
            Self.write(.dictionary(all), to: &writer)
        }
        writer.endObject()
        write(writer.bytes + [UInt8(ascii: "\n")])
    }

    private static func write(_ value: Logger.Metadata.Value, to writer: inout JSONWriter) {
        switch value {
        case .string(let text): writer.string(text)
        case .stringConvertible(let value): writer.string(value.description)
        case .array(let values):
            writer.beginArray()
            for value in values { write(value, to: &writer) }
            writer.endArray()
        case .dictionary(let members):
            writer.beginObject()
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                writer.key(key)
                write(value, to: &writer)
            }
            writer.endObject()
        }
    }
}
