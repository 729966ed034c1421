"""What the execution role must be allowed for lineage: tokens, and Amazon DataZone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mwaa.permissions.statement import Statement


@dataclass(frozen=True, kw_only=True)
class LineageAccess:
    """Permissions to read tokens of catalogues and to post lineage to DataZone domains.

    `data_zone_regions` are the Regions of the domains. `data_zone_keys` has the ARN of the customer
    managed key of each domain that has one, by its id.
    """

    token_secret_arns: Sequence[str] = ()
    data_zone_regions: Sequence[str] = ()
    data_zone_keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def statements(self) -> list[Statement]:
        """None without catalogues."""
        found = []
        if self.token_secret_arns:
            found.append(read_tokens(self.token_secret_arns))
        if self.data_zone_regions:
            found.append(_post_lineage(self.data_zone_regions))
        return [*found, *(_use_domain_key(*each) for each in self.data_zone_keys.items())]


def read_tokens(secret_arns: Sequence[str]) -> Statement:
    """Reading the tokens of catalogues."""
    return Statement(
        sid="ReadLineageTokens",
        purpose="read the tokens of the data catalogues",
        actions=("secretsmanager:GetSecretValue",),
        resources=secret_arns,
    )


def _post_lineage(regions: Sequence[str]) -> Statement:
    """The action knows no domain in IAM: a domain itself decides who may post, by its members.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondatazone.html
    """
    return Statement(
        sid="PostLineage",
        purpose="post lineage to DataZone",
        actions=("datazone:PostLineageEvent",),
        resources=("*",),
        condition={"StringEquals": {"aws:RequestedRegion": regions}},
    )


def _use_domain_key(domain_id: str, key_arn: str) -> Statement:
    """Whoever calls DataZone needs the key of the domain, for that domain alone.

    https://docs.aws.amazon.com/datazone/latest/userguide/encryption-rest-datazone.html
    """
    return Statement(
        sid=f"UseKeyOf{''.join(filter(str.isalnum, domain_id))}",
        purpose=f"use the key of the DataZone domain {domain_id}",
        actions=("kms:Decrypt", "kms:GenerateDataKey"),
        resources=(key_arn,),
        condition={"StringEquals": {"kms:EncryptionContext:aws:datazone:domainId": domain_id}},
    )
