"""Kinds of doctor's findings, each with an entry of the same name in docs/doctor.md."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Code(StrEnum):
    """A kind of finding. Other programs read it in `--json`: a name stays what it is."""

    NOT_CHECKED = "not-checked"

    ACCOUNT_DIFFERS = "account-differs"
    BOOTSTRAP_MISSING = "bootstrap-missing"
    BOOTSTRAP_OUTDATED = "bootstrap-outdated"
    CDK_CLI_MISSING = "cdk-cli-missing"
    CDK_CLI_DIFFERS = "cdk-cli-differs"
    NODE_MISSING = "node-missing"
    NODE_DIFFERS = "node-differs"
    QUOTA_EXCEEDED = "quota-exceeded"
    ZONES_TOO_FEW = "zones-too-few"

    CERTIFICATE_MISSING = "certificate-missing"
    CERTIFICATE_NOT_ISSUED = "certificate-not-issued"
    CERTIFICATE_LACKS_HOST = "certificate-lacks-host"
    CERTIFICATE_ENDS = "certificate-ends"
    HOSTED_ZONE_MISSING = "hosted-zone-missing"
    HOSTED_ZONE_LACKS_HOST = "hosted-zone-lacks-host"
    CLIENT_SECRET_MISSING = "client-secret-missing"  # noqa: S105 - a name
    CLIENT_SECRET_UNUSABLE = "client-secret-unusable"  # noqa: S105 - a name
    PROVIDER_DOES_NOT_ANSWER = "provider-does-not-answer"
    PROVIDER_ENDPOINT_DIFFERS = "provider-endpoint-differs"

    TOPIC_MISSING = "topic-missing"
    TOPIC_CLOSED = "topic-closed"
    TOPIC_UNHEARD = "topic-unheard"

    STACK_MISSING = "stack-missing"
    STACK_CREATION_FAILED = "stack-creation-failed"
    STACK_TAKES_NO_UPDATE = "stack-takes-no-update"
    STACK_OUTPUT_MISSING = "stack-output-missing"
    STACK_ORPHANED = "stack-orphaned"
    STACK_DRIFTED = "stack-drifted"

    VPC_MISSING = "vpc-missing"
    VPC_DIFFERS = "vpc-differs"
    SUBNET_MISSING = "subnet-missing"
    SUBNET_DIFFERS = "subnet-differs"
    SUBNET_FULL = "subnet-full"
    SUBNET_PUBLIC = "subnet-public"
    SUBNET_WITHOUT_INTERNET = "subnet-without-internet"
    SUBNET_WITHOUT_S3 = "subnet-without-s3"
    NETWORK_ACL_CLOSED = "network-acl-closed"
    SECURITY_GROUP_MISSING = "security-group-missing"
    ENDPOINT_MISSING = "endpoint-missing"
    ENDPOINT_CLOSED = "endpoint-closed"
    RANGES_OVERLAP = "ranges-overlap"
    ROUTE_TAKEN = "route-taken"
    WAY_DOUBLED = "way-doubled"
    WAY_NOT_CONNECTED = "way-not-connected"
    WAY_ROUTE_WRONG = "way-route-wrong"
    WAY_RULE_MISSING = "way-rule-missing"

    ENVIRONMENT_MISSING = "environment-missing"
    ENVIRONMENT_NOT_WELL = "environment-not-well"
    AIRFLOW_DOES_NOT_ANSWER = "airflow-does-not-answer"
    AIRFLOW_WITHOUT_HEARTBEAT = "airflow-without-heartbeat"
    DAGS_NOT_IMPORTED = "dags-not-imported"
    REQUIREMENTS_NOT_INSTALLED = "requirements-not-installed"
    LINEAGE_BROKEN = "lineage-broken"
    LINEAGE_PLUGIN_MISSING = "lineage-plugin-missing"
    LINEAGE_EVENTS_LOST = "lineage-events-lost"

    ROLE_MISSING = "role-missing"
    ROLE_NOT_TRUSTED = "role-not-trusted"
    ROLE_LACKS = "role-lacks"
    BOUNDARY_MISSING = "boundary-missing"
    BOUNDARY_FORBIDS = "boundary-forbids"
    KEY_MISSING = "key-missing"
    KEY_UNUSABLE = "key-unusable"
    KEY_CLOSED = "key-closed"
    BUCKET_MISSING = "bucket-missing"
    BUCKET_WITHOUT_VERSIONS = "bucket-without-versions"
    BUCKET_PUBLIC = "bucket-public"
    BUCKET_OF_ANOTHER_KEY = "bucket-of-another-key"
    BUCKET_DENIES_ROLE = "bucket-denies-role"

    WEB_SERVER_NOT_FOUND = "web-server-not-found"
    TARGET_NOT_REGISTERED = "target-not-registered"
    TARGET_NOT_ADMITTED = "target-not-admitted"
    TARGET_IN_ANOTHER_ZONE = "target-in-another-zone"
    TARGET_UNHEALTHY = "target-unhealthy"


class Fault(NamedTuple):
    """What is wrong with a subject that other faults may share, and what to do."""

    code: Code
    message: str
    remedy: str
