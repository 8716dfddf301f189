import Testing

@testable import LogQueries
