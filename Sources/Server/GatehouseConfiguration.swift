public import Costs
public import DomainRecords
public import Fetch
import FoundationEssentials
public import Gate
public import HardwareToken
public import Platform
public import TransportSecurity
public import WAF
public import WAFV2Service
public import WebFront

extension Gatehouse {
    /// How a Gatehouse is to be.
    public struct Configuration: Sendable {
        /// The folder that holds everything; nil: it is in a database, or in memory alone.
        public var dataDirectory: String?
        /// The database that this Gatehouse shares with others; nil: there is none.
        public var database: SharedDatabase?
        /// The region that it is in. Global services are in `us-east-1` all the same.
        public var region = "us-east-1"
        /// The URL by which others reach this Gatehouse, where that is not the one that it listens on.
        public var publicURL: String?
        /// A PEM file with certificate authorities to trust for other servers, those of identity providers and of external
        /// key stores, in addition to the system's.
        public var authoritiesFile: String?
        /// Where the proxies of external key stores are, by the hosts of their endpoints, where they are not at port 443 of
        /// those.
        public var keyStoreProxies: [String: WebAddress] = [:]
        /// Where the servers of SNS's subscriptions are, by the hosts of their addresses.
        public var subscriberHosts: [String: WebAddress] = [:]
        /// Which servers get the events of S3's buckets and user pools, by the ARNs of queues, topics and functions.
        public var eventDestinations: [String: WebAddress] = [:]
        /// Networks of private addresses in which servers may be that users name. Without any, only the public internet is asked.
        public var privateNetworks: [Network] = []
        /// Issuers in the place of login providers that everybody knows; see `OutsideServers.loginProviders`.
        public var loginProviders: [String: String] = [:]
        /// Where hosts are that clients of ACME's want certificates for; see `OutsideServers.acmeHosts`.
        public var acmeHosts: [String: WebAddress] = [:]
        /// The names at which custom domains of user pools answer.
        public var customDomains = CustomDomains()
        /// Where messages to the users of user pools go.
        public var messages = MessageServers()
        /// What the domain name system says, by which public certificates are validated.
        public var domainRecords = DomainRecords()
        /// The list of passwords that others know, for threat protection in user pools: see `Environment.useCompromisedPasswords`.
        public var compromisedPasswords: String?
        /// The file that says what Amazon Inspector scans, and by which advisories; nil: there is none.
        public var inspectedFile: String?
        /// The folder with the operator's terms and agreements, for Artifact; nil: there is none.
        public var papers: String?
        /// What stands behind AWS's managed rule groups.
        public var managedRules = ManagedRuleSettings()
        /// A file for the logs of all web ACLs; nil: there is none.
        public var webACLLog: String?
        /// Files in MaxMind's format that tell where addresses are.
        public var addressPlaces: [String] = []
        /// Files of addresses that are known for attacks, for GuardDuty.
        public var threatAddresses: [String] = []
        /// Files of the addresses of Tor's exits.
        public var torAddresses: [String] = []
        /// The endpoints behind this Gatehouse; nil: it answers by itself alone.
        public var upstreams: UpstreamEndpoints?
        /// The web applications that this Gatehouse stands before; nil: none.
        public var webFront: WebFront.Place?
        /// What calls cost; nil: the prices that ship with Gatehouse.
        public var prices: PriceList?
        /// The program that writes bills as Parquet; nil: it is looked for where packages put it.
        public var parquetWriter: String?
        /// What instances of EC2 may run on this machine.
        public var instanceSources: [InstanceSource] = []
        /// Networks whose addresses Shield gives no budgets: those of other balancers, say.
        public var exemptFromShield: [Network] = []
        /// Whether a table of nftables stands before the web front; see ``Gatehouse/filterPackets(_:)``.
        public var filtersPackets = false
        /// Whether what policies deny is let through, and only marked.
        public var observes = false
        /// How HTTPS is to be spoken; nil: it is not.
        public var tls: TLS?
        /// Twelve digits; nil: the ledger's own, or random on the first start.
        public var accountID: String?
        /// The root user's access key, taken on the first start; nil: a random one.
        public var rootAccessKeyID: String?
        /// The secret that goes with ``rootAccessKeyID``; nil: a random one.
        public var rootSecretAccessKey: String?
        /// When an answer that changes nothing may be sent: at once, or when its event is on disk.
        public var audit = Gate.Audit.batched
        /// AWS's quotas, except where the operator has changed them.
        public var quotas = Quotas()
        /// The hardware token that holds keys; nil: there is none.
        public var token: HardwareToken.Login?
        /// Whether the token seals the keys of new private certificate authorities.
        public var keepsAuthorityKeysInToken = false
        /// How many bytes the bodies of objects may take where everything is in memory.
        public var memoryOfBodies = 1 << 30
        /// The services; all that there are.
        public var modules: [ServiceModule] {
            get { chosenModules ?? Modules.all }
            set { chosenModules = newValue }
        }
        /// nil: all. They take milliseconds to make, which who only fills in a configuration does not wait for.
        private var chosenModules: [ServiceModule]?
        /// The real time, seconds since 1970; tests hold it still.
        public var now: @Sendable () -> Double = { Date().timeIntervalSince1970 }

        /// A Gatehouse in memory, with a new account.
        public init() {}

        /// Whether everything ends with the process.
        var isInMemory: Bool { dataDirectory == nil && database == nil }

        /// Whose certificate the server shows.
        public enum TLS: Sendable {
            /// One that Gatehouse's own authority issues, for this machine's names and others.
            case localAuthority(names: [ServedName])
            /// The operator's, in PEM files.
            case files(certificate: String, key: String)
            /// One of ACM's.
            case managed(arn: String)
        }
    }
}
