import BundledData

/// The policies that AWS itself manages, with their documents, as they ship with the program.
///
/// ```swift
/// let policy = ManagedPolicyCatalog.aws.entry(arn: "arn:aws:iam::aws:policy/ReadOnlyAccess")
/// print(policy?.defaultVersionID ?? "none", policy?.document.count ?? 0)
/// ```
///
/// The catalog is an index of bytes that are part of the program. Making it reads the short head of each line and no
/// document; a document becomes a string only when somebody asks for it.
public final class ManagedPolicyCatalog: Sendable {
    /// All of them. The index is made at first use.
    public static let aws = ManagedPolicyCatalog(
        UnsafeRawBufferPointer(start: gatehouse_managed_policies(), count: gatehouse_managed_policies_length()))

    /// The ARNs of all policies, sorted: `arn:aws:iam::aws:policy/service-role/AWSLambdaRole`.
    public let arns: [String]

    // In the order of the ARNs.
    private let entries: [Entry]

    /// One policy.
    public struct Entry: Sendable {
        /// `AWSLambdaRole`
        public var name: String
        /// Begins and ends with a slash.
        public var path: String
        /// `arn:aws:iam::aws:policy/service-role/AWSLambdaRole`
        public var arn: String
        /// In AWS's format, but made up, since AWS does not publish the real ones.
        public var policyID: String
        /// For example `v3`. Only this version's document is available.
        public var defaultVersionID: String
        /// In seconds since the epoch.
        public var createDate: Double
        /// In seconds since the epoch.
        public var updateDate: Double
        /// Where the document stands, in memory that lives as long as the program.
        fileprivate nonisolated(unsafe) let documentBytes: UnsafeRawBufferPointer

        /// The policy document, JSON without white space; made anew at each call.
        public var document: String { String(decoding: documentBytes, as: UTF8.self) }
    }

    /// - Parameter data: lines as `Tools/generate-managed-policies` writes them, in memory that stays.
    ///   A line that is not of that form ends the catalog.
    init(_ data: UnsafeRawBufferPointer) {
        var entries: [Entry] = []
        entries.reserveCapacity(2_048)
        var rest = data[...]
        while let entry = Entry(firstLineOf: &rest) {
            entries.append(entry)
        }
        self.entries = entries
        arns = entries.map(\.arn)
    }

    /// How many policies there are.
    public var count: Int { entries.count }

    /// The policy of an ARN; nil where AWS has none.
    /// - Complexity: O(log *n*).
    public func entry(arn: String) -> Entry? {
        var candidates = arns.indices
        while let middle = candidates.isEmpty ? nil : candidates.lowerBound + candidates.count / 2 {
            if arns[middle] == arn { return entries[middle] }
            candidates = arns[middle] < arn ? middle + 1..<candidates.upperBound : candidates.lowerBound..<middle
        }
        return nil
    }
}

extension ManagedPolicyCatalog.Entry {
    /// Takes one line off the front of `rest`; nil at the end of the data.
    fileprivate init?(firstLineOf rest: inout Slice<UnsafeRawBufferPointer>) {
        func column() -> Slice<UnsafeRawBufferPointer>? {
            guard let tab = rest.firstIndex(of: UInt8(ascii: "\t")) else { return nil }
            defer { rest = rest[(tab + 1)...] }
            return rest[..<tab]
        }
        func text() -> String? {
            column().map { String(decoding: $0, as: UTF8.self) }
        }
        guard let name = text(), let path = text(), let policyID = text(), let version = text(),
            let created = text().flatMap(Double.init), let updated = text().flatMap(Double.init),
            let length = text().flatMap({ Int($0) }), length >= 0, length < rest.count
        else { return nil }
        self.name = name
        self.path = path
        arn = "arn:aws:iam::aws:policy\(path)\(name)"
        self.policyID = policyID
        defaultVersionID = version
        createDate = created
        updateDate = updated
        documentBytes = UnsafeRawBufferPointer(rebasing: rest.prefix(length))
        // The document, and the end of its line.
        rest = rest.dropFirst(length + 1)
    }
}
