"""Feature flags of the CDK that the templates require.

They are here and not in cdk.json, so that they apply without the CLI as well. Context from the CLI,
such as a lookup or `--context`, takes precedence.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

FEATURE_FLAGS: Mapping[str, Any] = MappingProxyType(
    {
        # Weak references are known only after a deployment begins, and CloudFormation then plans
        # to replace what depends on them.
        "@aws-cdk/core:defaultCrossStackReferences": "strong",
        "@aws-cdk/core:validateAgainstDefaultRules": True,
        "@aws-cdk/core:annotationsInValidationReport": True,
        "@aws-cdk/core:checkSecretUsage": True,
        "@aws-cdk/core:enablePartitionLiterals": True,
        "@aws-cdk/core:explicitStackTags": True,
        "@aws-cdk/core:includePrefixInUniqueNameGeneration": True,
        "@aws-cdk/aws-iam:minimizePolicies": True,
        "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
        "@aws-cdk/aws-lambda:useCdkManagedLogGroup": True,
        "@aws-cdk/aws-s3:createDefaultLoggingPolicy": True,
        "@aws-cdk/aws-s3:publicAccessBlockedByDefault": True,
        "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
        # Would close default security groups by a function with rights on all of them.
        "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": False,
    }
)
