import FoundationEssentials
import Platform
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A certificate of ACM's with its private key, on its way into files that other servers read.
public struct ExportedCertificate: Sendable, Equatable {
    /// PEM, the certificate itself first.
    let chain: String
    /// PEM.
    let key: String

    init(_ certificate: ServableCertificate) { (chain, key) = (certificate.chain, certificate.key) }

    /// Reads what a server has answered; nil for anything else.
    public init?(json: [UInt8]) {
        guard let value = try? JSONValue(parsing: json), case .string(let chain)? = value["chain"],
            case .string(let key)? = value["key"]
        else { return nil }
        (self.chain, self.key) = (chain, key)
    }

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("chain", chain)
        writer.member("key", key)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Writes both files, each of which is at every time either as it was or whole, unless they have this already. The key's can be
    /// read by its owner alone.
    /// - Returns: whether anything was written.
    /// - Throws: `StartError` for files that can't be written.
    public func write(chain chainPath: String, key keyPath: String) throws(StartError) -> Bool {
        let files = [(keyPath, key, mode_t(0o600)), (chainPath, chain, mode_t(0o644))]
        guard files.contains(where: { FileManager.default.contents(atPath: $0.0) != Data($0.1.utf8) }) else {
            return false
        }
        // Both are there before the first takes its place, so that a full disk leaves the old pair.
        var written: [(temporary: String, path: String)] = []
        do throws(StartError) {
            for (path, content, mode) in files {
                let temporary = "\(path).\(UInt32.random(in: .min ... .max)).new"
                written.append((temporary, path))
                try DurableFiles.write(Array(content.utf8), to: temporary)
                guard chmod(temporary, mode) == 0 else { throw DurableFiles.failure("write", temporary) }
            }
            for one in written {
                guard rename(one.temporary, one.path) == 0 else { throw DurableFiles.failure("write", one.path) }
            }
        } catch {
            for one in written { unlink(one.temporary) }
            throw error
        }
        return true
    }
}
