import Logging
import PacketFilter
import Platform
import ShieldService
import WAF
public import WebFront

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Gatehouse {
    /// The kernel's filter, which Shield tells of bans from now on; nil: it is not asked for.
    static func packetFilter(
        _ configuration: Configuration, _ environment: Environment, _ log: Logger
    ) throws(StartError) -> PacketFilter? {
        guard configuration.filtersPackets, configuration.webFront != nil else { return nil }
        do throws(PacketFilter.Problem) {
            let filter = try PacketFilter(log: log)
            environment.projection(TrafficDefense.self).use(filter)
            if !hasSYNCookies {
                log.warning(
                    """
                    nftables: a SYN flood from many addresses will keep others out, since net.ipv4.tcp_syncookies is 0: \
                    set it to 1
                    """)
            }
            return filter
        } catch {
            throw StartError("--nftables: \(error)")
        }
    }

    /// Puts a table of nftables before the ports on which the web front listens, where that is asked for.
    /// - Throws: `StartError`, where the system does not let it.
    public func filterPackets(_ ports: WebFront.Ports) async throws(StartError) {
        guard let packetFilter else { return }
        webFront?.whenPortsChange { ports in
            do throws(StartError) { try await install(packetFilter, ports) } catch {
                log.error("\(error)")
            }
        }
        try await install(packetFilter, ports)
    }

    private func install(_ packetFilter: PacketFilter, _ ports: WebFront.Ports) async throws(StartError) {
        let table = FilterTable(
            address: ports.address, ports: [ports.http] + (ports.https.map { [$0] } ?? []),
            exempt: exemptFromShield, rate: TrafficDefense.connectionsOfClient)
        guard let table else {
            throw StartError(
                "--nftables: a table can't be put before the address \(ports.address ?? "") alone: have the web front "
                    + "listen on one without a zone")
        }
        do throws(PacketFilter.Problem) { try await packetFilter.install(table) } catch {
            throw StartError("--nftables: \(error)")
        }
    }

    /// Whether the kernel goes on taking connections where more have begun than it remembers. What can't be read is as usual: it does.
    /// <https://docs.kernel.org/networking/ip-sysctl.html>
    private static var hasSYNCookies: Bool {
        guard let file = fopen("/proc/sys/net/ipv4/tcp_syncookies", "r") else { return true }
        defer { fclose(file) }
        return fgetc(file) != Int32(UInt8(ascii: "0"))
    }
}
