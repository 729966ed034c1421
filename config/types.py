"""Types of values in the configuration, such as ARNs, host names and CIDR ranges.

Each describes itself in a phrase that completes "This must be …".
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, Strict, WithJsonSchema

from config.section import Expects, Matches, reject
from mwaa.quotas import TARGET_NETWORKS

VPC_PREFIXES = range(16, 28 + 1)
LONGEST_HOST_NAME = 128
LONGEST_LABEL = 63
"""Characters between two dots of a host's name."""


def _bucket_advice(value: str) -> str | None:
    named = value.startswith("s3://") or re.fullmatch(r"[a-z0-9.-]+", value)
    return "Write arn:aws:s3::: before the bucket's name." if named else None


def _key_advice(value: str) -> str | None:
    if ":alias/" in value or value.startswith("alias/"):
        return "Give the ARN of the key that the alias points at."
    if ":key/mrk-" in value:
        return "MWAA takes no multi-Region key; give the ARN of a single-Region one."
    return None


def _zone_advice(value: str) -> str | None:
    if "/hostedzone/" in value:
        return "Leave out /hostedzone/."
    return "This is the zone's name; Route 53 lists its id beside it." if "." in value else None


def _web_acl_advice(value: str) -> str | None:
    if ":global/webacl/" in value:
        return "That one is for CloudFront; a load balancer takes one of its own Region."
    return "WAF Classic has ended; take a web ACL of WAFv2." if ":waf-regional:" in value else None


def _host_advice(value: str) -> str | None:
    if "/" in value:
        return "Leave out https:// and the path."
    if ":" in value:
        return "Leave out the port: the load balancer listens on 443."
    if "*" in value:
        return "A wildcard is no host; name the one that people open."
    if "_" in value:
        return "Names of hosts have no underscores."
    return "End it without the dot." if value.endswith(".") else _length_advice(value)


def _length_advice(host: str) -> str | None:
    longest = max(map(len, host.split(".")))
    if longest > LONGEST_LABEL:
        return f"A part between dots has {longest} characters; {LONGEST_LABEL} is the most."
    return f"This has {len(host)}." if len(host) > LONGEST_HOST_NAME else None


def _client_advice(value: str) -> str | None:
    unseen = " " in value or not value.isprintable()
    return "Copy it again: a blank or an invisible character is in it." if unseen else None


def check_url(value: str, *, schemes: tuple[str, ...] = ("https",)) -> str:
    """Rejects a text that is not the URL of a host under one of these schemes."""
    begins = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        url = urlsplit(value)
        host = url.hostname or ""
        well_formed = bool(re.fullmatch(r"[\w.:-]+", host)) and url.port != 0
    except ValueError:
        well_formed = False
    if not well_formed or url.scheme not in schemes or re.search(r"[\s\x00-\x1f\x7f]", value):
        reject(
            f"This must be a URL that begins with {begins} and names a host.", _url_advice(value)
        )
    if url.username is not None:
        reject("A URL must not carry a user name or password.")
    if url.fragment:
        reject("A URL here has no fragment (#…).")
    return value


def _url_advice(value: str) -> str | None:
    bare = re.match(rf"(?:(?:{HOST_LABEL}\.)+[A-Za-z]{{2,63}}|localhost)(?=[:/]|$)", value)
    return "Write https:// before the host's name." if bare else None


def _check_host_only(value: str) -> str:
    url = urlsplit(check_url(value))
    if url.path.strip("/") or url.query:
        reject(
            "This must be the address of the host alone, without a path.",
            "End it after the host's name.",
        )
    return f"https://{url.netloc}"


