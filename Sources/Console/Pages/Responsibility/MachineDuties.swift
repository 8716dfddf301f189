#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the machine has to do that Gatehouse runs on, as far as it can be seen from within.
enum MachineDuties {
    static var all: [Duty] {
        [account, memory, swap, room, disk, updates, clock, backups]
    }

    private static var account: Duty {
        let title = "Gatehouse runs with few rights"
        return geteuid() == 0
            ? Duty(title, .open, "It runs as root. A service of its own user is enough, unless it runs instances.")
            : Duty(title, .done, "It runs as the user with the number \(geteuid()).")
    }

    private static var memory: Duty {
        let title = "No other program reads its memory"
        guard let scope = firstLine("/proc/sys/kernel/yama/ptrace_scope") else {
            return Duty(title, .unseen, "The system does not tell whether programs may look into each other.")
        }
        return scope == "0"
            ? Duty(title, .open, "Programs of the same user may look into each other (kernel.yama.ptrace_scope is 0).")
            : Duty(title, .done, "Programs may not look into each other (kernel.yama.ptrace_scope is \(scope)).")
    }

    private static var swap: Duty {
        let title = "Keys in memory are not written to disk"
        guard let lines = lines("/proc/swaps") else {
            return Duty(title, .unseen, "The system does not tell whether it swaps.")
        }
        return lines.count > 1
            ? Duty(title, .open, "The machine swaps: encrypt the swap, or switch it off.")
            : Duty(title, .done, "The machine does not swap.")
    }

    private static var room: Duty {
        let title = "There is room"
        var place = statvfs()
        guard statvfs(".", &place) == 0, place.f_blocks > 0 else {
            return Duty(title, .unseen, "The system does not tell how much room there is.")
        }
        let free = Double(place.f_bavail) / Double(place.f_blocks)
        let percent = Int(free * 100)
        return free < 0.1
            ? Duty(title, .open, "\(percent) % of the disk that Gatehouse works in is free.")
            : Duty(title, .done, "\(percent) % of the disk that Gatehouse works in is free.")
    }

    private static var disk: Duty {
        Duty(
            "The disk is encrypted", .unseen,
            "Gatehouse seals its records and objects itself, but not its log, nor what else is on the machine.")
    }

    private static var updates: Duty {
        Duty("The system is up to date", .unseen, "Who keeps the machine knows. Amazon Inspector can look at it here.")
    }

    private static var clock: Duty {
        Duty(
            "The clock is right", .unseen,
            "Signatures and one-time codes depend on it: keep it by NTP. Requests with another time are refused.")
    }

    private static var backups: Duty {
        Duty(
            "There are backups, and they were restored once", .unseen,
            "gatehouse backup makes them, gatehouse verify proves them.")
    }

    private static func firstLine(_ path: String) -> String? { lines(path)?.first }

    /// The lines of a small file; nil: it can't be read.
    private static func lines(_ path: String) -> [String]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
