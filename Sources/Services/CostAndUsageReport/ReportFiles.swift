import Compression
import Costs
import Crypto
import Metering
import Platform
import Wire

/// How files are written.
enum ReportFormat: Sendable {
    /// CSV, in gzip.
    case csv
    /// Parquet, with snappy, by a program.
    case parquet(ParquetProgram)

    /// What the names of files end with.
    var ending: String {
        switch self {
        case .csv: "csv.gz"
        case .parquet: "snappy.parquet"
        }
    }

    /// What S3 says that files are.
    var contentType: String {
        switch self {
        case .csv: "application/x-gzip"
        case .parquet: "application/octet-stream"
        }
    }
}

/// What files have.
struct ReportForm: Sendable {
    typealias Values = @Sendable (CostLine, ReportLayout.Key, ReportLayout.Times, Int64, String) -> [ReportValue]

    /// The columns.
    let columns: [(name: String, type: ReportType)]
    /// The values of a line: of which line of the bill, under which key, of which time, how many calls, and its id.
    let values: Values

    init(columns: [(name: String, type: ReportType)], values: @escaping Values) {
        (self.columns, self.values) = (columns, values)
    }

    /// All columns, as they are called in CSV or in Parquet.
    init(_ layout: ReportLayout, _ format: ReportFormat) {
        var columns = layout.columns.map { (name: $0.title, type: $0.parquetType) }
        if case .parquet = format {
            var known: Set<String> = []
            for (place, column) in layout.columns.enumerated() {
                // Two keys of tags may differ in signs alone that names of columns don't have.
                var name = column.snakeName
                while !known.insert(name).inserted { name += "_" }
                columns[place].name = name
            }
        }
        self.init(columns: columns) { layout.fields($0, $1, $2, count: $3, id: $4) }
    }
}

/// Makes the files of a report, one after the other, while the bill is read: what is in memory is a part of a file, and as many lines of a
/// part of the time as are added up at once.
struct ReportFiles {
    /// Lines of one file.
    private static let mostLines = 1_000_000
    /// Lines that are added up at once. Where a part of the time has more, what is one line otherwise may be several, with ids of their
    /// own; sums are the same.
    private static let mostOpen = 250_000
    /// Bytes that are passed on at once.
    private static let piece = 1 << 18

    /// Where files are put: what one has, and its number; the first is 1.
    typealias Put = (BodyStream, Int) async throws(ServiceError) -> Void

    private let layout: ReportLayout
    private let form: ReportForm
    private let format: ReportFormat
    private var file: Encoder?
    private var files = 0
    private var bytes: [UInt8] = []
    private var lines = 0
    /// What was added to the lines of one account and one part of the time, which come one after the other.
    private var open: [ReportLayout.Key: (line: CostLine, count: Int64)] = [:]
    /// How often the lines of this part were too many.
    private var overflows = 0
    private var account = ""
    private var part = HourRange(0, 0)

    private init(_ layout: ReportLayout, _ form: ReportForm, _ format: ReportFormat) {
        (self.layout, self.form, self.format) = (layout, form, format)
    }

    /// There is always one, be it without lines.
    static func make(
        _ layout: ReportLayout, _ form: ReportForm, _ format: ReportFormat, _ bill: Bill, _ put: Put
    ) async throws(ServiceError) {
        var files = ReportFiles(layout, form, format)
        var reader = bill.reader(in: layout.period)
        while let lines = try await reader.next() {
            for line in lines {
                if files.isOther(line) || files.open.count >= mostOpen { try await files.close(for: line, put) }
                files.add(line)
            }
        }
        try await files.close(for: nil, put)
        if files.file == nil { try await files.begin() }
        try await files.endFile(put)
    }

    /// Whether what was added up has nothing to do with a line.
    private func isOther(_ line: CostLine) -> Bool { account != line.use.account || !part.contains(line.use.hour) }

    private mutating func add(_ line: CostLine) {
        let key = layout.key(of: line)
        let known = open[key]?.count ?? 0
        let (sum, overflow) = known.addingReportingOverflow(line.use.count)
        open[key] = (line, overflow ? .max : sum)
    }

    /// Writes what was added up, before another line.
    private mutating func close(for next: CostLine?, _ put: Put) async throws(ServiceError) {
        let made = open.map { key, value in (id: id(key, value.line), key: key, value: value) }
        open = [:]
        let times = ReportLayout.Times(part)
        for line in made.sorted(by: { $0.id < $1.id }) {
            if lines == Self.mostLines { try await endFile(put) }
            if file == nil { try await begin() }
            let values = form.values(line.value.line, line.key, times, line.value.count, line.id)
            switch format {
            case .csv: ReportBytes.append(csv: values, to: &bytes)
            case .parquet: ReportBytes.append(row: values, to: &bytes)
            }
            lines += 1
            if bytes.count > Self.piece { try await flush() }
        }
        guard let next else { return }
        if isOther(next) {
            account = next.use.account
            part = layout.part(of: next.use.hour)
            overflows = 0
        } else {
            overflows += 1
        }
    }

    private func id(_ key: ReportLayout.Key, _ line: CostLine) -> String {
        let use = line.use
        var texts = [
            use.account, String(part.start), use.service, use.operation, use.region, use.principal,
            layout.hasResources ? use.resource : line.usageType,
        ]
        texts += layout.tagKeys.map { use.tags[$0] ?? "" }
        if overflows > 0 { texts.append(String(overflows)) }
        return DeliverReport.digest(texts)
    }

    private mutating func begin() async throws(ServiceError) {
        switch format {
        case .csv:
            guard let gzip = Gzip() else { throw .internalFailure }
            file = .csv(gzip)
            ReportBytes.append(csv: form.columns.map { .text($0.name) }, to: &bytes)
        case .parquet(let program):
            file = .parquet(try await program.start())
            ReportBytes.append(columns: form.columns, to: &bytes)
        }
    }

    private mutating func flush() async throws(ServiceError) {
        let piece = bytes
        bytes.removeAll(keepingCapacity: true)
        switch file {
        case .csv(let gzip): gzip.append(piece)
        case .parquet(let run): try await run.write(piece)
        case nil: break
        }
        await Task.yield()
    }

    private mutating func endFile(_ put: Put) async throws(ServiceError) {
        try await flush()
        files += 1
        lines = 0
        let ended = file
        file = nil
        switch ended {
        case .csv(let gzip): try await put(BodyStream(gzip.finish()), files)
        case .parquet(let run): try await put(try await run.end(), files)
        case nil: break
        }
    }

    /// What a file is being written by.
    private enum Encoder {
        case csv(Gzip)
        case parquet(ParquetProgram.Run)
    }
}
