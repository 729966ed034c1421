"""`secrets rotate-client`: another client secret, in Secrets Manager and at the load balancers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

import console
from cli.client_secret.listeners import SignIn, sign_ins
from cli.client_secret.options import RotateClient, Section
from cli.client_secret.trial import check_accepted
from cli.client_secret.value import mistake_in
from cli.deploy.locking import locked
from cli.deploy.patience import Patience
from cli.deployed import DeployedPlatform, deployed_platform
from cli.interruption import interrupted_by_termination
from cli.secret_input import TYPED, read_secret
from cli.secrets.stores import NOT_THERE, SECRET_BYTES, without_message
from cli.spans import parse_span
from config.oidc import Client
from errors import PlatformError

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

WHAT_IS_LEFT = "Sign in once, in a private window. Then delete the former secret at the provider."
FIRST = "No load balancer has the client yet: the first deployment takes this secret."


def rotate_client(options: RotateClient) -> None:
    """Tries the secret, stores it and gives it to each listener and rule of the client.

    Before the first deployment it is stored alone. Raises PlatformError, and changes nothing, where
    the provider refuses the secret, there is no such client, or a deployment goes on.
    """
    limit = parse_span("--wait", options.wait)
    with interrupted_by_termination(), deployed_platform(options) as platform:
        client = _client(platform, options.section)
        secret = _secret(platform, client, options)
        if not options.untried:
            _try(platform, client, secret)
        with locked(platform, Patience(limit), break_lock=options.break_lock):
            found = list(sign_ins(platform, client.client_id))
            if options.stored and not found:
                raise _nowhere_error(platform, client)
            if options.stored and _stored(platform, client) != secret:
                raise _changed_error(client)
            if not options.stored:
                _store(platform, client, secret)
            if found:
                _give(platform, found, secret, options)
    console.say(WHAT_IS_LEFT if found else FIRST)


def _client(platform: DeployedPlatform, section: Section) -> Client:
    configuration = platform.configuration
    match section:
        case Section.OIDC:
            return configuration.oidc.client
        case Section.UI_GATE:
            named = configuration.ui_gate.client if configuration.ui_gate else None
        case Section.QUICK_START:
            named = configuration.quick_start.client if configuration.quick_start else None
    if named is None:
        raise PlatformError(
            f"{section} has no client of its own.",
            place="the configuration",
            remedy="That of Oidc is rotated without a name: ./mwaa-platform secrets rotate-client",
        )
    return named


def _nowhere_error(platform: DeployedPlatform, client: Client) -> PlatformError:
    return PlatformError(
        f"No load balancer of the platform signs people in with the client {client.client_id}.",
        place=platform.place,
        remedy="Deploy first: a deployment takes the secret as it is in Secrets Manager then.",
    )


def _changed_error(client: Client) -> PlatformError:
    return PlatformError(
        "Another secret was stored meanwhile, so nothing was changed.",
        place=client.client_secret_arn,
        remedy="Run this again.",
    )


def _secret(platform: DeployedPlatform, client: Client, options: RotateClient) -> str:
    """The new secret. Raises PlatformError for what cannot be one."""
    if options.stored:
        place = client.client_secret_arn
        secret = _stored(platform, client)
    else:
        place = TYPED
        typed = read_secret(f"The new secret of {client.client_id} (not shown): ", SECRET_BYTES)
        secret = typed.removesuffix("\n").removesuffix("\r")
    if mistake := mistake_in(secret):
        remedy = "Give the client secret's value alone, as the provider shows it once."
        raise PlatformError(mistake, place=place, remedy=remedy)
    return secret


def _stored(platform: DeployedPlatform, client: Client) -> str:
    """The stored secret; empty where it is no text."""
    arn = client.client_secret_arn
    found = _secrets_manager(platform, client).get_secret_value(SecretId=arn)
    return found.get("SecretString", "")


def _try(platform: DeployedPlatform, client: Client, secret: str) -> None:
    configuration = platform.configuration
    with console.waiting("Trying it at the provider"):
        check_accepted(
            configuration.oidc.token_endpoint,
            client.client_id,
            secret,
            host=configuration.alb.domain_name or "localhost",
            ca=platform.ca_file,
        )
    _done(f"The provider does not refuse the secret for the client {client.client_id}.")


def _store(platform: DeployedPlatform, client: Client, secret: str) -> None:
    arn = client.client_secret_arn
    try:
        _secrets_manager(platform, client).put_secret_value(SecretId=arn, SecretString=secret)
    except ClientError as error:
        if error.response["Error"]["Code"] == NOT_THERE:
            raise PlatformError(
                "There is no such secret.",
                place=f"{platform.place}: {arn}",
                remedy="Make it, or correct ClientSecretArn.",
            ) from None
        raise without_message(error) from None
    _done(f"It is in the secret {arn.rpartition(':')[2]}, which keeps the former as AWSPREVIOUS.")


def _give(
    platform: DeployedPlatform, found: Sequence[SignIn], secret: str, options: RotateClient
) -> None:
    elb = platform.session.client("elbv2")
    for number, each in enumerate(found):
        try:
            each.give(elb, secret)
        except (ClientError, BotoCoreError, KeyboardInterrupt) as error:
            raise PlatformError(
                f"{number} of {len(found)} listeners and rules have the new secret "
                f"({_code(error)}).",
                place=f"{platform.place}: {each.rule}",
                remedy="Leave both secrets at the provider, remove the cause, and go on: "
                f"./mwaa-platform secrets rotate-client {options.section} --stored",
            ) from None
    balancers = ", ".join(dict.fromkeys(each.stack for each in found))
    rules = "1 rule" if len(found) == 1 else f"{len(found)} rules"
    _done(f"The load balancers sign people in with it: {rules} of {balancers}.")


def _code(error: ClientError | BotoCoreError | KeyboardInterrupt) -> str:
    """What AWS refused, without a message that might repeat the secret."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    return type(error).__name__


def _secrets_manager(platform: DeployedPlatform, client: Client) -> SecretsManagerClient:
    region = client.client_secret_arn.split(":")[3]
    return platform.session.client("secretsmanager", region_name=region)


def _done(text: str) -> None:
    console.say(text, mark="✓", style="bold green")
