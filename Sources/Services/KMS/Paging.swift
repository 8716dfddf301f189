import Platform
import Wire

extension Paging {
    /// What a list request says about pages.
    /// - Parameters:
    ///   - most: the largest page of the operation.
    ///   - usual: the page of a request that does not say.
    /// - Throws: InvalidMarkerException; ValidationException for a larger page.
    init<F: PageRequestFields>(kms input: View<F>, usual: Int = 50, most: Int = 1000) throws(ServiceError) {
        if let limit = input.pageLimit, limit > most {
            throw .invalid(
                "1 validation error detected: Value '\(limit)' at 'limit' failed to satisfy constraint: "
                    + "Member must have value less than or equal to \(most)")
        }
        do throws(ServiceError) {
            try self.init(marker: input.pageToken, maxItems: input.pageLimit ?? usual)
        } catch {
            throw .kms(.invalidMarkerException, "The marker is not one that a list of this kind has returned.")
        }
    }
}
