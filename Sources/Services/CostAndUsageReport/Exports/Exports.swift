import Costs
import DataExportsAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Wire

extension DataExports.Export {
    /// What it is a table of.
    /// - Throws: ValidationException.
    func query() throws(ServiceError) -> ExportQuery {
        do throws(ExportQuery.Fault) { return try ExportQuery(dataQuery.queryStatement) } catch {
            throw .invalidExport("The query can't be answered. \(error.reason).")
        }
    }

    /// What the table is to be like, by its properties.
    func property(_ name: String) -> String? {
        dataQuery.tableConfigurations?[ExportQuery.table]?[name]
    }

    var isParquet: Bool { destinationConfigurations.s3Destination.s3OutputConfigurations.format == "PARQUET" }

    var unit: TimeUnit { property("TIME_GRANULARITY").flatMap { TimeUnit(rawValue: $0) } ?? .hourly }
    var hasResources: Bool { property("INCLUDE_RESOURCES") == "TRUE" }

    /// - Throws: ValidationException; NotImplemented for what Gatehouse can't write.
    func checked() throws(ServiceError) -> DataExports.Export {
        _ = try query()
        for table in (dataQuery.tableConfigurations ?? [:]).keys where table != ExportQuery.table {
            throw .invalidExport("The query is not of the table \(table).")
        }
        for (name, value) in dataQuery.tableConfigurations?[ExportQuery.table] ?? [:] {
            guard let known = ExportTable.properties.first(where: { $0.name == name }), known.values.contains(value)
            else {
                throw .invalidExport("The table \(ExportQuery.table) has no property \(name) with the value \(value).")
            }
        }
        let output = destinationConfigurations.s3Destination.s3OutputConfigurations
        guard (output.format == "PARQUET") == (output.compression == "PARQUET") else {
            throw .invalidExport("The format \(output.format) can't have the compression \(output.compression).")
        }
        guard output.outputType == "CUSTOM" else {
            throw .notImplemented("Gatehouse writes nothing for \(output.outputType): ask for the output type CUSTOM.")
        }
        var export = self
        export.exportArn = nil
        return export
    }
}

/// The one table that there is.
enum ExportTable {
    static let description = "Calls, by account, time, service, operation, Region and who called, and what they cost."
    static let properties: [(name: String, values: [String], standard: String)] = [
        ("TIME_GRANULARITY", ["HOURLY", "DAILY", "MONTHLY"], "HOURLY"),
        ("INCLUDE_RESOURCES", ["TRUE", "FALSE"], "FALSE"),
    ]
}

extension DataExports.CreateExport: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let arn = StoredExport.arn(input.export.name, "*", call.accountID)
        var accesses = [Access("bcm-data-exports:CreateExport", on: arn)]
        if let tags = input.resourceTags, !tags.isEmpty {
            accesses.append(Access("bcm-data-exports:TagResource", on: arn, context: requestTags(tags)))
        }
        return .required(accesses)
    }

    /// The export as it is to be.
    public struct Preparation: Sendable {
        let export: StoredExport
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let view = try input.export.checked()
        if view.isParquet { try await call.environment.parquetProgram.check() }
        let random = UUID().uuidString.lowercased()
        var export = StoredExport(
            id: "\(view.name)-\(random)", accountID: call.accountID, name: view.name, export: view.structure.json,
            created: call.time, updated: call.time)
        export.tags = try TagRules.ofReports.new(input.resourceTags)
        try await ExportBucket(export, view, call.environment).check()
        return Preparation(export: export)
    }

    public static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let preparation = preparation.export
        guard try !records.list(StoredExport.self).contains(where: { $0.name == preparation.name }) else {
            throw .invalidExport("An export with the name \(preparation.name) already exists.")
        }
        let quota = call.quotas[.exports]
        guard try records.count(StoredExport.self) < quota else {
            throw DataExports.Failure.serviceQuotaExceededException("An account can have \(quota) exports at most.")
        }
        try records.put(preparation)
        try records.schedule(DeliverExport(), id: preparation.id, at: call.time)
        return Output { $0.exportArn = preparation.arn }
    }
}

extension DataExports.UpdateExport: PreparedWriteOperation, OnExport {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> DataExports.Export {
        let view = try input.export.checked()
        if view.isParquet { try await call.environment.parquetProgram.check() }
        let arn = input.exportArn
        let export = try await call.read { (records) throws(ServiceError) in try records.export(arn) }
        guard view.name == export.name else { throw .invalidExport("The name of an export can't be changed.") }
        try await ExportBucket(export, view, call.environment).check()
        return view
    }

