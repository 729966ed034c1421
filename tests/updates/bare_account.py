"""An account of the AWS stand-in alone, into which applications are deployed without the CDK CLI.

What the CLI does is done here, in this process: assets are uploaded, and stacks made and updated
one after another by the same calls, until one fails. So a deployment takes a second or two.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.aws import service
from local.aws_stand_in import AwsStandIn
from local.layout import ACCOUNT, CACHE, REGION, Layout
from local.ports import choose
from local.processes import Processes
from tests.waits import DEADLINE_SECONDS

Json = dict[str, Any]

BOOTSTRAP_VERSION = ("/cdk-bootstrap/hnb659fds/version", "30")
"""Where the CDK's templates look for what `cdk bootstrap` has made."""
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
STACK = "aws:cloudformation:stack"
NOTHING_TO_DO = "No updates are to be performed"


@contextmanager
def stand_in(
    state: Path, preferred_ports: Mapping[str, int], *environments: str, trouble: Path | None = None
) -> Iterator[tuple[AwsStandIn, Layout, Processes]]:
    """The stand-in with an empty account, its layout in the folder `state`, and its process."""
    layout = Layout(state=state, ports=choose(preferred_ports))
    (key := state / "token.key").write_bytes(b"a key")
    (ca := state / "ca.pem").touch()
    program = service.program(
        service.install(CACHE),
        layout,
        webservers={each: layout.webserver(each) for each in environments},
        token_key=key,
        lineage=layout.lineage,
        ca_bundle=ca,
        trouble=trouble,
    )
    processes = Processes(state / "processes.json")
    processes.start(program)
    try:
        processes.wait_until(lambda: service.ready(layout), program.name, seconds=DEADLINE_SECONDS)
        yield AwsStandIn(endpoint=layout.aws), layout, processes
    finally:
        processes.stop()


class BareAccount:
    """An account that is bootstrapped, and knows what it has deployed there."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self._cloudformation = session.client("cloudformation")
        self._s3 = session.client("s3")
        self._uploaded: set[str] = set()
        self._deployed: dict[str, tuple[str, bool]] = {}
        self._s3.create_bucket(Bucket=ASSETS)
        name, value = BOOTSTRAP_VERSION
        session.client("ssm").put_parameter(Name=name, Value=value, Type="String")

    def deploy(self, assembly: Path) -> bool:
        """Deploys every stack that differs, each after those that it depends on.

        Ends with the first that fails; whether none has.
        """
        artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
        stacks = {id_: each for id_, each in artifacts.items() if each["type"] == STACK}
        before = {
            id_: [other for other in each.get("dependencies", ()) if other in stacks]
            for id_, each in stacks.items()
        }
        for id_ in TopologicalSorter(before).static_order():
            self._upload(assembly / f"{id_}.assets.json")
            if not self._deploy(stacks[id_]["properties"], assembly):
                return False
        return True

    def _deploy(self, properties: Json, assembly: Path) -> bool:
        """Makes or updates a stack; whether that succeeded. The answer comes when it is over."""
        name = properties["stackName"]
        template = (assembly / properties["templateFile"]).read_text()
        protected = bool(properties.get("terminationProtection"))
        if self._deployed.get(name) == (template, protected):
            return True
        asked = {
            "StackName": name,
            # As the CDK CLI does: some are too long to be sent.
            "TemplateURL": self._address(name, template),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }
        if name not in self._deployed:
            self._cloudformation.create_stack(**asked, EnableTerminationProtection=protected)
        elif not self._updated(asked, template, protected=protected):
            return True
        [described] = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        succeeded = described["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        if succeeded:
            self._deployed[name] = template, protected
        return succeeded

    def _updated(self, asked: Json, template: str, *, protected: bool) -> bool:
        """Updates a stack; whether there was anything to update."""
        self._cloudformation.update_termination_protection(
            StackName=asked["StackName"], EnableTerminationProtection=protected
        )
        try:
            self._cloudformation.update_stack(**asked)
        except ClientError as error:
            if NOTHING_TO_DO not in str(error):
                raise
            self._deployed[asked["StackName"]] = template, protected
            return False
        return True

    def _address(self, name: str, template: str) -> str:
        """Where a template is, once it has been uploaded."""
        key = f"{name}.json"
        self._s3.put_object(Bucket=ASSETS, Key=key, Body=template.encode())
        return f"https://s3.{REGION}.amazonaws.com/{ASSETS}/{key}"

    def _upload(self, manifest: Path) -> None:
        for each in json.loads(manifest.read_text())["files"].values():
            [destination] = each["destinations"].values()
            key, source = destination["objectKey"], each["source"]
            if key in self._uploaded or source["path"].endswith(".template.json"):
                continue
            path = manifest.parent / source["path"]
            content = _archive(path) if source["packaging"] == "zip" else path.read_bytes()
            self._s3.put_object(Bucket=ASSETS, Key=key, Body=content)
            self._uploaded.add(key)


def _archive(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return content.getvalue()
