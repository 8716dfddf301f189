import Fetch
import FoundationEssentials
import Logging
import ServiceLifecycle
import UnixSignals
public import Upstreams

/// Where the operator says which endpoints lie behind Gatehouse.
public struct UpstreamEndpoints: Sendable {
    /// A file; nil: there is none.
    public var file: String?
    /// Flags of the form `dynamodb=http://127.0.0.1:8000`, besides the file.
    public var flags: [String]

    /// - Parameters: see the properties.
    public init(file: String? = nil, flags: [String] = []) {
        self.file = file
        self.flags = flags
    }

    /// Reads the file.
    /// - Throws: ``StartError`` with the line, and what is wrong there.
    public func read() throws(StartError) -> UpstreamsFile {
        var upstreams = UpstreamsFile()
        if let file {
            let text: String
            do {
                let data = try Data(contentsOf: URL(filePath: file))
                guard data.count <= UpstreamsFile.longest else {
                    throw StartError("\(file) is longer than \(UpstreamsFile.longest) bytes")
                }
                guard let read = String(data: data, encoding: .utf8) else { throw StartError("\(file) is not UTF-8") }
                text = read
            } catch let error as StartError {
                throw error
            } catch {
                throw StartError("\(file) can't be read: \(systemReason(error))")
            }
            do throws(UpstreamsFile.Problem) {
                upstreams = try UpstreamsFile(parsing: text)
            } catch {
                throw StartError("\(file), \(error)")
            }
        }
        for flag in flags {
            do throws(UpstreamsFile.Problem) { try upstreams.add(flag: flag) } catch {
                throw StartError("--upstream \(flag): \(error)")
            }
        }
        return upstreams
    }
}

/// Reads the endpoints again on SIGHUP, and looks whether they are well.
struct UpstreamWatch: ServiceLifecycle.Service {
    let upstreams: Upstreams
    let endpoints: UpstreamEndpoints
    let log: Logger

    func run() async throws {
        let (upstreams, endpoints, log) = (upstreams, endpoints, log)
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) {
                        Self.reload(upstreams, endpoints, log)
                    }
                }
                group.addTask { await upstreams.watchHealth() }
            }
        }
    }

    private static func reload(_ upstreams: Upstreams, _ endpoints: UpstreamEndpoints, _ log: Logger) {
        do {
            let file = try endpoints.read()
            try upstreams.replace(by: file)
            log.notice("the endpoints behind Gatehouse are read anew", metadata: ["count": "\(file.upstreams.count)"])
        } catch {
            log.error("the endpoints stay as they are: \(error)")
        }
    }
}