def _check_cidr(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        reject("This must be an IPv4 range such as 10.1.0.0/16.")
    if "/" not in value or str(network) != value:
        reject("A range is written with its first address.", f"Write {network}")
    return value


def _check_vpc_cidr(value: str) -> str:
    return _check_prefix(value, "VPC")


def _check_subnet_cidr(value: str) -> str:
    return _check_prefix(value, "subnet")


def _check_prefix(value: str, what: str) -> str:
    if ipaddress.IPv4Network(_check_cidr(value)).prefixlen not in VPC_PREFIXES:
        reject(f"A {what}'s range is between /16 and /28.")
    return value


def check_unique(values: tuple[str, ...]) -> tuple[str, ...]:
    """Rejects a list that has a value twice."""
    repeated = next((value for value in values if values.count(value) > 1), None)
    if repeated:
        reject(f"{repeated} stands here twice.", "Keep one of them.")
    return values


def _check_two_zones(subnets: tuple[str, ...]) -> tuple[str, ...]:
    if len(subnets) < 2:  # noqa: PLR2004
        reject("A load balancer needs two subnets at least, each in another Availability Zone.")
    return subnets


def _check_private_address(value: str) -> str:
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        reject("This must be an IPv4 address, such as 10.1.0.25.")
    if not any(address in network for network in TARGET_NETWORKS):
        reject("This is no private address, and that of an environment's endpoint always is.")
    return value


RESOURCES = {
    "vpc": "a VPC",
    "subnet": "a subnet",
    "sg": "a security group",
    "rtb": "a route table",
    "tgw": "a transit gateway",
}


def _resource_id(prefix: str) -> Matches:
    def advice(value: str) -> str | None:
        other, hyphen, _ = value.partition("-")
        if hyphen and other != prefix and other in RESOURCES:
            return f"This is the id of {RESOURCES[other]}."
        return None

    example = f"{prefix}-0123456789abcdef0"
    return Matches(
        rf"{prefix}-[0-9a-f]{{8,17}}", f"the id of {RESOURCES[prefix]}, such as {example}", advice
    )


ONE_LINE = r"[^\s\x00-\x1f](?:[^\x00-\x1f]*[^\s\x00-\x1f])?"
ENVIRONMENT_NAME = r"[A-Za-z][0-9A-Za-z_-]{0,79}"
ACCOUNT_ARN = r"arn:aws[a-z-]*:{service}:[a-z0-9-]*:\d{{12}}:{resource}"
IAM_ARN = r"arn:aws[a-z-]*:iam::{account}:{resource}"

Integer = Annotated[int, Strict()]
Boolean = Annotated[bool, Strict()]
Text = Annotated[str, Matches(ONE_LINE, "one line of text")]
ClientId = Annotated[
    str,
    Matches(r"[\x21-\x7e]+", "a client ID in printable ASCII, without blanks", _client_advice),
]
HttpsUrl = Annotated[str, AfterValidator(check_url), Expects("an https:// URL")]
HostUrl = Annotated[
    str,
    AfterValidator(_check_host_only),
    WithJsonSchema({"type": "string", "pattern": r"^https://[^/?#@\s]+/?$"}),
    Expects("an https:// URL without a path"),
]
Cidr = Annotated[str, AfterValidator(_check_cidr), Expects("an IPv4 range, such as 10.1.0.0/16")]
VpcCidr = Annotated[
    str,
    AfterValidator(_check_vpc_cidr),
    Expects("an IPv4 range from /16 to /28, such as 10.1.0.0/16"),
]
SubnetCidr = Annotated[
    str,
    AfterValidator(_check_subnet_cidr),
    Expects("an IPv4 range from /16 to /28, such as 10.1.16.0/24"),
]
BucketArn = Annotated[
    str,
    Matches(
        r"arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "the ARN of an S3 bucket, such as arn:aws:s3:::example-bucket",
        _bucket_advice,
    ),
]
SecretArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(service="secretsmanager", resource=r"secret:[\w/+=.@!-]+"),
        "the ARN of a secret in Secrets Manager, never the secret itself",
    ),
]
WholeSecretArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(
            service="secretsmanager", resource=r"secret:[\w/+=.@!-]+-[A-Za-z0-9]{6}"
        ),
        "the full ARN of a secret, with the six characters that Secrets Manager adds, never the "
        "secret itself",
    ),
]
CertificateArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(service="(?:acm|iam)", resource=r"(?:server-)?certificate/[\w/+=,.@-]+"),
        "the ARN of a certificate in ACM",
    ),
]
KeyArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(service="kms", resource=r"key/(?!mrk-)[0-9A-Za-z-]+"),
        "the ARN of a KMS key",
        _key_advice,
    ),
]
PolicyArn = Annotated[
    str,
    Matches(
        IAM_ARN.format(account=r"(?:aws|\d{12})", resource=r"policy/[\w+=,.@/-]+"),
        "the ARN of a managed policy, such as arn:aws:iam::111122223333:policy/boundary",
    ),
]
# It becomes part of ARNs in policies, in which * ? and ${ stand for more than themselves.
S3Path = Annotated[
    str,
    Matches(
        r"[^/\s\x00-\x1f*?$](?:[^/\x00-\x1f*?$]|/(?!/)){0,1023}",
        "a path in the bucket, without a slash at its beginning, with none of * ? $ and no // in "
        "it",
    ),
]
HOST_LABEL = f"(?!-)[A-Za-z0-9-]{{1,{LONGEST_LABEL}}}(?<!-)"
# As the rules of a load balancer take it; localhost is for the platform on one machine.
HostName = Annotated[
    str,
    Matches(
        rf"(?=.{{1,{LONGEST_HOST_NAME}}}$)(?:(?:{HOST_LABEL}\.)+[A-Za-z]{{2,63}}|localhost)",
        f"the name of a host, such as airflow.example.com, {LONGEST_HOST_NAME} characters at most",
        _host_advice,
    ),
    AfterValidator(str.lower),
]
HostedZoneId = Annotated[
    str,
    Matches(
        r"Z[A-Z0-9]{1,31}",
        "the id of a hosted zone in Route 53, such as Z0123456789ABCDEFGHIJ",
        _zone_advice,
    ),
]
WebAclArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(service="wafv2", resource=r"regional/webacl/[\w-]+/[0-9a-f-]+"),
        "the ARN of a regional web ACL of WAFv2",
        _web_acl_advice,
    ),
]
VpcId = Annotated[str, _resource_id("vpc")]
SubnetId = Annotated[str, _resource_id("subnet")]
SecurityGroupId = Annotated[str, _resource_id("sg")]
RouteTableId = Annotated[str, _resource_id("rtb")]
TransitGatewayId = Annotated[str, _resource_id("tgw")]
SubnetIds = Annotated[
    tuple[SubnetId, ...],
    AfterValidator(check_unique),
    AfterValidator(_check_two_zones),
    Field(json_schema_extra={"minItems": 2, "uniqueItems": True}),
]
RouteTableIds = Annotated[
    tuple[RouteTableId, ...], Field(min_length=1), AfterValidator(check_unique)
]
PrivateAddress = Annotated[
    str,
    AfterValidator(_check_private_address),
    Expects("a private IPv4 address, such as 10.1.0.25"),
]
PrivateAddresses = Annotated[tuple[PrivateAddress, ...], AfterValidator(check_unique)]
EnvironmentName = Annotated[
    str,
    Matches(
        ENVIRONMENT_NAME,
        "a letter, then letters, digits, hyphens or underscores, 80 characters at most",
    ),
]
AccessMode = Literal["PRIVATE_ONLY", "PUBLIC_ONLY", "PUBLIC_AND_PRIVATE"]
TagKey = Annotated[
    str,
    Matches(r"(?![aA][wW][sS]:)[\w .:/=+@-]{1,128}", "a tag's key, which never begins with aws:"),
]
TagValue = Annotated[str, Matches(r"[\w .:/=+@-]{0,256}", "a tag's value, 256 characters at most")]
