"""Translation of the AWS SDK's errors into PlatformErrors.

AWS's own message is repeated only where it names a denied permission or an unknown error: that of
a wrong signature holds the whole request, its session token included.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as aws

from cli.deploy_command import DEPLOY
from errors import PlatformError

DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
UNKNOWN_IDENTITY = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
NO_CREDENTIALS = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.ConfigNotFound,
    aws.ProfileNotFound,
)
SIGN_IN_AGAIN = (aws.SSOError, aws.TokenRetrievalError, aws.LoginError)


class DeniedError(PlatformError):
    """A permission is missing."""


class CredentialsError(PlatformError):
    """There are no credentials, or they have ended: nothing can be asked of AWS."""


@contextmanager
def aws_errors_translated(place: str) -> Iterator[None]:
    """Raises PlatformError for the SDK's errors inside the block; `place` is what was called."""
    try:
        yield
    except aws.ClientError as error:
        raise _client_error(error, place) from None
    except aws.BotoCoreError as error:
        raise _sdk_error(error, place) from None


def _client_error(error: aws.ClientError, place: str) -> PlatformError:
    details = error.response.get("Error", {})
    code, operation = details.get("Code", "unknown"), error.operation_name
    if code in DENIED:
        return DeniedError(
            f"AWS does not let you do {operation}.",
            place=f"{place}: {details.get('Message', '')}",
            remedy="Ask for that permission, or use another role (AWS_PROFILE).",
        )
    if code in EXPIRED:
        return CredentialsError(
            "Your AWS credentials have expired.", place=place, remedy="Sign in to AWS again."
        )
    if code in UNKNOWN_IDENTITY:
        return PlatformError(
            f"AWS does not accept your credentials ({code}).",
            place=place,
            remedy="Look which ones are used: `aws sts get-caller-identity`. Check this machine's "
            "clock as well, and whether the account has the Region turned on.",
        )
    if code in THROTTLED:
        return PlatformError(
            f"AWS is throttling: {operation} was refused several times.",
            place=place,
            remedy="Run this again in a minute; what was done already stays done.",
        )
    if code == "ResourceNotFoundException":
        return PlatformError(
            f"What {operation} asks for is not there.",
            place=place,
            remedy=f"Deploy again ({DEPLOY}) if it was deleted by hand.",
        )
    return PlatformError(
        f"AWS refused {operation}: {code}.",
        place=f"{place}: {details.get('Message', '')}",
        remedy="Run this again. If it goes on, the text above says what AWS did not like.",
    )


def _sdk_error(error: aws.BotoCoreError, place: str) -> PlatformError:
    match error:
        case aws.NoRegionError():
            return no_region_error()
        case _ if isinstance(error, SIGN_IN_AGAIN):
            return CredentialsError(
                "Your sign-in to AWS has ended.",
                place=place,
                remedy="Sign in again (`aws sso login` or `aws login`), then run this again.",
            )
        case _ if isinstance(error, NO_CREDENTIALS):
            return CredentialsError(
                "There are no usable AWS credentials.",
                place=str(error),
                remedy="Set AWS_PROFILE, or sign in the way that your company does. For the "
                "platform on this machine add --local.",
            )
        case aws.HTTPClientError() | aws.ConnectionError():
            return PlatformError(
                "AWS cannot be reached from here.",
                place=f"{place}: {type(error).__name__}",
                remedy="Check the network, the proxy (HTTPS_PROXY) and AWS_CA_BUNDLE.",
            )
    return PlatformError(
        f"The AWS SDK could not do this ({type(error).__name__}).",
        place=place,
        remedy="Check your AWS settings (~/.aws/config and the AWS_… variables).",
    )


def no_region_error() -> PlatformError:
    """Error of a command that needs a Region where none is set."""
    return PlatformError(
        "No AWS Region is set.",
        place="AWS_REGION, or `region` of your profile in ~/.aws/config",
        remedy="Name the Region that the platform is deployed in: AWS_REGION=eu-west-1 "
        "./mwaa-platform …",
    )
