import Testing

@testable import CloudWatchService
