"""The behaviours of the CDK that the templates are written for.

They stand here and not in cdk.json, so that they hold without the CLI as well. What the CLI passes
on, such as a lookup or `--context`, wins.
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