    public static func handle(
        _ input: Input, _ preparation: DataExports.Export, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var export = try records.export(input.exportArn)
        export.export = preparation.structure.json
        export.updated = call.time
        try records.put(export)
        try records.schedule(DeliverExport(), id: export.id, at: call.time)
        return Output { $0.exportArn = export.arn }
    }
}

extension DataExports.DeleteExport: WriteOperation, OnExport {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let export = try records.export(input.exportArn)
        while try records.deleteAll(ExportExecution.self, of: export.id) == 256 {}
        try records.cancel(DeliverExport.self, id: export.id)
        try records.delete(export)
        return Output { $0.exportArn = export.arn }
    }
}

extension DataExports.GetExport: ReadOperation, OnExport {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let export = try records.export(input.exportArn)
        var view = try export.view()
        view.exportArn = export.arn
        let shown = view
        return Output {
            $0.export = shown
            $0.exportStatus = export.status
        }
    }
}

extension DataExports.ListExports: ReadOperation, OnAllExports {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(try records.page(StoredExport.self, try Paging(exports: input))) { export in
            DataExports.ExportReference {
                $0.exportArn = export.arn
                $0.exportName = export.name
                $0.exportStatus = export.status
            }
        }
    }
}

extension DataExports.ListExecutions: ReadOperation, OnExport {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let export = try records.export(input.exportArn)
        let paging = try Paging(exports: input)
        let range = RowRange(after: paging.after.flatMap { Int64($0) }.map { .key(RowKey(.descending($0))) })
        let rows = try records.list(ExportExecution.self, of: export.id, range, limit: paging.limit + 1)
        let shown = rows.prefix(paging.limit)
        return Output {
            $0.executions = shown.map { row in
                DataExports.ExecutionReference {
                    $0.executionId = row.id
                    $0.executionStatus = row.status
                }
            }
            $0.nextToken = rows.count > shown.count ? shown.last.map { Paging.marker(after: String($0.number)) } : nil
        }
    }
}

extension DataExports.GetExecution: ReadOperation, OnExport {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let export = try records.export(input.exportArn)
        let range = RowIndexRange(RowPrefix(.text(input.executionId)))
        guard let row = try records.list(ExportExecution.self, by: "id", of: export.id, range, limit: 1).first else {
            throw DataExports.Failure.resourceNotFoundException("The execution \(input.executionId) does not exist.")
        }
        let view = DataExports.Export(try Structure(json: row.export, of: DataExports.ExportFields.shape))
        return Output {
            $0.executionId = row.id
            $0.export = view
            $0.executionStatus = row.status
        }
    }
}

extension DataExports.ListTables: ReadOperation, OnAllExports {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output {
            $0.tables = [
                DataExports.Table {
                    $0.tableName = ExportQuery.table
                    $0.description = ExportTable.description
                    $0.tableProperties = ExportTable.properties.map { property in
                        DataExports.TablePropertyDescription {
                            $0.name = property.name
                            $0.validValues = property.values
                            $0.defaultValue = property.standard
                        }
                    }
                }
            ]
        }
    }
}

extension DataExports.GetTable: ReadOperation, OnAllExports {
    private static func name(of type: ReportType) -> String {
        switch type {
        case .text: "string"
        case .number: "double"
        case .time: "timestamp"
        case .texts: "map<string, string>"
        }
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.tableName == ExportQuery.table else {
            throw .invalidExport("There is no table \(input.tableName).")
        }
        return Output {
            $0.tableName = ExportQuery.table
            $0.description = ExportTable.description
            $0.tableProperties = input.tableProperties
            $0.schema = ExportQuery.sources.map { source in
                DataExports.Column {
                    $0.name = source.name
                    $0.type = source.column.map { Self.name(of: $0.parquetType) } ?? "map<string, string>"
                }
            }
        }
    }
}

extension DataExports.TagResource: WriteOperation, OnExportTags {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access("bcm-data-exports:TagResource", on: input.resourceArn, context: requestTags(input.resourceTags)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var export = try records.export(input.resourceArn)
        export.tags = try TagRules.ofReports.merge(input.resourceTags, into: export.tags)
        try records.put(export)
        return Output()
    }
}

extension DataExports.UntagResource: WriteOperation, OnExportTags {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "bcm-data-exports:UntagResource", on: input.resourceArn,
                context: ["aws:tagkeys": .many(input.resourceTagKeys)]))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var export = try records.export(input.resourceArn)
        export.tags = TagRules.ofReports.remove(input.resourceTagKeys, from: export.tags)
        try records.put(export)
        return Output()
    }
}

extension DataExports.ListTagsForResource: ReadOperation, OnExportTags {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try records.export(input.resourceArn).tags
        return Output(page(tags, by: \.key, try Paging(exports: input))) { DataExports.ResourceTag($0) }
    }
}
