import AccessAnalyzerAPI
import Platform
import Wire

extension Paging {
    /// What a list request says about pages.
    /// - Throws: ValidationException for a token that is not one of ours, or a number that can't be.
    init<F: PageRequestFields>(checking input: View<F>) throws(ServiceError) {
        if let limit = input.pageLimit, limit < 1 {
            throw .invalidField("maxResults", "maxResults must be at least 1.")
        }
        do throws(ServiceError) { try self.init(input) } catch {
            throw .invalidField("nextToken", "Invalid token.")
        }
    }
}
