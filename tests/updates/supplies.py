"""What changes refer to: a team's files, and resources that the account has beside the platform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import trustme

from dag_sync.folder import HASH_METADATA

FILES = {
    "requirements.txt": "humanize\n",
    "startup.sh": "export TEAMS_OWN=here\n",
    "plugins/words.py": "WORDS = ()\n",
    "dags/team.py": """
import os
from datetime import datetime

from airflow.decorators import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), is_paused_upon_creation=False)
def team():
    @task
    def look():
        import humanize

        assert humanize.intcomma(1000) == "1,000"
        assert os.environ["TEAMS_OWN"] == "here"

    look()


team()
""",
}


class Supplies:
    """A certificate, a web ACL and a key in the account of `session`, and files in `folder`."""

    def __init__(self, session: boto3.Session, folder: Path) -> None:
        self._session: Any = session
        self._folder = folder
        for name, text in FILES.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.certificate = self._import_certificate()
        self.web_acl = self._create_web_acl()
        self.key = str(self.client("kms").create_key()["KeyMetadata"]["Arn"])

    def client(self, service: str) -> Any:
        """A client of the account."""
        return self._session.client(service)

    def file(self, name: str) -> str:
        return str(self._folder / name)

    def copy_dags(
        self, environment: str, *, bucket: str | None = None, folder: str | None = None
    ) -> None:
        """Copies the DAGs that nothing deployed put there, before another place is deployed."""
        described = self.client("mwaa").get_environment(Name=environment)["Environment"]
        source = str(described["SourceBucketArn"]).rpartition(":")[2]
        s3, target = self.client("s3"), bucket or source
        if bucket:
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        former = described["DagS3Path"]
        for each in s3.list_objects_v2(Bucket=source, Prefix=f"{former}/").get("Contents", ()):
            place = {"Bucket": source, "Key": each["Key"]}
            if HASH_METADATA not in s3.head_object(**place)["Metadata"]:
                key = each["Key"].replace(former, folder or former, 1)
                s3.copy_object(Bucket=target, Key=key, CopySource=place)

    def _import_certificate(self) -> str:
        issued = trustme.CA().issue_cert("localhost")
        answer = self.client("acm").import_certificate(
            Certificate=issued.cert_chain_pems[0].bytes(), PrivateKey=issued.private_key_pem.bytes()
        )
        return str(answer["CertificateArn"])

    def _create_web_acl(self) -> str:
        visibility = {
            "SampledRequestsEnabled": False,
            "CloudWatchMetricsEnabled": False,
            "MetricName": "team",
        }
        answer = self.client("wafv2").create_web_acl(
            Name="team",
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig=visibility,
        )
        return str(answer["Summary"]["ARN"])
