"""The stage of the long run: a platform, a person at its portal, and what the changes need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from local.alb import service as alb
from local.alb.listener_settings import ListenerSettings
from local.layout import Layout
from tests.integration.visitor import Visitor, sign_in_links
from tests.updates.account import Difference, Json
from tests.updates.changing import ADMIN, TOKEN_SECRET, Changing
from tests.updates.supplies import Supplies
from tests.waits import wait_until


def without(configuration: Json, environment: str) -> Json:
    """The configuration without an environment, and without the grants for it alone."""
    grants = [
        {**each, "Environments": [name for name in each["Environments"] if name != environment]}
        for each in configuration["Grants"]
    ]
    environments = configuration["MwaaEnvironments"]
    return {
        **configuration,
        "MwaaEnvironments": [each for each in environments if each["Name"] != environment],
        "Grants": [each for each in grants if each["Environments"]],
    }


class Scene(Supplies):
    """The platform, and what a person does by hand while it is changed."""

    def __init__(self, changing: Changing, person: Visitor, folder: Path) -> None:
        super().__init__(changing.platform.cloud.session, folder)
        self.changing = changing
        self.person = person

    def is_signed_in(self) -> bool:
        """Whether the person's session at the portal is good."""
        page = self.person.open(self.changing.platform.portal)
        return page.status_code == 200 and bool(sign_in_links(page))

    def sign_in(self) -> None:
        """Signs in with a browser that has no session."""
        self.person.http.cookies.clear()
        page = self.person.sign_in(self.changing.platform.portal, email=ADMIN)
        assert page.status_code == 200, page.text
        assert sign_in_links(page)

    def links(self, email: str) -> set[tuple[str, str]]:
        """What the portal offers somebody who signs in now."""
        with self.changing.platform.visitor() as visitor:
            page = visitor.sign_in(self.changing.platform.portal, email=email)
        assert str(page.url).startswith(self.changing.platform.portal), page.text
        return set(sign_in_links(page))

    def title(self, environment: str) -> str:
        """The title of Airflow's home page."""
        with self.changing.platform.visitor() as visitor:
            self.changing.enter_alone(visitor, environment)
            page = visitor.open(f"{self.changing.airflow(environment)}/home")
        title = BeautifulSoup(page.text, "html.parser").find("title")
        return title.get_text(strip=True) if title else ""

    def admitted_ranges(self) -> set[str]:
        """The ranges from which the load balancer takes HTTPS."""
        groups = self.client("ec2").describe_security_groups(
            GroupIds=self._load_balancer()["SecurityGroups"]
        )["SecurityGroups"]
        return {
            each["CidrIp"]
            for group in groups
            for rule in group["IpPermissions"]
            for each in rule["IpRanges"]
        }

    def certificate_of_listener(self) -> str:
        listeners = self.client("elbv2").describe_listeners(
            LoadBalancerArn=self._load_balancer()["LoadBalancerArn"]
        )["Listeners"]
        [secure] = [each for each in listeners if each.get("Certificates")]
        return str(secure["Certificates"][0]["CertificateArn"])

    def web_acl_of_load_balancer(self) -> str:
        found = self.client("wafv2").get_web_acl_for_resource(
            ResourceArn=self._load_balancer()["LoadBalancerArn"]
        )
        return str(found["WebACL"]["ARN"])

    def wait_for_host(self, host: str, path: str, *, status: int) -> None:
        """Until the load balancer, which reads its rules now and then, answers so for a host."""
        port = urlsplit(self.changing.platform.portal).port
        url = f"https://localhost:{port}{path}"

        def answers() -> bool:
            answer = self.person.http.get(
                url, headers={"Host": f"{host}:{port}"}, follow_redirects=False
            )
            return answer.status_code == status

        wait_until(f"{host} answers {status}", answers)

    def replace_load_balancer(self, edit: Callable[[Json, Scene], Any]) -> None:
        """docs/operating.md, "Replace a load balancer"; protection is off already."""
        uis = [each for each in self.changing.account().stacks if "-Ui-" in each]
        prefix = f"{self.changing.configuration['AppName']}-"
        self.changing.destroy(*(each.removeprefix(prefix) for each in uis), "Sso")
        self._edit_and_deploy(edit)
        self._serve_other_load_balancer(f"{prefix}Sso")

    def remake(self, environment: str, edit: Callable[[Json, Scene], Any]) -> None:
        """docs/operating.md, "Remove one environment", and its entry again with another value."""
        changing = self.changing
        changing.end(environment)
        changing.destroy(f"Ui-{environment}", f"Env-{environment}")
        former = changing.configuration
        changing.write(without(former, environment))
        changing.deploy()
        logs = self.client("logs")
        prefix = f"airflow-{environment}-"
        for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
        for database in (changing.airflows / environment).glob("airflow-*.db"):
            database.unlink()
        before = changing.account()
        changing.write(former)
        self._edit_and_deploy(edit)
        self.fill_secrets(Difference(before=before, after=changing.account()))
        changing.add_dag(environment)
        changing.restart([environment])

    def remove_left_stack(self, stack: str) -> None:
        """What `doctor` names for a stack that the file no longer has."""
        cloudformation = self.client("cloudformation")
        name = f"{self.changing.configuration['AppName']}-{stack}"
        cloudformation.update_termination_protection(
            EnableTerminationProtection=False, StackName=name
        )
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1}
        )

    def fill_secrets(self, difference: Difference) -> None:
        """What `lineage token set` does with the secrets that are new."""
        token = (self.changing.platform.state / "secrets" / "lineage-token").read_text()
        secrets_manager = self.client("secretsmanager")
        for resource, arn in difference.after.resources.items():
            if resource.type == TOKEN_SECRET and resource not in difference.before.resources:
                secrets_manager.put_secret_value(SecretId=arn, SecretString=token)

    def _edit_and_deploy(self, edit: Callable[[Json, Scene], Any]) -> None:
        configuration = self.changing.configuration
        edit(configuration, self)
        self.changing.write(configuration)
        self.changing.deploy()

    def _serve_other_load_balancer(self, stack: str) -> None:
        """Starts the data plane again for the load balancer that is deployed now."""
        platform, changing = self.changing.platform, self.changing
        [former] = ListenerSettings.read(platform.state / "alb.json").listeners
        arn = changing.deployment.outputs[stack]["LoadBalancerArn"]
        listeners = [replace(former, load_balancer_arn=arn)]
        certificates = changing.launcher.certificates
        program = alb.program(
            Layout(state=platform.state, ports={}),
            certificates,
            platform.cloud,
            listeners=listeners,
        )
        processes = platform.processes
        processes.end({program.name})
        processes.start(program)
        wait_until("The load balancer answers", lambda: alb.ready(listeners, certificates))

    def _load_balancer(self) -> Json:
        [found] = self.client("elbv2").describe_load_balancers()["LoadBalancers"]
        return dict(found)
