import ArgumentParser
import Costs
import FoundationEssentials

/// What calls cost.
struct BillingOptions: ParsableArguments {
    @Option(
        help: """
            A file that says what calls cost, for Cost Explorer, budgets and reports, in place of the published prices that ship \
            with Gatehouse; what it does not name has no price.
            """)
    var prices: String?

    @Option(
        help: """
            The program that writes bills as Parquet, which Tools/make-parquet-writer makes. \
            (default: /usr/lib/gatehouse/gatehouse-parquet)
            """)
    var parquetWriter: String?

    /// nil: where packages put it.
    static var parquetWriter: String? { Settings.text("PARQUET_WRITER") }

    /// - Throws: `ValidationError` for a file that can't be used.
    static func list() throws -> PriceList? {
        guard let path = Settings.text("PRICES") else { return nil }
        guard let content = FileManager.default.contents(atPath: path), content.count <= PriceList.mostBytes,
            let text = String(validating: content, as: UTF8.self)
        else { throw ValidationError("--prices: \(path) can't be read, or is no text of at most 16 MiB.") }
        do throws(PriceList.Fault) { return try PriceList(text) } catch {
            throw ValidationError("--prices: \(path), \(error)")
        }
    }
}
