import Directory
import GuardDutyAPI
import Ledger
import Platform
import Policy
import S3API
import ThreatDetection
import WAF
import Wire

// The files of lists: read from S3 when a list is activated, as whoever activates it.
// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_upload-lists.html>

/// A place in S3, in any of the forms that GuardDuty takes.
struct ListLocation: Equatable {
    let bucket: String
    let key: String

    /// - Returns: nil for a text that is none.
    init?(_ text: String) {
        for scheme in ["s3://", "https://", "http://"] where text.hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            guard let slash = rest.firstIndex(of: "/") else { return nil }
            let host = String(rest[..<slash])
            let path = String(rest[rest.index(after: slash)...])
            if scheme == "s3://" {
                self.init(bucket: host, key: path)
                return
            }
            let name = host.split(separator: ":").first.map(String.init) ?? ""
            // https://bucket.s3.us-east-1.amazonaws.com/key
            for mark in [".s3.", ".s3-"] {
                if let range = name.firstRange(of: mark) {
                    self.init(bucket: String(name[..<range.lowerBound]), key: path)
                    return
                }
            }
            // https://s3.us-east-1.amazonaws.com/bucket/key
            guard name.hasPrefix("s3.") || name.hasPrefix("s3-"), let slash = path.firstIndex(of: "/") else {
                return nil
            }
            self.init(bucket: String(path[..<slash]), key: String(path[path.index(after: slash)...]))
            return
        }
        return nil
    }

    private init?(bucket: String, key: String) {
        guard (3...63).contains(bucket.utf8.count), !key.isEmpty, key.utf8.count <= 1024 else { return nil }
        (self.bucket, self.key) = (bucket, key)
    }
}

extension OwnedKind {
    /// How many entries a list of it may have.
    var mostEntries: Int { self == .ipSet ? 2000 : 250_000 }
    /// How many of them a detector may have.
    var most: Int { self == .ipSet || self == .trustedEntitySet ? 1 : 6 }

    var words: String {
        switch self {
        case .ipSet: "trusted IP sets"
        case .threatIntelSet: "threat intel sets"
        case .threatEntitySet: "threat entity sets"
        default: "trusted entity sets"
        }
    }
}

extension Call {
    /// Reads the file of a list, with the permissions of whoever has called.
    /// - Throws: BadRequestException for one that can't be had, or is no such list.
    func networks(
        at location: String, _ format: ListReader.Format, _ kind: OwnedKind, owner: String?
    ) async throws(ServiceError) -> [WAF.Network] {
        guard let place = ListLocation(location) else { throw .invalidParameter("location") }
        let body: BodyStream
        do throws(ServiceError) {
            let answer = try await services.call(
                S3.GetObject.self,
                S3.GetObject.Input {
                    $0.bucket = place.bucket
                    $0.key = place.key
                    $0.expectedBucketOwner = owner
                }, as: .forwarding(GuardDutyName.principal))
            guard let stream = answer.body else { throw .internalFailure }
            body = stream
        } catch {
            guard error.status < 500 else { throw error }
            throw .badRequest(
                "The request is rejected because the list at the location can't be read: \(error.message)")
        }
        defer { body.stop() }
        var reader = ListReader(format, most: kind.mostEntries)
        while let part = try await body.next() {
            do throws(ListReader.Fault) { try reader.read(part) } catch { throw .unreadable(error) }
        }
        do throws(ListReader.Fault) { return try reader.finish() } catch { throw .unreadable(error) }
    }
}

extension ServiceError {
    fileprivate static func unreadable(_ fault: ListReader.Fault) -> ServiceError {
        badRequest("The request is rejected because the list can't be parsed. \(fault.text)")
    }
}

extension MutableRecords {
    /// Keeps the entries of a list in place of those before.
    func put(_ networks: [WAF.Network], of list: StoredList) throws(ServiceError) {
        try forgetParts(of: list.id)
        for (number, start) in stride(from: 0, to: networks.count, by: ListPart.size).enumerated() {
            let end = min(start + ListPart.size, networks.count)
            try put(
                ListPart(
                    list: list.id, content: list.content, number: number,
                    networks: networks[start..<end].map(\.description)))
        }
    }

    func forgetParts(of list: String) throws(ServiceError) {
        while try deleteAll(ListPart.self, of: list, limit: 64) == 64 {}
    }
}
