"""Prowler's checks of EC2 and of VPCs, on the accounts of machines.py."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import machines
from harness import Identity, Server
from test_prowler import failed, report


def of_machines(identity: Identity, folder: Path) -> dict[str, set[str]]:
    """The statuses that each check found, in both Regions."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in report(identity, folder, "--service", "ec2", "vpc", regions=(machines.HOME, machines.AWAY)):
        found[row["CHECK_ID"]].add(row["STATUS"])
    return found


# Services that Gatehouse does not answer: Systems Manager manages no instance, and Backup has no plan.
OUT_OF_REACH = {"ec2_ebs_volume_protected_by_backup_plan", "ec2_instance_managed_by_ssm"}

#: What a check says of any account here: nothing is so old, nothing is paravirtual, and there are VPCs in one Region at least.
ALWAYS_PASSES = {
    "ec2_instance_older_than_specific_days", "ec2_instance_paravirtual_type", "ec2_instance_stopped_older_than_specific_days",
}  # fmt: skip

OF_PORTS = {
    f"ec2_instance_port_{name}_exposed_to_internet"
    for name in (
        "cassandra", "cifs", "elasticsearch_kibana", "ftp", "kafka", "kerberos", "ldap", "memcached", "mongodb", "mysql", "oracle",
        "postgresql", "rdp", "redis", "sqlserver", "ssh", "telnet",
    )
} | {
    f"ec2_securitygroup_allow_ingress_from_internet_to_{name}"
    for name in (
        "all_ports", "any_port", "any_port_from_ip", "high_risk_tcp_ports", "tcp_port_22", "tcp_port_3389",
        "tcp_port_cassandra_7199_9160_8888", "tcp_port_elasticsearch_kibana_9200_9300_5601", "tcp_port_ftp_20_21",
        "tcp_port_kafka_9092", "tcp_port_memcached_11211", "tcp_port_mongodb_27017_27018", "tcp_port_mysql_3306",
        "tcp_port_oracle_1521_2483", "tcp_port_postgres_5432", "tcp_port_redis_6379", "tcp_port_sql_server_1433_1434",
        "tcp_port_telnet_23",
    )
}  # fmt: skip

CHECKS = OUT_OF_REACH | ALWAYS_PASSES | OF_PORTS | {
    "ec2_ami_account_block_public_access", "ec2_ami_public", "ec2_ebs_default_encryption", "ec2_ebs_public_snapshot",
    "ec2_ebs_snapshot_account_block_public_access", "ec2_ebs_snapshots_encrypted", "ec2_ebs_volume_encryption",
    "ec2_ebs_volume_snapshots_exists", "ec2_elastic_ip_unassigned", "ec2_instance_account_imdsv2_enabled",
    "ec2_instance_detailed_monitoring_enabled", "ec2_instance_imdsv2_enabled",
    "ec2_instance_internet_facing_with_instance_profile", "ec2_instance_profile_attached", "ec2_instance_public_ip",
    "ec2_instance_secrets_user_data", "ec2_instance_uses_single_eni", "ec2_launch_template_imdsv2_required",
    "ec2_launch_template_no_public_ip", "ec2_launch_template_no_secrets", "ec2_networkacl_allow_ingress_any_port",
    "ec2_networkacl_allow_ingress_tcp_port_22", "ec2_networkacl_allow_ingress_tcp_port_3389",
    "ec2_securitygroup_allow_wide_open_public_ipv4", "ec2_securitygroup_default_restrict_traffic",
    "ec2_securitygroup_from_launch_wizard", "ec2_securitygroup_not_used", "ec2_securitygroup_with_many_ingress_egress_rules",
    "vpc_different_regions", "vpc_endpoint_connections_trust_boundaries", "vpc_endpoint_for_ec2_enabled",
    "vpc_endpoint_multi_az_enabled", "vpc_flow_logs_enabled", "vpc_subnet_different_az", "vpc_subnet_no_public_ip_by_default",
    "vpc_subnet_separate_private_public",
}  # fmt: skip


def test_machines_of_a_careful_account_pass(cloud: Server, tmp_path: Path) -> None:
    found = of_machines(machines.careful(cloud), tmp_path)
    assert failed(found) == OUT_OF_REACH
    assert set(found) == CHECKS, "each check has something to say"
    assert {check for check, statuses in found.items() if "MANUAL" in statuses} == set()


def test_machines_of_a_careless_account_fail(cloud: Server, tmp_path: Path) -> None:
    found = of_machines(machines.careless(cloud), tmp_path)
    # That nobody uses a group can't be told without AWS Batch, which Gatehouse does not answer.
    assert found["ec2_securitygroup_not_used"] >= {"MANUAL"}
    assert set(found) == CHECKS | {"ec2_networkacl_unused"}
    passed = ALWAYS_PASSES | {"ec2_securitygroup_not_used", "vpc_subnet_different_az"}
    assert set(found) - failed(found) == passed
