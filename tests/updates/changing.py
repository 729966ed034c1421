"""A running platform that is deployed to again, as its user does it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.airflow_runtime.deployed_environment import dag_location
from local.airflow_runtime.service import SAMPLE_DAG, program_names
from local.airflows import Launcher
from local.deployment import Deployment
from local.layout import Layout, airflow_service
from local.ports import choose
from local.tls import Certificates
from tests.conftest import Platform
from tests.integration.dag_discovery import wait_for_dags
from tests.integration.test_plan import plan
from tests.integration.test_sign_in import deep_link
from tests.integration.visitor import Visitor
from tests.updates.account import Account, Json
from tests.waits import wait_until

DAG = "hello_lineage"
ADMIN = "admin@example.com"
TOKEN_SECRET = "AWS::SecretsManager::Secret"
SIGN_IN = {2: "/aws_mwaa/login", 3: "/pluginsv2/aws_mwaa/login"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A DAG run that has succeeded, and the time in UTC before it was asked for."""

    environment: str
    id: str
    since: str


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What `plan --json` wrote of a file, with the files before and after."""

    plan: Json
    files: tuple[Json, Json]


def entry(configuration: Json, name: str) -> Json:
    """The entry of an environment."""
    environments: list[Json] = configuration["MwaaEnvironments"]
    [found] = [each for each in environments if each["Name"] == name]
    return found


class Changing:
    """The platform, and what its user does with it: edit, deploy, look."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.ports = {
            name: urlsplit(url).port or 443
            for name, url in platform.summary["environments"].items()
        }

    @property
    def configuration(self) -> Json:
        """What the file holds; edit it by `write`."""
        content: Json = json.loads(self._file.read_text())
        return content

    def write(self, configuration: Json) -> None:
        self._file.write_text(json.dumps(configuration, indent=2))

    def plan(self, configuration: Json) -> Planned:
        """What `plan` says of another file, which is not there afterwards."""
        former = self.configuration
        self.write(configuration)
        try:
            found = plan(self.platform)
        finally:
            self.write(former)
        return Planned(plan=found, files=(former, configuration))

    def deploy(self) -> None:
        """`cdk deploy --all`, after which every environment takes updates again.

        Raises PlatformError when a stack fails.
        """
        self.deployment.deploy()
        for name in self.platform.cloud.session.client("mwaa").list_environments()["Environments"]:
            described = self._described(name)
            status = (described["Status"], described["LastUpdate"]["Status"])
            assert status == ("AVAILABLE", "SUCCESS"), name

    def destroy(self, *stacks: str) -> None:
        """`cdk destroy` of stacks by their ids, as they were synthesised last."""
        self.deployment.cdk("destroy", *stacks, "--force", "--app=cdk.out")

    def account(self) -> Account:
        return Account.read(self.platform.cloud.session, airflows=self.airflows)

    def restart(self, environments: Collection[str]) -> None:
        """Airflow again, from the files that the stand-in has now, as MWAA's update does it."""
        for name in {*environments} - self.ports.keys():
            self.ports |= choose({name: max(self.ports.values()) + 1})
        self.launcher.restart(dict.fromkeys(environments))
        self.wait_for_dags(*environments)

    def wait_for_dags(self, *environments: str) -> None:
        """Until the Airflows have read the DAGs of their buckets."""
        wait_for_dags(environments, cloud=self.platform.cloud, state=self.platform.state)

    def add_dag(self, environment: str) -> None:
        """What a team does with an environment that is new."""
        session = self.platform.cloud.session
        place = urlsplit(dag_location(environment, session))
        key = f"{place.path.lstrip('/')}{SAMPLE_DAG.name}"
        session.client("s3").upload_file(str(SAMPLE_DAG), place.netloc, key)

    def end(self, environment: str) -> None:
        """The environment's Airflow is gone."""
        self.platform.processes.end(program_names(environment))

    def airflow(self, environment: str) -> str:
        """The address of an Airflow, without the slash at its end."""
        url = self.platform.summary["environments"].get(environment)
        return str(url or f"https://localhost:{self.ports[environment]}").rstrip("/")

    def major(self, environment: str) -> int:
        return int(self._described(environment)["AirflowVersion"].partition(".")[0])

    def enter(self, visitor: Visitor, environment: str, role: str = "Admin") -> None:
        """Signs in to Airflow through the portal."""
        portal = visitor.sign_in(self.platform.portal, email=ADMIN)
        assert portal.status_code == 200, portal.text
        page = visitor.enter(deep_link(self.platform, environment, role))
        assert page.status_code == 200, page.text

    def enter_alone(self, visitor: Visitor, environment: str) -> None:
        """Signs in with a token of MWAA's, where nobody answers under the environment's name."""
        mwaa = self.platform.cloud.session.client("mwaa")
        token = mwaa.create_web_login_token(Name=environment)["WebToken"]
        url = self.airflow(environment) + SIGN_IN[self.major(environment)]
        page = visitor.http.post(url, data={"token": token})
        assert page.status_code == 200, page.text

    def run(self, environment: str, dag: str = DAG, *, through_portal: bool = True) -> Run:
        """Runs a DAG as a person who signs in for it; it must succeed, and all DAGs be readable."""
        since = _now()
        with self.platform.visitor() as visitor:
            if through_portal:
                self.enter(visitor, environment)
            else:
                self.enter_alone(visitor, environment)
            version, body = (
                ("v1", {}) if self.major(environment) == 2 else ("v2", {"logical_date": None})
            )
            url = f"{self.airflow(environment)}/api/{version}/dags/{dag}/dagRuns"
            answer = visitor.http.post(url, json=body)
        assert answer.is_success, answer.text
        run = Run(environment=environment, id=answer.json()["dag_run_id"], since=since)
        ended = ("success", "failed")
        wait_until(f"{run} has ended", lambda: self.state(run) in ended)
        assert self.state(run) == "success"
        assert self.query(environment, "select filename, stacktrace from import_error") == []
        return run

    def state(self, run: Run) -> str:
        query = "select state from dag_run where run_id = ?"
        [(state,)] = self.query(run.environment, query, run.id)
        return str(state)

    def query(self, environment: str, query: str, *values: str) -> list[tuple[object, ...]]:
        """Rows of an Airflow's database."""
        version = self._described(environment)["AirflowVersion"]
        database = self.airflows / environment / f"airflow-{version}.db"
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()

    def zones_of_load_balancer(self) -> set[str]:
        """The zones of the load balancer's subnets."""
        session = self.platform.cloud.session
        [balancer] = session.client("elbv2").describe_load_balancers()["LoadBalancers"]
        subnets = session.client("ec2").describe_subnets(
            SubnetIds=[each["SubnetId"] for each in balancer["AvailabilityZones"]]
        )["Subnets"]
        return {each["AvailabilityZone"] for each in subnets}

    def _described(self, environment: str) -> Json:
        mwaa = self.platform.cloud.session.client("mwaa")
        return dict(mwaa.get_environment(Name=environment)["Environment"])

    @property
    def airflows(self) -> Path:
        return self.platform.state / "airflow"

    @property
    def _file(self) -> Path:
        return self.platform.state / "cdk" / "cdk.context.json"

    @property
    def deployment(self) -> Deployment:
        state = self.platform.state
        return Deployment(
            folder=state / "cdk",
            stand_in=self.platform.cloud,
            processes=self.platform.processes,
            log=state / "logs" / "cdk.log",
        )

    @property
    def launcher(self) -> Launcher:
        state = self.platform.state
        folder = state / "certificates"
        return Launcher(
            folder=self.airflows,
            stand_in=self.platform.cloud,
            certificates=Certificates(
                ca=folder / "ca.pem", certificate=folder / "server.pem", key=folder / "server.key"
            ),
            layout=Layout(
                state=state, ports={airflow_service(name): p for name, p in self.ports.items()}
            ),
            token_key=state / "secrets" / "web-login-key",
            processes=self.platform.processes,
        )


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
