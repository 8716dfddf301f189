import Compression
import CostAndUsageReportAPI
import Costs
import Crypto
import FoundationEssentials
import Ledger
import Metering
import Platform
import S3API
import Wire

/// Delivers a report: three times a day the month that is, and once more the one that is over. It is scheduled under the
/// report's name.
/// <https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html>
struct DeliverReport: Job {
    static let kind = "CUR::DeliverReport"
    static var recurs: Bool { true }
    /// Seconds between two.
    static let interval = 8.0 * 3600
    /// How often what a bucket refuses is tried before it waits for the next time.
    private static let tries = 2

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let name = context.id
        let report = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(ReportDefinition.self, name)
        }
        guard let report else { return }
        let now = environment.now()
        let month = CivilDate(seconds: now).monthStart
        let before = month.month(after: -1)
        // A month that is over is delivered once more, and then final.
        let isOpen = report.delivered.map { $0 < month.seconds && report.closed ?? 0 < before.day } ?? false
        var files: [PreparedCall<S3.PutObject>] = []
        var failure: ServiceError?
        do throws(ServiceError) {
            let bill = try await Bill(of: report.accountID, environment)
            let months = isOpen ? [before, month] : [month]
            for start in months { files += try await deliver(start, report, bill, environment, now) }
        } catch {
            for file in files { await file.discard() }
            files = []
            guard error.status < 500 || context.attempts + 1 >= Self.tries else { throw error }
            failure = error
            context.report("a report could not be delivered", ["report": report.arn, "error": error.code])
        }
        let (done, error) = (files, failure)
        do throws(ServiceError) {
            try await context.finish { (records) throws(ServiceError) in
                guard var own = try records.get(ReportDefinition.self, name) else { return }
                for file in done { _ = try file.complete(in: records) }
                if let error {
                    own.status = error.code == "NoSuchBucket" ? "ERROR_NO_BUCKET" : "ERROR_PERMISSIONS"
                } else {
                    own.status = "SUCCESS"
                    own.delivered = now
                    own.closed = before.day
                }
                try records.put(own)
                try records.schedule(DeliverReport(), id: name, at: now + Self.interval)
            }
        } catch {
            for file in done { await file.discard() }
            throw error
        }
    }

    /// The files of a month.
    private func deliver(
        _ start: CivilDate, _ report: ReportDefinition, _ bill: Bill, _ environment: Environment, _ now: Double
    ) async throws(ServiceError) -> [PreparedCall<S3.PutObject>] {
        let definition = try report.view()
        let end = start.month(after: 1)
        let layout = ReportLayout(
            hasResources: definition.additionalSchemaElements.contains("RESOURCES"), tagKeys: bill.names.tagKeys,
            unit: TimeUnit(rawValue: definition.timeUnit) ?? .daily, period: HourRange(start, end),
            payer: bill.names.payer)
        let bucket = ReportBucket(definition, report.accountID, environment)
        let assembly = UUID().uuidString.lowercased()
        let prefix = definition.s3Prefix.isEmpty ? "" : definition.s3Prefix + "/"
        let folder = "\(prefix)\(definition.reportName)/\(start.compact)-\(end.compact)"
        let own = definition.reportVersioning == "OVERWRITE_REPORT" ? folder : "\(folder)/\(assembly)"
        var files: [PreparedCall<S3.PutObject>] = []
        do throws(ServiceError) {
            var keys: [String] = []
            for file in try await ReportFiles.make(layout, ReportForm(layout), bill) {
                let number = String(keys.count + 1)
                let padded = String(repeating: "0", count: max(0, 5 - number.utf8.count)) + number
                let key = "\(own)/\(definition.reportName)-\(padded).csv.gz"
                files.append(try await bucket.put(file, at: key, type: "application/x-gzip"))
                keys.append(key)
            }
            let manifest = manifest(definition, layout, assembly, keys, report)
            let name = "\(definition.reportName)-Manifest.json"
            files.append(try await bucket.put(manifest, at: "\(folder)/\(name)", type: "application/json"))
            if own != folder {
                files.append(try await bucket.put(manifest, at: "\(own)/\(name)", type: "application/json"))
            }
        } catch {
            for file in files { await file.discard() }
            throw error
        }
        return files
    }

    private func manifest(
        _ definition: CostAndUsageReport.ReportDefinition, _ layout: ReportLayout, _ assembly: String, _ keys: [String],
        _ report: ReportDefinition
    ) -> [UInt8] {
        func stamp(_ hour: Int64) -> String { "\(CivilDate(hour: hour).compact)T000000.000Z" }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("assemblyId", assembly)
        writer.member("account", report.accountID)
        writer.key("columns")
        writer.beginArray()
        for column in layout.columns {
            writer.beginObject()
            writer.member("category", column.category)
            writer.member("name", column.name)
            writer.member("type", column.type)
            writer.endObject()
        }
        writer.endArray()
        writer.member("charset", "UTF-8")
        writer.member("compression", definition.compression)
        writer.member("contentType", "text/csv")
        writer.member("reportId", Self.digest([report.arn, layout.payer]))
        writer.member("reportName", definition.reportName)
        writer.key("billingPeriod")
        writer.beginObject()
        writer.member("start", stamp(layout.period.start))
        writer.member("end", stamp(layout.period.end))
        writer.endObject()
        writer.member("bucket", definition.s3Bucket)
        writer.key("reportKeys")
        writer.beginArray()
        for key in keys { writer.string(key) }
        writer.endArray()
        writer.key("additionalArtifactKeys")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// 64 hexadecimal digits that stand for some texts.
    static func digest(_ texts: [String]) -> String {
        var hash = SHA256()
        for text in texts {
            withUnsafeBytes(of: Int64(text.utf8.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(text.utf8))
        }
        return hash.finalize().map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }
}

/// How lines are written.
struct ReportForm: Sendable {
    /// The first line.
    let header: String
    /// A line: of which line of the bill, under which key, how many calls, and its id.
    let text: @Sendable (CostLine, ReportLayout.Key, Int64, String) -> String

    init(header: String, text: @escaping @Sendable (CostLine, ReportLayout.Key, Int64, String) -> String) {
        (self.header, self.text) = (header, text)
    }

    /// All columns.
    init(_ layout: ReportLayout) {
        self.init(header: layout.header) { layout.text($0, $1, count: $2, id: $3) }
    }
}

/// The files of a report, compressed while they are made.
enum ReportFiles {
    /// Lines of one file.
    private static let mostLines = 1_000_000

    static func make(
        _ layout: ReportLayout, _ form: ReportForm, _ bill: Bill
    ) async throws(ServiceError) -> [[UInt8]] {
        var state = try State(layout, form)
        try await bill.forEach(in: layout.period) { (line) throws(ServiceError) in try state.add(line) }
        return try state.finish()
    }

    private struct State {
        let layout: ReportLayout
        let form: ReportForm
        var files: [[UInt8]] = []
        var gzip: Gzip
        var text = ""
        var lines = 0
        /// What was added to the lines of one account and one part of the time, which come one after the other.
        var open: [ReportLayout.Key: (line: CostLine, count: Int64)] = [:]
        var account = ""
        var part = HourRange(0, 0)

        init(_ layout: ReportLayout, _ form: ReportForm) throws(ServiceError) {
            (self.layout, self.form) = (layout, form)
            guard let gzip = Gzip() else { throw .internalFailure }
            self.gzip = gzip
            text = form.header
        }

        mutating func add(_ line: CostLine) throws(ServiceError) {
            if account != line.use.account || !part.contains(line.use.hour) {
                try close()
                account = line.use.account
                part = layout.part(of: line.use.hour)
            }
            let key = layout.key(of: line)
            let known = open[key]?.count ?? 0
            let (sum, overflow) = known.addingReportingOverflow(line.use.count)
            open[key] = (line, overflow ? .max : sum)
        }

        private mutating func close() throws(ServiceError) {
            let made = open.map { key, value in
                let use = value.line.use
                let id = DeliverReport.digest(
                    [
                        use.account, String(part.start), use.service, use.operation, use.region, use.principal,
                        layout.hasResources ? use.resource : value.line.usageType,
                    ] + layout.tagKeys.map { use.tags[$0] ?? "" })
                return (id: id, text: form.text(value.line, key, value.count, id))
            }
            for line in made.sorted(by: { $0.id < $1.id }) {
                if lines == ReportFiles.mostLines {
                    flush()
                    files.append(gzip.finish())
                    guard let next = Gzip() else { throw .internalFailure }
                    (gzip, lines, text) = (next, 0, form.header)
                }
                text += line.text
                lines += 1
                if text.utf8.count > 65_536 { flush() }
            }
            open = [:]
        }

        private mutating func flush() {
            gzip.append(Array(text.utf8))
            text = ""
        }

        mutating func finish() throws(ServiceError) -> [[UInt8]] {
            try close()
            flush()
            return files + [gzip.finish()]
        }
    }
}
