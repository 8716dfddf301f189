import Synchronization

/// Which bodies this process is reading: until it is done with them, it neither removes nor sweeps them.
final class OpenBodies: Sendable {
    /// Some bodies that are being read, as long as it is there.
    final class Token: Sendable {
        private let ids: [BodyID]
        private let bodies: OpenBodies

        fileprivate init(_ ids: [BodyID], _ bodies: OpenBodies) {
            self.ids = ids
            self.bodies = bodies
        }

        deinit { bodies.close(ids) }
    }

    /// How many read each.
    private let readers = Mutex<[BodyID: Int]>([:])

    func open(_ ids: [BodyID]) -> Token {
        readers.withLock { readers in
            for id in ids { readers[id, default: 0] += 1 }
        }
        return Token(ids, self)
    }

    private func close(_ ids: [BodyID]) {
        readers.withLock { readers in
            for id in ids {
                let left = (readers[id] ?? 1) - 1
                readers[id] = left > 0 ? left : nil
            }
        }
    }

    /// Those of some bodies that are being read.
    func among(_ ids: [BodyID]) -> Set<BodyID> {
        readers.withLock { readers in readers.isEmpty ? [] : Set(ids.filter { readers[$0] != nil }) }
    }
}

extension BodyStore {
    /// Whether this process is reading any of some bodies. On other nodes others may be.
    public func isReading(_ ids: [BodyID]) -> Bool { !openBodies.among(ids).isEmpty }
}
