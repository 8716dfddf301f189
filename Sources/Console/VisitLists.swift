import Wire

extension Visit {
    /// All items of a list, page after page, as the person may see them.
    /// - Parameter most: after so many it is enough.
    /// - Throws: the error that the operation answers, AccessDenied among them.
    func all<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input = O.Input(), most: Int = 10_000
    ) async throws(ServiceError) -> [O.OutputFields.Item]
    where O.InputFields: PageRequestFields, O.OutputFields: PageFields {
        var input = input
        var items: [O.OutputFields.Item] = []
        while true {
            let answer = try await call(operation, input)
            let page: [O.OutputFields.Item] = answer[required: O.OutputFields.itemsPlace]
            items += page
            let next: String? = answer[optional: O.OutputFields.nextPlace]
            guard let next, !next.isEmpty, items.count < most else { return items }
            input[optional: O.InputFields.tokenPlace] = next
        }
    }

    /// The same of a list that the model does not call one in pages.
    /// - Parameter page: reads a page from a token on, and returns the next one's.
    func everything<T: Sendable>(
        most: Int = 10_000, _ page: (_ token: String?) async throws(ServiceError) -> (items: [T], token: String?)
    ) async throws(ServiceError) -> [T] {
        var all: [T] = []
        var token: String?
        repeat {
            let answer = try await page(token)
            all += answer.items
            token = answer.token
        } while token != nil && all.count < most
        return all
    }

    /// Does something of which a page can do without, and which there may be nothing of: then value and problem are nil.
    func find<T: Sendable>(_ body: () async throws(ServiceError) -> T) async -> Attempted<T> {
        do throws(ServiceError) {
            return Attempted(value: try await body(), problem: nil)
        } catch {
            return Attempted(value: nil, problem: error.code == "NoSuchEntity" ? nil : problem(error))
        }
    }
}
