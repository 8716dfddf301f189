/// Why a statement can't be run; its text is what AWS Config's InvalidExpressionException says.
public struct ConfigQueryError: Error, Sendable, Equatable {
    /// `syntax error at line 1, column 51`, or what is not supported.
    public let message: String

    init(_ message: String) { self.message = message }

    /// A token that can't stand where it does, as AWS Config says it.
    static func syntax(_ place: SelectToken.Place) -> ConfigQueryError {
        ConfigQueryError("syntax error at line \(place.line), column \(place.column)")
    }
}
