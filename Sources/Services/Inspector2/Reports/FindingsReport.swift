import Inspector2API
import Wire

/// A report of findings as it is written.
struct FindingsReport {
    private let isCSV: Bool
    private let time: Double
    private var writer = JSONWriter()
    private var lines: [String] = []
    private(set) var count = 0

    /// The columns of AWS's reports, in their order.
    static let columns = [
        "AWS Account Id", "Severity", "Fix Available", "Finding Type", "Title", "Description", "Finding ARN",
        "First Seen", "Last Seen", "Last Updated", "Resource ID", "Container Image Tags", "Region", "Platform",
        "Resource Tags", "Affected Packages", "Package Installed Version", "Fixed in Version", "Package Remediation",
        "File Path", "Network Paths", "Age (Days)", "Remediation", "Inspector Score", "Inspector Score Vector",
        "Status", "Vulnerability Id", "Vendor", "Vendor Severity", "Vendor Advisory", "Vendor Advisory Published",
        "NVD CVSS3 Score", "NVD CVSS3 Vector", "NVD CVSS2 Score", "NVD CVSS2 Vector", "Vendor CVSS3 Score",
        "Vendor CVSS3 Vector", "Vendor CVSS2 Score", "Vendor CVSS2 Vector", "Resource Type", "Ami",
        "Resource Public Ipv4", "Resource Private Ipv4", "Resource Ipv6", "Resource Vpc", "Port Range", "Epss Score",
        "Exploit Available", "Last Exploited At", "Lambda Layers", "Lambda Package Type", "Lambda Last Updated At",
        "Reference Urls", "Detector Name", "Package Manager",
    ]

    init(isCSV: Bool, at time: Double) {
        self.isCSV = isCSV
        self.time = time
        if isCSV {
            lines.append(Self.columns.joined(separator: ","))
        } else {
            writer.beginObject()
            writer.key("findings")
            writer.beginArray()
        }
    }

    mutating func add(_ finding: Inspector2.Finding) {
        count += 1
        guard isCSV else {
            EventJSON.write(.structure(finding.structure), to: &writer)
            return
        }
        let values = values(finding)
        lines.append(Self.columns.map { Self.field(values[$0] ?? "") }.joined(separator: ","))
    }

    mutating func finish() -> [UInt8] {
        guard !isCSV else { return Array((lines.joined(separator: "\n") + "\n").utf8) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private func values(_ finding: Inspector2.Finding) -> [String: String] {
        let resource = finding.resources.first
        var values: [String: String] = [:]
        values["AWS Account Id"] = finding.awsAccountId
        values["Severity"] = finding.severity
        values["Finding Type"] = finding.type
        values["Title"] = finding.title
        values["Description"] = finding.description
        values["Finding ARN"] = finding.findingArn
        values["First Seen"] = EventJSON.day(finding.firstObservedAt)
        values["Last Seen"] = EventJSON.day(finding.lastObservedAt)
        values["Last Updated"] = finding.updatedAt.map { EventJSON.day($0) }
        values["Fix Available"] = finding.fixAvailable
        values["Exploit Available"] = finding.exploitAvailable
        values["Status"] = finding.status
        values["Remediation"] = finding.remediation.recommendation?.text
        let age = (time - finding.firstObservedAt.secondsSinceEpoch) / 86_400
        values["Age (Days)"] = Int(exactly: max(0, age).rounded(.down)).map { String($0) }
        values["Inspector Score"] = finding.inspectorScore.map { String($0) }
        values["Inspector Score Vector"] = finding.inspectorScoreDetails?.adjustedCvss?.scoringVector
        values["Epss Score"] = finding.epss?.score.map { String($0) }
        values["Resource ID"] = resource?.id
        values["Resource Type"] = resource?.type
        values["Region"] = resource?.region
        let tags = (resource?.tags ?? [:]).sorted { $0.key < $1.key }
        values["Resource Tags"] = tags.map { "\($0.key):\($0.value)" }.joined(separator: ",")
        values.merge(self.values(of: resource?.details)) { $1 }
        values.merge(self.values(of: finding.packageVulnerabilityDetails)) { $1 }
        if let network = finding.networkReachabilityDetails {
            values["Port Range"] = "\(network.openPortRange.begin)-\(network.openPortRange.end)"
            values["Network Paths"] = (network.networkPath.steps ?? []).map { $0.componentId }.joined(separator: ",")
        }
        return values
    }

    private func values(of details: Inspector2.ResourceDetails?) -> [String: String] {
        var values: [String: String] = [:]
        if let instance = details?.awsEc2Instance {
            let addresses = instance.ipV4Addresses ?? []
            let (own, open) = (addresses.filter(Self.isPrivate), addresses.filter { !Self.isPrivate($0) })
            values["Platform"] = instance.platform
            values["Ami"] = instance.imageId
            values["Resource Vpc"] = instance.vpcId
            values["Resource Public Ipv4"] = open.joined(separator: ",")
            values["Resource Private Ipv4"] = own.joined(separator: ",")
            values["Resource Ipv6"] = (instance.ipV6Addresses ?? []).joined(separator: ",")
        }
        if let image = details?.awsEcrContainerImage {
            values["Platform"] = image.platform
            values["Container Image Tags"] = (image.imageTags ?? []).joined(separator: ",")
        }
        if let function = details?.awsLambdaFunction {
            values["Platform"] = function.runtime
            values["Lambda Layers"] = (function.layers ?? []).joined(separator: ",")
            values["Lambda Package Type"] = function.packageType
            values["Lambda Last Updated At"] = function.lastModifiedAt.map { EventJSON.day($0) }
        }
        return values
    }

    private func values(of details: Inspector2.PackageVulnerabilityDetails?) -> [String: String] {
        guard let details else { return [:] }
        let packages = details.vulnerablePackages ?? []
        func all(_ value: (Inspector2.VulnerablePackage) -> String?) -> String {
            packages.map { value($0) ?? "" }.joined(separator: ",")
        }
        var values: [String: String] = [:]
        values["Affected Packages"] = all { $0.name }
        values["Package Installed Version"] = all { $0.version }
        values["Fixed in Version"] = all { $0.fixedInVersion }
        values["Package Remediation"] = all { $0.remediation }
        values["File Path"] = all { $0.filePath }
        values["Package Manager"] = all { $0.packageManager }
        values["Vulnerability Id"] = details.vulnerabilityId
        values["Vendor"] = details.source
        values["Vendor Severity"] = details.vendorSeverity
        values["Vendor Advisory"] = details.sourceUrl
        values["Vendor Advisory Published"] = details.vendorCreatedAt.map { EventJSON.day($0) }
        values["Reference Urls"] = (details.referenceUrls ?? []).joined(separator: ",")
        for score in details.cvss ?? [] {
            let name = "\(score.source == "NVD" ? "NVD" : "Vendor") CVSS\(score.version.prefix(1))"
            guard values["\(name) Score"] == nil else { continue }
            values["\(name) Score"] = String(score.baseScore)
            values["\(name) Vector"] = score.scoringVector
        }
        return values
    }

    /// RFC 1918.
    private static func isPrivate(_ address: String) -> Bool {
        let parts = address.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 4 else { return false }
        return parts[0] == 10 || (parts[0] == 192 && parts[1] == 168)
            || (parts[0] == 172 && (16...31).contains(parts[1]))
    }

    /// RFC 4180, section 2. A spreadsheet takes no field for a formula.
    static func field(_ text: String) -> String {
        let safe = "=+-@\t".contains(text.first ?? " ") ? "'" + text : text
        guard safe.contains(where: { "\",\r\n".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
